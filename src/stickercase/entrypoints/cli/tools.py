"""`migrate`, `token` and `settings`."""

from __future__ import annotations

import os

import click

from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Profile
from stickercase.entrypoints.cli.demo import DEMO_PLAYERS
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import BadSettings, Settings, read_settings, shown


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    container = make_container(settings_of_running(default_env="development"))
    click.echo(f"the schema is at revision {container.migrate()}")


@click.command()
@click.argument("telegram_id", required=False, type=click.IntRange(1, MAX_TELEGRAM_ID))
@click.option("--service", is_flag=True, help="The header of the service caller instead of a player's.")
def token(telegram_id: int | None, service: bool) -> None:
    """Print the Authorization header of a player (or of the service) for trying things out."""
    settings = read_settings(os.environ, default_env="demo")
    if settings.env == "production":
        raise BadSettings("`token` makes credentials for trying things out: in production only Telegram makes them.")
    if service == (telegram_id is not None):
        raise click.UsageError("Give either a TELEGRAM_ID or --service.")
    needed = settings.service_token if service else settings.bot_token
    if not needed:
        raise BadSettings(f"Set STICKERCASE_{'SERVICE' if service else 'BOT'}_TOKEN, or STICKERCASE_ENV=demo.")
    click.echo(f"Authorization: Bearer {needed}" if telegram_id is None else authorization(settings, telegram_id))


@click.command()
def settings() -> None:
    """Show the settings in force, secrets masked."""
    rows = shown(read_settings(os.environ, default_env="demo"))
    width = max(len(name) for name, _, _ in rows)
    for name, value, meaning in rows:
        click.echo(f"{name:<{width}}  {value or '(not set)'}\n{'':<{width}}  · {meaning}")


def authorization(settings: Settings, telegram_id: int) -> str:
    """The header line of a player, signed with the bot token in force."""
    profiles = {profile.telegram_id: profile for profile in DEMO_PLAYERS}
    profile = profiles.get(telegram_id, Profile(telegram_id, f"Player {telegram_id}", language="en"))
    init_data = make_container(settings).sign_init_data(profile)
    return f"Authorization: tma {init_data}"

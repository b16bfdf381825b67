"""`players`: see one, correct a balance, block and unblock."""

from __future__ import annotations

import click

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Player
from stickercase.entrypoints.cli.acting import (
    acting,
    dry_option,
    goes_on,
    key_option,
    telling,
    working_container,
    yes_option,
)
from stickercase.entrypoints.cli.case_files import BadInput
from stickercase.entrypoints.cli.tables import pairs, plain, table, tons
from stickercase.entrypoints.container import Container

NEWEST = 5

telegram_id_argument = click.argument("telegram_id", type=click.IntRange(1, MAX_TELEGRAM_ID))


@click.group()
def players() -> None:
    """See players, and what operators may do with them."""


@players.command()
@telegram_id_argument
def show(telegram_id: int) -> None:
    """Show a player: name, balance, wallet, and the newest lines of the history."""
    container = working_container()
    player, balance_nano = _found(container, telegram_id)
    people, profile = container.reading(), player.profile
    items, _ = people.inventory(player.id, 0, None)
    lines, events = people.history(player.id, None, NEWEST, None)
    wallet = people.wallet(player.id)
    name = " ".join(filter(None, (profile.first_name, profile.last_name)))
    told = [
        ("player", f"{player.id}, Telegram {profile.telegram_id}"),
        ("name", f"{name} (@{profile.username})" if profile.username else name),
        ("language", profile.language or "—"),
        ("status", "blocked" if player.blocked else "may play"),
        ("balance", f"{tons(balance_nano)} TON"),
        ("items", f"{items:,}"),
        ("wallet", wallet.address.friendly() if wallet else "—"),
        ("picture", container.show_avatar(player)),
        ("lines of history", f"{lines:,}"),
    ]
    click.echo(pairs(told))
    if events:
        rows = [(f"{e.at:%Y-%m-%dT%H:%M:%SZ}", e.kind, tons(e.amount_nano), e.status or e.note) for e in events]
        click.echo("\n" + table(("newest", "", "TON", ""), rows, left=(0, 1, 3)))


# So that an amount may begin with a minus.
@players.command(context_settings={"ignore_unknown_options": True})
@telegram_id_argument
@click.argument("amount")
@click.option("--reason", required=True, help="Why; it is in the player's history.")
@key_option
@yes_option
@dry_option
def adjust(telegram_id: int, amount: str, reason: str, key: str | None, yes: bool, dry_run: bool) -> None:
    """Add AMOUNT TON to a balance; one that begins with a minus is taken away, down to zero."""
    try:
        amount_nano = parse_amount(amount, signed=True)
    except BadAmount as error:
        raise BadInput(f"AMOUNT: {error}, not {amount!r}.") from None
    container = working_container()
    _, before_nano = _found(container, telegram_id)
    click.echo(f"balance {tons(before_nano)} TON, then {tons(before_nano + amount_nano)} TON: {plain(reason)}")
    if goes_on("Change the balance?", yes=yes, dry_run=dry_run):
        caller = acting(key, "players adjust", telegram_id, amount_nano, reason)
        with telling():
            answered = container.adjust_balance(
                caller, telegram_id, amount_nano, reason, lambda left_nano: tons(left_nano).encode()
            )
        again = " (it was done before, under this key)" if answered.replayed else ""
        click.echo(f"the balance is {answered.answer.decode()} TON{again}")


@players.command()
@telegram_id_argument
@key_option
@yes_option
@dry_option
def block(telegram_id: int, key: str | None, yes: bool, dry_run: bool) -> None:
    """Keep a player from playing; reading and withdrawing go on."""
    _set_blocked(telegram_id, True, key, yes=yes, dry_run=dry_run)


@players.command()
@telegram_id_argument
@key_option
@yes_option
@dry_option
def unblock(telegram_id: int, key: str | None, yes: bool, dry_run: bool) -> None:
    """Let a player play again."""
    _set_blocked(telegram_id, False, key, yes=yes, dry_run=dry_run)


def _set_blocked(telegram_id: int, blocked: bool, key: str | None, *, yes: bool, dry_run: bool) -> None:
    container = working_container()
    player, _ = _found(container, telegram_id)
    words = {True: "blocked", False: "free to play"}
    click.echo(f"{plain(player.profile.first_name)} is {words[player.blocked]}, then {words[blocked]}")
    if goes_on("Do it?", yes=yes, dry_run=dry_run):
        caller = acting(key, "players block", telegram_id, blocked)
        with telling():
            container.block_player(caller, telegram_id, blocked, lambda _: b"")
        click.echo(f"player {telegram_id} is {words[blocked]}")


def _found(container: Container, telegram_id: int) -> tuple[Player, int]:
    found: tuple[Player, int] | None = container.reading().player(telegram_id)
    if found is None:
        raise BadInput(f"There is no player {telegram_id}.")
    return found

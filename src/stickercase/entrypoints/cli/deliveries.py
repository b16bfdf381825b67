"""`deliveries`: gifts and stars on their way, a person's word about those of which nobody knows, and the pause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from stickercase.domain.gifts.deliveries import USERNAME, Delivery, Stage, Stars, UnitGift
from stickercase.domain.gifts.orders import LEAST_STARS
from stickercase.entrypoints.cli.acting import acting, key_option, telling, working_container
from stickercase.entrypoints.cli.tables import pairs, plain
from stickercase.entrypoints.http.operators_of_deliveries import MOST_STARS

delivery_id = click.argument("delivery_id", type=click.IntRange(1))

T = TypeVar("T")


@click.group()
def deliveries() -> None:
    """See deliveries, say how unknown ones ended, pause and resume, give stars."""


@deliveries.command("list")
@click.option("--status", type=click.Choice([stage.value for stage in Stage]), help="Those at one stage only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
def list_deliveries(status: str | None, limit: int) -> None:
    """Show deliveries, newest first."""
    work = working_container().work()
    total, found = work.deliveries(status, limit, None)
    for one in found:
        click.echo(_line(one))
    click.echo(f"{len(found)} of {total} deliveries")
    pause = work.dispatch().pause
    if pause is not None:
        again = (
            "until `deliveries resume`" if pause.retry_at is None else f"next try {pause.retry_at:%Y-%m-%dT%H:%M:%SZ}"
        )
        click.echo(f"paused since {pause.since:%Y-%m-%dT%H:%M:%SZ}, {pause.why}: {plain(pause.text)} ({again})")


@deliveries.command()
@delivery_id
def show(delivery_id: int) -> None:
    """Show all that is known of a delivery; exit status 1 when there is none."""
    _, found = working_container().work().deliveries(None, 1, delivery_id + 1)
    if not found or found[0].id != delivery_id:
        click.echo(f"stickercase: there is no delivery {delivery_id}", err=True)
        raise click.exceptions.Exit(1)
    one = found[0]
    rows = [("delivery", str(one.id)), ("stage", one.stage.value), ("what", _goods(one)), ("recipient", one.recipient)]
    rows += [(name, str(getattr(one, name))) for name in ("requested_at", "orders", "began_at", "queue_id", "ended_at")]
    click.echo(pairs([*rows, ("why", one.why or "-"), ("said", one.text or "-")]))


@deliveries.command()
@delivery_id
def delivered(delivery_id: int) -> None:
    """An unknown delivery has arrived; exit status 1 when it is not unknown."""
    _settle(delivery_id, delivered=True)


@deliveries.command()
@delivery_id
def returned(delivery_id: int) -> None:
    """An unknown delivery, or one not ordered yet, does not arrive: its player has the unit again."""
    _settle(delivery_id, delivered=False)


@deliveries.command()
@click.argument("reason")
def pause(reason: str) -> None:
    """Order nothing until `deliveries resume`."""
    _done(lambda: working_container().pause_deliveries(acting(), reason, lambda _: b""))
    click.echo("deliveries are paused")


@deliveries.command()
def resume() -> None:
    """Order again, at once."""
    _done(lambda: working_container().resume_deliveries(acting(), lambda _: b""))
    click.echo("deliveries go on")


@deliveries.command("stars")
@click.argument("username")
@click.argument("stars", type=click.IntRange(LEAST_STARS, MOST_STARS))
@click.argument("reason")
@key_option
def give_stars(username: str, stars: int, reason: str, key: str | None) -> None:
    """Give STARS to a Telegram USERNAME (without @), for a REASON."""
    if not USERNAME.fullmatch(username):
        raise click.BadParameter("5 to 32 of A-Z, a-z, 0-9 and _, without @", param_hint="USERNAME")
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="REASON")
    caller = acting(key, "deliveries stars", username, stars, reason)
    goods = Stars(stars, reason)
    told = _done(lambda: working_container().order_stars(caller, username, goods, lambda made: b"%d" % made.id))
    click.echo(f"delivery {told.answer.decode()}: {stars} stars for {username}")


def _settle(delivery_id: int, *, delivered: bool) -> None:
    render = lambda one: one.stage.value.encode()  # noqa: E731 - one word
    told = _done(lambda: working_container().settle_delivery(acting(), delivery_id, delivered, render))
    click.echo(f"delivery {delivery_id} is {told.answer.decode()}")


def _done(act: Callable[[], T]) -> T:
    """What was done; a refusal is one sentence and exit status 1."""
    with telling():
        return act()


def _line(one: Delivery) -> str:
    since, what = f"{one.requested_at:%Y-%m-%dT%H:%M:%SZ}", _goods(one)
    why = f"  {one.why}" if one.why else ""
    return plain(f"{one.id:>8}  {one.stage.value:<10}{since}  {one.orders:>2} orders  {what} for {one.recipient}{why}")


def _goods(one: Delivery) -> str:
    if isinstance(one.goods, UnitGift):
        return f"gift {one.goods.gift_id} (player {one.goods.player_id}, item {one.goods.item_id})"
    return f"{one.goods.stars} stars ({one.goods.reason})"

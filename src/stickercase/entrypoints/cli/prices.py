"""`prices`: what became of price syncs, a sync at once, and the prices that wait in quarantine."""

from __future__ import annotations

import sys
import time

import click
import msgspec

from stickercase.domain.stock.floors import doubt
from stickercase.domain.use_cases.price_syncs import QUIET, CaseLine, PriceSync, SourceLine, SyncSummary
from stickercase.domain.use_cases.start_sync import SyncStarted
from stickercase.entrypoints.cli.acting import acting, telling, working_container
from stickercase.entrypoints.cli.case_files import BadInput
from stickercase.entrypoints.cli.shared import ton_amount
from stickercase.entrypoints.cli.tables import pack_words, table, tons
from stickercase.entrypoints.container import Container

POLL_SECONDS = 0.1
MOST_SECONDS = 300.0


@click.group()
def prices() -> None:
    """See what price syncs did, sync now, and settle prices that wait in quarantine."""


@prices.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="The newest so many.")
def list_syncs(limit: int) -> None:
    """Show the last price syncs, newest first."""
    total, found = working_container().price_history().syncs(limit, None)
    headings = ("sync", "started", "by", "seconds", "sources", "cases")
    if found:
        click.echo(table(headings, [_summary(one) for one in found], left=(1, 2, 4, 5)))
    click.echo(f"{len(found)} of {total} price syncs")


@prices.command("show")
@click.argument("sync_id", metavar="ID", type=click.IntRange(1))
@click.option("-v", "--verbose", is_flag=True, help="The cases that were left as they were as well.")
def show_sync(sync_id: int, verbose: bool) -> None:
    """Show one price sync: what each source said, what became of the cases and why."""
    found = working_container().price_history().sync(sync_id)
    if found is None:
        raise BadInput(f"There is no price sync {sync_id}, or it has not begun.")
    click.echo(_text(found, verbose))


@prices.command("sync")
@click.option(
    "--seconds", type=click.FloatRange(1), default=MOST_SECONDS, show_default=True, help="How long to wait for its end."
)
def sync_now(seconds: float) -> None:
    """Have a worker sync prices now, and show what it did; exit status 1 when a source was not heard.

    If a run goes on already, that one is waited for: there is one at a time.
    """
    container = working_container()
    answered = container.start_sync(acting(), lambda started: msgspec.json.encode(started))
    started = msgspec.json.decode(answered.answer, type=SyncStarted)
    found = _awaited(container, started.id, seconds)
    click.echo(_text(found, verbose=False))
    if not found.summary.is_well:
        raise click.exceptions.Exit(1)


@prices.command()
def quarantined() -> None:
    """Show the packs whose floor cannot be relied on: quarantined, stale or missing."""
    container = working_container()
    now = container.clock().now()
    floors = container.reading().floors()
    shelf, _ = container.reading().shelf()
    rows = []
    for pack_id, floor in sorted(floors.items()):
        why = doubt(floor, now)
        if why is not None:
            waiting = "" if floor.quarantined is None else tons(floor.quarantined.price_nano)
            since = f"{floor.accepted_at:%Y-%m-%dT%H:%M:%SZ}"
            rows.append(
                (str(pack_id), *pack_words(shelf.packs[pack_id]), why.value, tons(floor.price_nano), waiting, since)
            )
    if rows:
        headings = ("id", "pack", "collection", "why", "floor TON", "waits", "accepted")
        click.echo(table(headings, rows, left=(1, 2, 3)))
    click.echo(f"{len(rows)} of {len(floors)} packs have a floor that cannot be relied on")


@prices.command()
@click.argument("pack_id", type=click.IntRange(1))
@click.argument("price", metavar="TON", callback=ton_amount)
def accept(pack_id: int, price: int) -> None:
    """Put a quarantined price into force. TON is the price that waits; if another does meanwhile, nothing happens."""
    _settle("accept_price", pack_id, price)
    click.echo(f"the floor of pack {pack_id} is {tons(price)} TON now")


@prices.command()
@click.argument("pack_id", type=click.IntRange(1))
@click.argument("price", metavar="TON", callback=ton_amount)
def reject(pack_id: int, price: int) -> None:
    """Drop a quarantined price, and hear it from no feed again. TON is the price that waits."""
    _settle("reject_price", pack_id, price)
    click.echo(f"{tons(price)} TON is not heard again for pack {pack_id}")


def _settle(verb: str, pack_id: int, price_nano: int) -> None:
    with telling():
        getattr(working_container(), verb)(acting(), pack_id, price_nano, lambda _: b"")


def _awaited(container: Container, sync_id: int, seconds: float) -> PriceSync:
    """The run once it has ended. It has a line for what it changed so far, and for the rest in the end."""
    history, deadline = container.price_history(), time.monotonic() + seconds
    shelf, _ = container.reading().shelf()
    cases = sum(case.is_tended for case in shelf.cases.values())
    with click.progressbar(length=cases, label=f"price sync {sync_id}", file=sys.stderr) as bar:
        while time.monotonic() < deadline:
            found = history.sync(sync_id)
            if found is not None:
                bar.update(min(len(found.cases), cases) - bar.pos)
                if found.summary.finished_at is not None:
                    return found
            time.sleep(POLL_SECONDS)
    message = f"stickercase: price sync {sync_id} has not ended after {seconds:g} s: is a worker running?"
    click.echo(message, err=True)
    raise click.exceptions.Exit(1)


def _summary(one: SyncSummary) -> tuple[str, ...]:
    lasted = "-" if one.finished_at is None else f"{(one.finished_at - one.head.started_at).total_seconds():.3f}"
    sources = ", ".join(f"{s.contributor}: {'well' if s.is_well else 'NOT HEARD'}" for s in one.sources)
    return (
        str(one.head.id),
        f"{one.head.started_at:%Y-%m-%dT%H:%M:%SZ}",
        one.head.started_by,
        lasted,
        sources or "none",
        _counts(one),
    )


def _counts(one: SyncSummary) -> str:
    return ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(one.counts.items())) or "none"


def _text(found: PriceSync, verbose: bool) -> str:
    one = found.summary
    ended = "goes on, or was given up" if one.finished_at is None else f"ended {one.finished_at:%H:%M:%SZ}"
    head = f"price sync {one.head.id} of {one.head.started_by}, {one.head.started_at:%Y-%m-%dT%H:%M:%SZ}, {ended}"
    parts = [head, *(line for source in one.sources for line in _source(source))]
    shown = [line for line in found.cases if verbose or line.outcome not in QUIET]
    if shown:
        headings = ("case", "outcome", "price TON", "after", "fee %", "after", "why")
        parts += ["", table(headings, [_case(line) for line in shown], left=(0, 1, 6)), ""]
    return "\n".join([*parts, f"cases: {_counts(one)}"])


def _source(source: SourceLine) -> list[str]:
    counts = f"{source.read} read, {source.changed} changed, {source.quarantined} quarantined"
    told = source.alarm or source.failed or f"{counts}, {source.skipped} skipped, {source.unknown} unknown"
    return [f"{source.contributor}: {told}", *(f"  {text}" for text in source.texts)]


def _case(line: CaseLine) -> tuple[str, ...]:
    fees = ("—" if fee is None else f"{fee:.6g}" for fee in (line.fee_before, line.fee_after))
    prices_ton = tons(line.price_before_nano), tons(line.price_after_nano)
    return line.case_name, line.outcome.value, *prices_ton, *fees, line.why

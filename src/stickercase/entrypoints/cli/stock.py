"""`stock`: what is there, what runs low, and adding units from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stickercase.domain.stock.floors import doubt
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.low_stock import FEW, PackOnHand, low_stock
from stickercase.domain.use_cases.stock_packs import MAX_UNITS_AT_ONCE, ToppedUp
from stickercase.entrypoints.cli.acting import acting, full_name, pack_meant, telling, working_container
from stickercase.entrypoints.cli.shared import echo_json, json_option
from stickercase.entrypoints.cli.tables import pack_words, table, tons
from stickercase.entrypoints.cli.unit_files import read_units
from stickercase.ports.reading import PackStock


@click.group()
def stock() -> None:
    """See the stock, and add to it."""


@stock.command("list")
@json_option
def list_stock(as_json: bool) -> None:
    """Show every pack: where its units are, its floor, whether that can be relied on."""
    container = working_container()
    counts, floors = container.office().stock(), container.reading().floors()
    shelf, _ = container.reading().shelf()
    now = container.clock().now()
    lines = [
        (pack, counts[pack_id], why.value if (why := doubt(floors[pack_id], now)) else "")
        for pack_id, pack in sorted(shelf.packs.items())
        if pack_id in counts and pack_id in floors  # one that is made in between was not counted yet
    ]
    if as_json:
        echo_json([_stock_words(*line) for line in lines])
    elif lines:
        headings = ("id", "pack", "collection", "floor TON", "free", "owned", "leaving", "status")
        click.echo(table(headings, [_stock_row(*line) for line in lines], left=(1, 2, 7)))
    else:
        click.echo("there is no pack yet")


@stock.command()
@click.option("--under", type=click.IntRange(0), default=FEW, show_default=True, help="Fewer free units than this.")
@json_option
def low(under: int, as_json: bool) -> None:
    """Show packs with few free units, and the cases that they stop; exit status 1 when there is any."""
    found = low_stock(*working_container().reading().shelf(), under)
    if as_json:
        echo_json([_low_words(one) for one in found])
    elif found:
        rows = [(*_names(one.pack), str(one.free), _effect(one)) for one in found]
        click.echo(table(("id", "pack", "collection", "floor TON", "free", "cases"), rows, left=(1, 2, 5)))
    else:
        click.echo(f"no pack has fewer than {under} free units")
    if found:
        raise click.exceptions.Exit(1)


@stock.command()
@click.argument("pack")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def add(pack: str, file: Path) -> None:
    """Add the units in FILE (CSV: `number` or `number,nft_address`) to PACK: its id, its name, or 'collection / name'.

    The file is checked whole first. A unit that the pack has had before is left as it is: after a crash, do it again.
    """
    units = read_units(file)
    container = working_container()
    meant = pack_meant(container.reading().shelf()[0], pack)
    added = known = free = 0
    label = f"adding to {full_name(meant)}"
    with telling(), click.progressbar(length=len(units), label=label, file=sys.stderr) as bar:
        for start in range(0, len(units), MAX_UNITS_AT_ONCE):
            batch = units[start : start + MAX_UNITS_AT_ONCE]
            done: ToppedUp = container.top_up_units(acting(), meant.id, batch)
            added, known, free = added + done.added, known + done.known, done.in_stock_count
            bar.update(len(batch))
    click.echo(f"added {added:,}, known before {known:,}; {full_name(meant)} has {free:,} free units now")


def _names(pack: Pack) -> tuple[str, ...]:
    return str(pack.id), *pack_words(pack), tons(pack.floor_nano)


def _stock_row(pack: Pack, units: PackStock, why: str) -> tuple[str, ...]:
    status = pack.status.value + (f", floor {why}" if why else "")
    return *_names(pack), f"{units.free:,}", f"{units.owned:,}", f"{units.leaving:,}", status


def _stock_words(pack: Pack, units: PackStock, why: str) -> dict[str, object]:
    return {
        "id": pack.id,
        "pack": pack.pack_name,
        "collection": pack.collection_name,
        "status": pack.status.value,
        "floor_nano": pack.floor_nano,
        "price_status": why or "reliable",
        "free": units.free,
        "owned": units.owned,
        "leaving": units.leaving,
    }


def _effect(one: PackOnHand) -> str:
    if not one.cases:
        return "none"
    return f"{'STOPS ' if one.stops else ''}{', '.join(one.cases)}"


def _low_words(one: PackOnHand) -> dict[str, object]:
    pack = one.pack
    return {
        "id": pack.id,
        "pack": pack.pack_name,
        "collection": pack.collection_name,
        "floor_nano": pack.floor_nano,
        "free": one.free,
        "cases": list(one.cases),
        "stops": one.stops,
    }

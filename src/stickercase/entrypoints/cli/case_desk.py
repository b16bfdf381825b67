"""`cases`: see cases, put them on sale and change them, with a preview of what that means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.stock.packs import matched_names
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.publish_cases import CaseChange, NewCase
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.cli.acting import (
    acting,
    dry_option,
    full_name,
    goes_on,
    key_option,
    telling,
    working_container,
    yes_option,
)
from stickercase.entrypoints.cli.case_files import BadInput, PricedCase, read_case
from stickercase.entrypoints.cli.previews import preview, warnings
from stickercase.entrypoints.cli.shared import echo_json, json_option, ton_amount
from stickercase.entrypoints.cli.tables import table, tons
from stickercase.entrypoints.container import Container

CASE_FILE = click.Path(dir_okay=False, path_type=Path)
Items = list[tuple[int, float]]


@click.group("cases")
def case_desk() -> None:
    """See cases, put them on sale, and change them."""


@case_desk.command("list")
@json_option
def list_cases(as_json: bool) -> None:
    """Show every case with its price and its fees; `out_of_stickers` follows from the stock."""
    shelf, free = working_container().reading().shelf()
    found = sorted(shelf.cases.values(), key=lambda case: case.id)
    if as_json:
        echo_json([_words(shelf, case, shelf.status(case, free)) for case in found])
        return
    rows = [
        (
            case.name,
            shelf.status(case, free).value,
            tons(case.price_nano),
            f"{case.base_fee:g}",
            f"{shelf.current_fee(case):.6g}",
            str(len(case.odds.rows)),
        )
        for case in found
    ]
    headings = ("case", "status", "price TON", "promised %", "fee %", "packs")
    click.echo(table(headings, rows, left=(0, 1)) if rows else "there is no case yet")


@case_desk.command()
@click.argument("name")
def show(name: str) -> None:
    """Show a case: its odds, its fee and its risk."""
    shelf, _ = working_container().reading().shelf()
    click.echo(preview(None, PricedCase.on(shelf, _named(shelf, name))))


@case_desk.command()
@click.argument("file", type=CASE_FILE)
@click.option("--inactive", is_flag=True, help="Do not sell it yet.")
@click.option("--image-url", default="", help="Where its picture is; `pictures put` keeps one here.")
@key_option
@yes_option
@dry_option
def add(file: Path, inactive: bool, image_url: str, key: str | None, yes: bool, dry_run: bool) -> None:
    """Put the case in FILE on sale (.toml or .json, as for `simulate`); packs are found by name, floors are ours."""
    container = working_container()
    shelf, _ = container.reading().shelf()
    wanted = read_case(file)
    items, status = _items(shelf, wanted), CaseStatus.INACTIVE if inactive else CaseStatus.ACTIVE
    case = replace(wanted.case, status=status, image_url=image_url, odds=odds_table(items))
    _show(None, PricedCase.on(shelf, case))
    if goes_on(f"Put {case.name} on sale?", yes=yes, dry_run=dry_run):
        new = NewCase(case.name, case.price_nano, case.base_fee, image_url, status, items)
        caller = acting(key, "cases add", case.name, case.price_nano, case.base_fee, image_url, status.value, items)
        _act(lambda: container.add_case(caller, new, _done("added")))


@case_desk.command()
@click.argument("name")
@click.argument("file", type=CASE_FILE, required=False)
@click.option("--price", "price_nano", callback=ton_amount, help="In TON.")
@click.option("--base-fee", type=float, help="The fee that is promised, in percent.")
@click.option("--image-url", help="Where its picture is.")
@key_option
@yes_option
@dry_option
def edit(
    name: str,
    file: Path | None,
    price_nano: int | None,
    base_fee: float | None,
    image_url: str | None,
    key: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Change the case NAME: its price, promise and odds by FILE (as for `add`), or what the options say."""
    container = working_container()
    shelf, _ = container.reading().shelf()
    items = None
    if file is not None:
        wanted = read_case(file)
        if wanted.case.name != name:
            raise BadInput(f"{file}: name: it is {wanted.case.name!r} there, and {name!r} here.")
        items = _items(shelf, wanted)
        price_nano = wanted.case.price_nano if price_nano is None else price_nano
        base_fee = wanted.case.base_fee if base_fee is None else base_fee
    change = CaseChange(price_nano, base_fee, image_url, None, items)
    if change == CaseChange():
        raise BadInput("There is nothing to change: give a case file, or an option.")
    _change(container, shelf, name, change, key, yes=yes, dry_run=dry_run)


@case_desk.command()
@click.argument("name")
@key_option
@yes_option
@dry_option
def activate(name: str, key: str | None, yes: bool, dry_run: bool) -> None:
    """Sell the case NAME."""
    container = working_container()
    change = CaseChange(status=CaseStatus.ACTIVE)
    _change(container, container.reading().shelf()[0], name, change, key, yes=yes, dry_run=dry_run)


@case_desk.command()
@click.argument("name")
@key_option
@yes_option
@dry_option
def deactivate(name: str, key: str | None, yes: bool, dry_run: bool) -> None:
    """Take the case NAME off sale."""
    container = working_container()
    change = CaseChange(status=CaseStatus.INACTIVE)
    _change(container, container.reading().shelf()[0], name, change, key, yes=yes, dry_run=dry_run)


def _change(
    container: Container, shelf: Shelf, name: str, change: CaseChange, key: str | None, *, yes: bool, dry_run: bool
) -> None:
    before = _named(shelf, name)
    _show(PricedCase.on(shelf, before), PricedCase.on(shelf, _changed(before, change)))
    if goes_on(f"Change {name}?", yes=yes, dry_run=dry_run):
        caller = acting(key, "cases edit", name, *(getattr(change, field) for field in CaseChange.__slots__))
        _act(lambda: container.edit_case(caller, name, change, _done("changed")))


def _changed(case: Case, change: CaseChange) -> Case:
    """The case as the preview shows it; what may be wrong with it, the house says when it is to be done."""
    given = {field: getattr(change, field) for field in ("price_nano", "base_fee", "image_url", "status")}
    odds = case.odds if change.items is None else odds_table(change.items)
    changed = replace(case, odds=odds, **{field: value for field, value in given.items() if value is not None})
    if changed.price_nano <= 0:
        raise BadInput("A case costs more than nothing.")
    if not 0 <= changed.base_fee < 100:
        raise BadInput("A fee is at least 0 and below 100 percent.")
    return changed


def _show(before: PricedCase | None, after: PricedCase) -> None:
    click.echo(preview(before, after))
    for warning in warnings(after):
        click.secho(f"\n{warning}", bold=True)


def _act(act: Callable[[], Answered]) -> None:
    with telling():
        answered = act()
    again = " (it was done before, under this key)" if answered.replayed else ""
    click.echo(f"\n{answered.answer.decode()}{again}")


def _done(verb: str) -> Callable[[Case], bytes]:
    return lambda case: f"{verb} {case.name}; its odds table is {case.odds.table_id}".encode()


def _named(shelf: Shelf, name: str) -> Case:
    if name not in shelf.cases:
        raise BadInput(f"There is no case {name!r}; the cases are: {', '.join(sorted(shelf.cases)) or 'none yet'}.")
    return shelf.cases[name]


def _items(shelf: Shelf, wanted: PricedCase) -> Items:
    """The rows of a case file with the packs of the shelf. Raises :class:`BadInput` naming those that it lacks."""
    known: dict[tuple[str, str], list[int]] = {}
    for pack in shelf.packs.values():
        collection, name = matched_names(pack.collection_name, pack.pack_name)
        for wanted_collection in {collection, ""}:
            known.setdefault((wanted_collection, name), []).append(pack.id)
    found = [known.get(matched_names(pack.collection_name, pack.pack_name), []) for pack in wanted.packs]
    missing = [full_name(pack) for pack, ids in zip(wanted.packs, found, strict=True) if not ids]
    if missing:
        raise BadInput(f"These packs are not on the shelf: {', '.join(missing)}.")
    vague = [pack.pack_name for pack, ids in zip(wanted.packs, found, strict=True) if len(ids) > 1]
    if vague:
        raise BadInput(f"More than one collection has these packs, so name it: {', '.join(vague)}.")
    twice = [pack.pack_name for pack, ids in zip(wanted.packs, found, strict=True) if found.count(ids) > 1]
    if twice:
        raise BadInput(f"A pack has one row, and these have more: {', '.join(twice)}.")
    return [(ids[0], row.chance) for ids, row in zip(found, wanted.case.odds.rows, strict=True)]


def _words(shelf: Shelf, case: Case, status: CaseStatus) -> dict[str, object]:
    return {
        "case": case.name,
        "status": status.value,
        "price_nano": case.price_nano,
        "base_fee": case.base_fee,
        "current_fee": shelf.current_fee(case),
        "table_id": case.odds.table_id,
        "image_url": case.image_url,
    }

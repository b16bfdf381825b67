"""What operators look at: the stock, and the log of what they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from litestar import get

from stickercase.domain.money import ton
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.use_cases.low_stock import PackOnHand, low_stock, packs_on_hand
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.provided import FromOffice, FromShelves
from stickercase.entrypoints.http.requests import MAX_ID, text_in_query, whole_number
from stickercase.ports.reading import LogLine, LogWish

MOST = 1000


class PackOnHandWire(msgspec.Struct):
    """A pack with its free units and the cases on sale that can draw it; ``stops``: it keeps them from being opened."""

    id: int
    pack_name: str
    collection_name: str
    floor_price: float
    pack_status: str
    in_stock_count: int
    cases: list[str]
    stops: bool


class OnHandWire(msgspec.Struct):
    """A page of the stock; ``count`` is of all of it."""

    status: str
    count: int
    items: list[PackOnHandWire]


class LogLineWire(msgspec.Struct):
    """Who did what, to whom or what, from which values to which; ``before`` is null for what was not there."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    before: dict[str, object] | None
    after: dict[str, object]


class LogWire(msgspec.Struct):
    """A page of the log, newest first; ``line_count`` counts all of it."""

    status: str
    line_count: int
    lines: list[LogLineWire]
    next_cursor: str | None


@get("/stock", sync_to_thread=True, summary="The stock")
def get_stock(
    shelves: FromShelves, under: str | None = None, limit: str | None = None, offset: str | None = None
) -> OnHandWire:
    """Every pack with its free units; with `under` those with fewer that somebody could miss, the fewest first."""
    start = whole_number(offset or "0", "offset", 0, MAX_ID)
    size = whole_number(limit or str(MOST), "limit", 1, MOST)
    shelf, free = shelves.shelf()
    least = None if under is None else whole_number(under, "under", 0, MAX_ID)
    found = packs_on_hand(shelf, free) if least is None else low_stock(shelf, free, least)
    return OnHandWire("success", len(found), [_on_hand(one) for one in found[start : start + size]])


@get("/log", sync_to_thread=True, summary="What operators did")
def get_log(
    office: FromOffice,
    limit: PageSize = None,
    cursor: str | None = None,
    subject: str | None = None,
    who: str | None = None,
    since: str | None = None,
) -> LogWire:
    """The log, newest first: of one `subject` (`pack:4`), of one `who` (`service:bot`), `since` a moment (ISO 8601)."""
    size = page_size(limit)
    wish = LogWish(text_in_query(subject, "subject"), text_in_query(who, "who"), _moment(since))
    total, lines = office.log(wish, size, before(cursor))
    following = after([one.id for one in lines], size)
    return LogWire("success", total, [line_wire(line) for line in lines], following)


def line_wire(line: LogLine) -> LogLineWire:
    """A line as it is shown."""
    past = None if line.before is None else _plain(line.before)
    return LogLineWire(line.id, line.at, line.who, line.action, line.subject, past, _plain(line.after))


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return dict(values)


def _on_hand(one: PackOnHand) -> PackOnHandWire:
    return PackOnHandWire(
        id=one.pack.id,
        pack_name=one.pack.pack_name,
        collection_name=one.pack.collection_name,
        floor_price=ton(one.pack.floor_nano),
        pack_status=one.pack.status.value,
        in_stock_count=one.free,
        cases=list(one.cases),
        stops=one.stops,
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(InvalidRequest("since", "a moment with its zone, as 2026-05-04T10:00:00Z"))
    return moment


HANDLERS = (get_stock, get_log)

"""What operators see of price syncs and of the odds that cases have had; and how they start a sync."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get, post

from stickercase.domain.money import ton
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.price_syncs import CaseLine, SyncSummary, VersionLine
from stickercase.domain.use_cases.start_sync import SyncStarted
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromPriceHistory
from stickercase.entrypoints.http.requests import MAX_ID, name_in_path, whole_number


class SourceWire(msgspec.Struct):
    """What a contributor's source said. `alarm` or `failed` says why it was not heard; `texts` are for people."""

    contributor: str
    read: int
    changed: int
    quarantined: int
    skipped: int
    unknown: int
    alarm: str
    failed: str
    texts: list[str]


class SyncWire(msgspec.Struct):
    """A price sync. `cases` counts them by outcome; `finished_at` is null while it goes on or was given up.

    `is_well`: every source was heard.
    """

    id: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    is_well: bool
    sources: list[SourceWire]
    cases: dict[str, int]


class SyncsWire(msgspec.Struct):
    """A page of price syncs, newest first; ``sync_count`` counts all that are remembered."""

    status: str
    sync_count: int
    syncs: list[SyncWire]
    next_cursor: str | None


class CaseLineWire(msgspec.Struct):
    """What became of a case: prices in TON, fees in percent, null where a fee cannot be measured.

    `odds_before` and `odds_after` are the ids of the odds versions, the same where none was published.
    """

    name: str
    outcome: str
    why: str
    price_before: float
    price_after: float
    fee_before: float | None
    fee_after: float | None
    odds_before: int
    odds_after: int


class OneSyncWire(msgspec.Struct):
    """A price sync, and what became of each case."""

    status: str
    sync: SyncWire
    cases: list[CaseLineWire]


class StartedWire(msgspec.Struct):
    """The run that goes on now. Not `is_new` when one was going on already."""

    id: int
    is_new: bool


class StartedSyncWire(msgspec.Struct):
    """A price sync that was asked for."""

    status: str
    sync: StartedWire


class VersionWire(msgspec.Struct):
    """A version of a case's odds. `sync_id` is the price sync that published it, `fee` the percent it left then."""

    odds_id: int
    version: int
    table_id: str
    reason: str
    at: datetime
    sync_id: int | None
    fee: float | None


class VersionsWire(msgspec.Struct):
    """A page of a case's odds versions, newest first; ``version_count`` counts all of them."""

    status: str
    version_count: int
    versions: list[VersionWire]
    next_cursor: str | None


@get("/price-syncs", sync_to_thread=True, summary="Price syncs")
def get_price_syncs(history: FromPriceHistory, limit: PageSize = None, cursor: str | None = None) -> SyncsWire:
    """Runs of the price sync, newest first: who started each, what each source said, what became of the cases."""
    size = page_size(limit)
    total, syncs = history.syncs(size, before(cursor))
    following = after([one.head.id for one in syncs], size)
    return SyncsWire("success", total, [_sync(one) for one in syncs], following)


@get("/price-syncs/{sync_id:str}", sync_to_thread=True, summary="One price sync")
def get_price_sync(sync_id: str, history: FromPriceHistory) -> OneSyncWire:
    """One run with every case. 404 until it has begun, and once it is forgotten."""
    found = history.sync(whole_number(sync_id, "id", 1, MAX_ID))
    if found is None:
        raise Refused(NotFound("price sync", sync_id))
    return OneSyncWire("success", _sync(found.summary), [_line(line) for line in found.cases])


@post("/price-syncs", status_code=200, sync_to_thread=True, summary="Sync prices now")
def post_price_sync(caller: FromCaller, start_sync: Act) -> Response[StartedSyncWire]:
    """Have a worker sync prices now. There is one run at a time: while one goes on, the answer names that one."""
    return answer(start_sync(caller, _started))


@get("/cases/{name:str}/versions", sync_to_thread=True, summary="The odds that a case has had")
def get_versions(
    name: str, history: FromPriceHistory, limit: PageSize = None, cursor: str | None = None
) -> VersionsWire:
    """Every version of a case's odds, newest first: which table, since when, and why."""
    size = page_size(limit)
    case_name = name_in_path(name, "case")
    found = history.versions(case_name, size, before(cursor))
    if found is None:
        raise Refused(NotFound("case", case_name))
    total, versions = found
    following = after([one.version for one in versions], size)
    return VersionsWire("success", total, [_version(one) for one in versions], following)


def _sync(one: SyncSummary) -> SyncWire:
    return SyncWire(
        id=one.head.id,
        started_by=one.head.started_by,
        started_at=one.head.started_at,
        finished_at=one.finished_at,
        is_well=one.is_well,
        sources=[msgspec.convert(source, SourceWire, from_attributes=True) for source in one.sources],
        cases={outcome.value: count for outcome, count in sorted(one.counts.items())},
    )


def _line(line: CaseLine) -> CaseLineWire:
    return CaseLineWire(
        name=line.case_name,
        outcome=line.outcome.value,
        why=line.why,
        price_before=ton(line.price_before_nano),
        price_after=ton(line.price_after_nano),
        fee_before=line.fee_before,
        fee_after=line.fee_after,
        odds_before=line.odds_before,
        odds_after=line.odds_after,
    )


def _version(one: VersionLine) -> VersionWire:
    return msgspec.convert(one, VersionWire, from_attributes=True)


def _started(started: SyncStarted) -> bytes:
    return msgspec.json.encode(StartedSyncWire("success", StartedWire(started.id, started.is_new)))


HANDLERS = (get_price_syncs, get_price_sync, post_price_sync, get_versions)

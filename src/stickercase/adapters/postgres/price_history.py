"""What became of prices, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, and_, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.syncs import LINE, SOURCE, line_of, source_of
from stickercase.adapters.postgres.tables import (
    cases,
    odds,
    price_sync_cases,
    price_sync_ends,
    price_sync_sources,
    price_syncs,
)
from stickercase.domain.use_cases.price_syncs import (
    CaseOutcome,
    PriceSync,
    SourceLine,
    SyncHead,
    SyncSummary,
    VersionLine,
)

HEADS = select(
    price_syncs.c.id,
    price_syncs.c.started_by,
    price_syncs.c.started_at,
    price_sync_ends.c.finished_at,
    price_sync_ends.c.kept,
    price_sync_ends.c.skipped,
).outerjoin(price_sync_ends, price_sync_ends.c.sync_id == price_syncs.c.id)


class PostgresPriceHistory:
    """Price syncs and odds versions on ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def syncs(self, limit: int, before: int | None) -> tuple[int, Sequence[SyncSummary]]:
        below = HEADS if before is None else HEADS.where(price_syncs.c.id < before)
        with look(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(price_syncs)).scalar_one()
            rows = connection.execute(below.order_by(price_syncs.c.id.desc()).limit(limit)).all()
            return total, _summaries(connection, rows)

    def sync(self, sync_id: int) -> PriceSync | None:
        with look(self._engine) as connection:
            row = connection.execute(HEADS.where(price_syncs.c.id == sync_id)).first()
            if row is None:
                return None
            [summary] = _summaries(connection, [row])
            changed = connection.execute(select(*LINE).where(price_sync_cases.c.sync_id == sync_id)).all()
            quiet = connection.execute(select(price_sync_ends.c.quiet).where(price_sync_ends.c.sync_id == sync_id))
            lines = [line_of(line) for line in (*changed, *(quiet.scalar() or ()))]
        return PriceSync(summary, tuple(sorted(lines, key=lambda line: line.case_id)))

    def versions(self, case_name: str, limit: int, before: int | None) -> tuple[int, Sequence[VersionLine]] | None:
        published = and_(
            price_sync_cases.c.odds_after == odds.c.id, price_sync_cases.c.odds_after != price_sync_cases.c.odds_before
        )
        columns = (odds.c.id, odds.c.version, odds.c.table_id, odds.c.reason, odds.c.at)
        with look(self._engine) as connection:
            case_id = connection.execute(select(cases.c.id).where(cases.c.name == case_name)).scalar()
            if case_id is None:
                return None
            made = select(*columns, price_sync_cases.c.sync_id, price_sync_cases.c.fee_after)
            made = made.outerjoin(price_sync_cases, published).where(odds.c.case_id == case_id)
            below = made if before is None else made.where(odds.c.version < before)
            total = connection.execute(select(func.count()).where(odds.c.case_id == case_id)).scalar_one()
            rows = connection.execute(below.order_by(odds.c.version.desc()).limit(limit))
            return total, [VersionLine(*row) for row in rows]


def _summaries(connection: Connection, rows: Sequence[Any]) -> list[SyncSummary]:
    among = any_(bindparam("syncs", [row.id for row in rows], ARRAY(BigInteger)))
    sources: dict[int, list[SourceLine]] = {row.id: [] for row in rows}
    heard = select(price_sync_sources.c.sync_id, *SOURCE).where(price_sync_sources.c.sync_id == among)
    # In the order of their names, whatever the order of a scan is.
    for sync_id, *values in connection.execute(heard.order_by(price_sync_sources.c.contributor)):
        sources[sync_id].append(source_of(values))
    counts: dict[int, dict[CaseOutcome, int]] = {row.id: _quiet(row) for row in rows}
    line = price_sync_cases.c
    counted = select(line.sync_id, line.outcome, func.count()).where(line.sync_id == among)
    for sync_id, outcome, count in connection.execute(counted.group_by(line.sync_id, line.outcome)):
        counts[sync_id][CaseOutcome(outcome)] = count
    heads = {row.id: SyncHead(row.id, row.started_by, row.started_at) for row in rows}
    return [SyncSummary(heads[row.id], tuple(sources[row.id]), counts[row.id], row.finished_at) for row in rows]


def _quiet(row: Any) -> dict[CaseOutcome, int]:
    found = {CaseOutcome.KEPT: row.kept, CaseOutcome.SKIPPED: row.skipped}
    return {outcome: count for outcome, count in found.items() if count}

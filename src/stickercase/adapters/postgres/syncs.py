"""The record of price syncs in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from stickercase.adapters.postgres.tables import price_sync_cases, price_sync_ends, price_sync_sources, price_syncs
from stickercase.domain.use_cases.price_syncs import CaseLine, CaseOutcome, SourceLine, SyncHead

LINE = tuple(price_sync_cases.c[field.name] for field in fields(CaseLine))
SOURCE = tuple(price_sync_sources.c[field.name] for field in fields(SourceLine))


class PostgresSyncs:
    """Runs within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, head: SyncHead, sources: Sequence[SourceLine]) -> bool:
        new = insert(price_syncs).values(asdict(head)).on_conflict_do_nothing().returning(price_syncs.c.id)
        if self._connection.execute(new).first() is None:
            return False
        if sources:
            rows = [{"sync_id": head.id, **asdict(line), "texts": list(line.texts)} for line in sources]
            self._connection.execute(insert(price_sync_sources), rows)
        return True

    def has_begun(self, sync_id: int) -> bool:
        return bool(self._connection.execute(select(exists().where(price_syncs.c.id == sync_id))).scalar_one())

    def add(self, sync_id: int, line: CaseLine) -> None:
        self._connection.execute(
            insert(price_sync_cases).values({"sync_id": sync_id, **asdict(line), "outcome": line.outcome.value})
        )

    def has_line(self, sync_id: int, case_id: int) -> bool:
        wanted = exists().where(price_sync_cases.c.sync_id == sync_id, price_sync_cases.c.case_id == case_id)
        return bool(self._connection.execute(select(wanted)).scalar_one())

    def finish(self, sync_id: int, quiet: Sequence[CaseLine], at: datetime) -> bool:
        changed = select(price_sync_cases.c.case_id).where(price_sync_cases.c.sync_id == sync_id)
        known = set(self._connection.execute(changed).scalars())
        left = [line for line in quiet if line.case_id not in known]
        kept = sum(line.outcome is CaseOutcome.KEPT for line in left)
        end = insert(price_sync_ends).values(
            sync_id=sync_id,
            finished_at=at,
            kept=kept,
            skipped=len(left) - kept,
            quiet=[[getattr(line, field.name) for field in fields(line)] for line in left],
        )
        ended = end.on_conflict_do_nothing().returning(price_sync_ends.c.sync_id)
        return self._connection.execute(ended).first() is not None

    def forget(self, before: datetime, limit: int) -> int:
        old = select(price_syncs.c.id).where(price_syncs.c.started_at < before)
        oldest = old.order_by(price_syncs.c.started_at, price_syncs.c.id).limit(limit)
        return self._connection.execute(delete(price_syncs).where(price_syncs.c.id.in_(oldest))).rowcount


def line_of(values: Sequence[Any]) -> CaseLine:
    """A line from its fields in their order."""
    named = dict(zip((field.name for field in fields(CaseLine)), values, strict=True))
    return CaseLine(**{**named, "outcome": CaseOutcome(named["outcome"])})


def source_of(values: Sequence[Any]) -> SourceLine:
    """A source's line from its fields in their order."""
    named = dict(zip((field.name for field in fields(SourceLine)), values, strict=True))
    return SourceLine(**{**named, "texts": tuple(named["texts"])})

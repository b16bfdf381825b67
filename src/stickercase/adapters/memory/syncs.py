"""The record of price syncs in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore, SyncRow
from stickercase.domain.use_cases.price_syncs import CaseLine, SourceLine, SyncHead


class MemorySyncs:
    """Runs within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def begin(self, head: SyncHead, sources: Sequence[SourceLine]) -> bool:
        if head.id in self._store.syncs:
            return False
        self._store.journal.sets(self._store.syncs, head.id)
        self._store.syncs[head.id] = SyncRow(head, tuple(sources))
        return True

    def has_begun(self, sync_id: int) -> bool:
        return sync_id in self._store.syncs

    def add(self, sync_id: int, line: CaseLine) -> None:
        lines = self._store.syncs[sync_id].lines
        if line.case_id in lines:
            self._store.journal.refuse("a run has one line for a case")
        self._store.journal.sets(lines, line.case_id)
        lines[line.case_id] = line

    def has_line(self, sync_id: int, case_id: int) -> bool:
        return case_id in self._store.syncs[sync_id].lines

    def finish(self, sync_id: int, quiet: Sequence[CaseLine], at: datetime) -> bool:
        row = self._store.syncs[sync_id]
        if row.finished_at is not None:
            return False
        self._store.journal.changes(row, "finished_at", "quiet")
        row.finished_at = at
        row.quiet = tuple(line for line in quiet if line.case_id not in row.lines)
        return True

    def forget(self, before: datetime, limit: int) -> int:
        old = sorted(row.head.id for row in self._store.syncs.values() if row.head.started_at < before)[:limit]
        for sync_id in old:
            self._store.journal.sets(self._store.syncs, sync_id)
            del self._store.syncs[sync_id]
        return len(old)

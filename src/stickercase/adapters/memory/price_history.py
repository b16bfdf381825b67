"""What became of prices, read from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stickercase.adapters.memory.store import MemoryStore, SyncRow
from stickercase.domain.use_cases.price_syncs import CaseLine, PriceSync, SyncSummary, VersionLine


class MemoryPriceHistory:
    """Price syncs and odds versions."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def syncs(self, limit: int, before: int | None) -> tuple[int, Sequence[SyncSummary]]:
        with self._store.alone():
            newest = sorted(self._store.syncs, reverse=True)
            page = [sync_id for sync_id in newest if before is None or sync_id < before][:limit]
            return len(newest), [_summary(self._store.syncs[sync_id]) for sync_id in page]

    def sync(self, sync_id: int) -> PriceSync | None:
        with self._store.alone():
            row = self._store.syncs.get(sync_id)
            if row is None:
                return None
            lines = sorted((*row.lines.values(), *row.quiet), key=lambda line: line.case_id)
            return PriceSync(_summary(row), tuple(lines))

    def versions(self, case_name: str, limit: int, before: int | None) -> tuple[int, Sequence[VersionLine]] | None:
        with self._store.alone():
            case = self._store.cases.get(case_name)
            if case is None:
                return None
            published = {line.odds_after: (row.head.id, line.fee_after) for row, line in self._published()}
            own = [(odds_id, made) for odds_id, made in sorted(self._store.odds.items()) if made.case_id == case.id]
            lines = [
                VersionLine(odds_id, number, o.table.table_id, o.reason, o.at, *published.get(odds_id, (None, None)))
                for number, (odds_id, o) in enumerate(own, 1)
            ]
        below = [line for line in reversed(lines) if before is None or line.version < before]
        return len(lines), below[:limit]

    def _published(self) -> list[tuple[SyncRow, CaseLine]]:
        found = [(row, line) for row in self._store.syncs.values() for line in row.lines.values()]
        return [(row, line) for row, line in found if line.odds_after != line.odds_before]


def _summary(row: SyncRow) -> SyncSummary:
    counts = dict(Counter(line.outcome for line in (*row.lines.values(), *row.quiet)))
    sources = tuple(sorted(row.sources, key=lambda source: source.contributor))
    return SyncSummary(row.head, sources, counts, row.finished_at)

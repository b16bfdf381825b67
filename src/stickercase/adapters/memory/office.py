"""What operators look at, read from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stickercase.adapters.memory.store import LogEntry, MemoryStore
from stickercase.domain.stock.packs import UnitState
from stickercase.domain.use_cases.reports import FiledReport
from stickercase.ports.reading import LogLine, LogWish, PackStock


class MemoryOffice:
    """The stock and the log."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def stock(self) -> Mapping[int, PackStock]:
        """Where the units of every pack are."""
        with self._store.alone():
            found = {}
            for pack_id, row in sorted(self._store.packs.items()):
                states = Counter(unit.state for unit in row.units.values())
                found[pack_id] = PackStock(len(row.free), states[UnitState.OWNED], states[UnitState.LEAVING])
            return found

    def log(self, wish: LogWish, limit: int, before: int | None) -> tuple[int, Sequence[LogLine]]:
        """A page of the log."""
        with self._store.alone():
            wanted = [_line(n, entry) for n, entry in enumerate(self._store.operator_log, 1) if _fits(entry, wish)]
        below = [line for line in wanted if before is None or line.id < before]
        return len(wanted), list(reversed(below))[:limit]

    def reports(self, limit: int, before: int | None) -> tuple[int, Sequence[FiledReport]]:
        """A page of the reports."""
        with self._store.alone():
            filed = [FiledReport(number, report) for number, report in sorted(self._store.reports.items())]
        below = [one for one in filed if before is None or one.id < before]
        return len(filed), list(reversed(below))[:limit]


def _line(number: int, entry: LogEntry) -> LogLine:
    return LogLine(number, entry.who, entry.action, entry.subject, entry.before, entry.after, entry.at)


def _fits(entry: LogEntry, wish: LogWish) -> bool:
    is_of = wish.subject in (None, entry.subject) and wish.who in (None, entry.who)
    return is_of and (wish.since is None or entry.at >= wish.since)

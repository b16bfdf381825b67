"""Reports of reconciliations in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.reports import Report


class MemoryReports:
    """Reports within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def file(self, report: Report) -> int:
        self._store.journal.changes(self._store, "last_report_id")
        self._store.last_report_id += 1
        number = self._store.last_report_id
        self._store.journal.sets(self._store.reports, number)
        self._store.reports[number] = report
        return number

    def forget(self, before: datetime, limit: int) -> int:
        old = [number for number, report in sorted(self._store.reports.items()) if report.finished_at < before][:limit]
        for number in old:
            self._store.journal.sets(self._store.reports, number)
            del self._store.reports[number]
        return len(old)

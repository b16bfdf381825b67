"""The records of schedules in memory."""

from __future__ import annotations

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.schedules import ScheduleRecord


class MemorySchedules:
    """The records within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def lock(self, name: str) -> ScheduleRecord:
        """The record. There is nobody to keep away: transactions run one by one."""
        if name not in self._store.schedules:
            self.write(ScheduleRecord(name))
        return self._store.schedules[name]

    def write(self, record: ScheduleRecord) -> None:
        """Keep the record."""
        self._store.journal.sets(self._store.schedules, record.name)
        self._store.schedules[record.name] = record

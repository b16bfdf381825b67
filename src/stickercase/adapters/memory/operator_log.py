"""The operator log in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stickercase.adapters.memory.store import LogEntry, MemoryStore


class MemoryOperatorLog:
    """The log within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
        at: datetime,
    ) -> None:
        """Note who changed what; the mappings are copied."""
        self._store.journal.grows(self._store.operator_log)
        copied = None if before is None else dict(before)
        self._store.operator_log.append(LogEntry(who, action, subject, copied, dict(after), at))

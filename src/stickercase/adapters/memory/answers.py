"""Remembered answers in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.once import Remembered


class MemoryAnswers:
    """Answers of one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def recall(self, caller: str, key: str) -> Remembered | None:
        """What is kept. There is nobody to wait for: transactions run one by one."""
        return self._store.answers.get((caller, key))

    def remember(self, caller: str, key: str, remembered: Remembered, at: datetime) -> None:
        """Keep an answer."""
        assert (caller, key) not in self._store.answers, f"{caller} has an answer under {key} already"
        self._store.journal.sets(self._store.answers, (caller, key))
        self._store.answers[caller, key] = remembered
        self._store.journal.sets(self._store.answered_at, (caller, key))
        self._store.answered_at[caller, key] = at

    def forget(self, before: datetime, limit: int) -> int:
        """Delete old answers."""
        old = [name for name, at in self._store.answered_at.items() if at < before][:limit]
        for name in old:
            self._store.journal.sets(self._store.answers, name)
            self._store.journal.sets(self._store.answered_at, name)
            del self._store.answers[name], self._store.answered_at[name]
        return len(old)

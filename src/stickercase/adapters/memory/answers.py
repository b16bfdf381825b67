"""Remembered answers in memory; they are never forgotten."""

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

    def remember(self, caller: str, key: str, remembered: Remembered, at: datetime) -> None:  # noqa: ARG002 - kept for ever
        """Keep an answer for ever."""
        assert (caller, key) not in self._store.answers, f"{caller} has an answer under {key} already"
        self._store.journal.sets(self._store.answers, (caller, key))
        self._store.answers[caller, key] = remembered

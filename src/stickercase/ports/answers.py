"""Remembered answers: idempotency."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.once import Remembered


class Answers(Protocol):
    """Answers kept under (caller, key) within one transaction, for at least 24 hours."""

    def recall(self, caller: str, key: str) -> Remembered | None:
        """What is kept, after waiting for another transaction that uses the same caller and key."""
        ...

    def remember(self, caller: str, key: str, remembered: Remembered, at: datetime) -> None:
        """Keep an answer; there is none under this caller and key yet."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` answers remembered before a time, at least 24 hours ago; how many that were."""
        ...

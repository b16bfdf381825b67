"""Letters: what others sent us unasked, kept as it came until it has been dealt with."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

MAX_LETTER = 65_536
"""A letter has at most so many bytes."""


class Inbox(Protocol):
    """The letters, within one transaction."""

    def keep(self, source: str, body: bytes, at: datetime) -> int:
        """Keep a letter of at most 65,536 bytes, byte for byte; its id. Raises ``BrokenLaw`` for a longer one."""
        ...

    def letter(self, letter_id: int) -> bytes | None:
        """The letter's body; None when there is none, or it has been forgotten."""
        ...

    def handled(self, letter_id: int, at: datetime) -> None:
        """The letter has been dealt with; saying so twice keeps the first time."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` letters that were dealt with before a time; how many that were."""
        ...

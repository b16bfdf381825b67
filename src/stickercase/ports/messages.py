"""Telling workers that there is work: hints, which may be lost and may come twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Messages(Protocol):
    """Carries the ids of tasks to the workers."""

    def send(self, lane: str, task_ids: Sequence[int]) -> None:
        """Send one message for each, down a lane of :data:`~stickercase.domain.use_cases.lanes.LANES`.

        Raises ``QueueUnavailable``: some may have been sent.
        """
        ...

    def count(self) -> int:
        """How many are on their way, in all lanes, or being acted upon. Raises ``QueueUnavailable``."""
        ...

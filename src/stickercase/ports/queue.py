"""The way of tasks to the workers: which have to be sent, and which got lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class Queue(Protocol):
    """The tasks that wait, as those see them who carry their ids. Within one transaction."""

    def to_send(self, at: datetime, limit: int) -> Sequence[int]:
        """Up to ``limit`` tasks that are due and not sent, the longest due first; they count as sent from now on.

        Two who ask at once get different ones, and neither waits.
        """
        ...

    def kinds(self, task_ids: Sequence[int]) -> Mapping[int, str]:
        """The kind of each of these tasks."""
        ...

    def put_back(self, task_ids: Sequence[int]) -> None:
        """These count as not sent."""
        ...

    def under_way(self, sent_before: datetime) -> int:
        """How many were sent until a time and are not settled yet."""
        ...

    def lost(self, sent_before: datetime, at: datetime) -> Sequence[int]:
        """Those that were sent until ``sent_before`` and nobody has begun, and those whose lease is over."""
        ...

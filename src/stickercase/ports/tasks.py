"""Work to be done once the transaction has committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.tasks import Task


class Tasks(Protocol):
    """Adding work, and looking after it. Within one transaction, and the last that it locks."""

    def add(self, kind: str, subject: str, payload: Mapping[str, object], due_at: datetime, at: datetime) -> int:
        """Have ``kind`` done for ``subject`` from ``due_at`` on, once this transaction has committed; the task's id.

        While such a task waits there is no second one: it becomes due at the earlier of both times and keeps its
        payload, which is JSON without secrets. If somebody is at it just now, it is done once more afterwards.
        """
        ...

    def open(self, kind: str, subject: str) -> Task | None:
        """The task of this kind and subject that waits or is being worked on."""
        ...

    def lock(self, task_id: int) -> Task | None:
        """The task, in any state, waiting for whoever holds it and keeping everybody else away."""
        ...

    def write(self, task: Task) -> None:
        """Keep a task that was locked, as it stands now. Raises ``BrokenLaw`` if a like one waits already."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` tasks that were done before a time; how many that were. What is set aside stays."""
        ...

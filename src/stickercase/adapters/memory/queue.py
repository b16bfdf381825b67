"""The way of tasks to the workers, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.tasks import Task, TaskState


class MemoryQueue:
    """The tasks that wait, within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def to_send(self, at: datetime, limit: int) -> Sequence[int]:
        """What is due and not sent; it counts as sent from now on."""
        due = [task for task in self._waiting() if task.sent_at is None and task.due_at <= at and _is_free(task, at)]
        task_ids = [task.id for task in sorted(due, key=lambda task: (task.due_at, task.id))[:limit]]
        self._sent(task_ids, at)
        return task_ids

    def kinds(self, task_ids: Sequence[int]) -> Mapping[int, str]:
        """The kind of each of these tasks."""
        return {task_id: self._store.tasks[task_id].kind for task_id in task_ids}

    def put_back(self, task_ids: Sequence[int]) -> None:
        """These count as not sent."""
        self._sent([task.id for task in self._waiting() if task.id in task_ids], None)

    def under_way(self, sent_before: datetime) -> int:
        """How many were sent and are not settled."""
        return sum(task.sent_at is not None and task.sent_at <= sent_before for task in self._waiting())

    def lost(self, sent_before: datetime, at: datetime) -> Sequence[int]:
        """Those that nobody has begun, and those whose lease is over."""
        sent = [(task, task.sent_at) for task in self._waiting() if task.sent_at is not None]
        return [
            task.id
            for task, sent_at in sent
            if (sent_at <= sent_before if task.claimed_until is None else _is_free(task, at))
        ]

    def _waiting(self) -> Iterator[Task]:
        return (task for task in self._store.tasks.values() if task.state is TaskState.WAITING)

    def _sent(self, task_ids: Sequence[int], at: datetime | None) -> None:
        for task_id in task_ids:
            self._store.journal.sets(self._store.tasks, task_id)
            self._store.tasks[task_id] = replace(self._store.tasks[task_id], sent_at=at)


def _is_free(task: Task, at: datetime) -> bool:
    return task.claimed_until is None or task.claimed_until <= at

"""What goes on behind the doors, read from memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.ports.reading import Backlog


class MemoryWork:
    """Tasks and schedules."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def tasks(self, state: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Task]]:
        """A page of the tasks."""
        with self._store.alone():
            found = [task for task in self._store.tasks.values() if state in (None, task.state.value)]
        below = [task for task in found if before is None or task.id < before]
        return len(found), sorted(below, key=lambda task: -task.id)[:limit]

    def backlog(self, at: datetime) -> Sequence[Backlog]:
        """The tasks that are not done."""
        with self._store.alone():
            left = [task for task in self._store.tasks.values() if task.state is not TaskState.DONE]
        kinds = sorted({task.kind for task in left})
        return [_backlog(kind, [task for task in left if task.kind == kind], at) for kind in kinds]

    def schedules(self) -> Sequence[ScheduleRecord]:
        """Every schedule that has ticked."""
        with self._store.alone():
            ticked = [record for record in self._store.schedules.values() if record.last_tick is not None]
        return sorted(ticked, key=lambda record: record.name)


def _backlog(kind: str, left: Sequence[Task], at: datetime) -> Backlog:
    waiting = [task for task in left if task.state is TaskState.WAITING]
    due = [task.due_at for task in waiting if task.due_at <= at]
    return Backlog(kind, len(waiting), len(due), min(due, default=None), len(left) - len(waiting))

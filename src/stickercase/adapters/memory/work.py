"""What goes on behind the doors, read from memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.gifts.deliveries import Delivery, Stage
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.ports.reading import Backlog, Dispatch


class MemoryWork:
    """Tasks, schedules and deliveries."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def deliveries(self, stage: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Delivery]]:
        """A page of the deliveries."""
        with self._store.alone():
            found = [one for one in self._store.deliveries.values() if stage in (None, one.stage.value)]
        below = [one for one in found if before is None or one.id < before]
        return len(found), sorted(below, key=lambda one: -one.id)[:limit]

    def dispatch(self) -> Dispatch:
        """How deliveries stand."""
        with self._store.alone():
            known, pause = list(self._store.deliveries.values()), self._store.delivery_pause
        since: dict[Stage, list[datetime]] = {}
        for one in known:
            if not one.stage.is_final:
                since.setdefault(one.stage, []).append(one.requested_at)
        return Dispatch({stage: (len(times), min(times)) for stage, times in since.items()}, pause)

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

"""Tasks in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.ports.failures import BrokenLaw


class MemoryTasks:
    """The tasks within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, kind: str, subject: str, payload: Mapping[str, object], due_at: datetime, at: datetime) -> int:
        """Have it done, once."""
        known = self.open(kind, subject)
        if known is None:
            self._store.journal.changes(self._store, "last_task_id")
            self._store.last_task_id += 1
            known = Task(self._store.last_task_id, kind, subject, dict(payload), due_at, at)
        elif known.claimed_until is not None:
            known = replace(known, again_at=min(known.again_at or due_at, due_at))
        elif due_at < known.due_at:
            known = replace(known, due_at=due_at, sent_at=None)
        self.write(known)
        return known.id

    def open(self, kind: str, subject: str) -> Task | None:
        """The one that waits or is being worked on."""
        waiting = (task for task in self._store.tasks.values() if task.state is TaskState.WAITING)
        return next((task for task in waiting if (task.kind, task.subject) == (kind, subject)), None)

    def lock(self, task_id: int) -> Task | None:
        """The task. There is nobody to keep away: transactions run one by one."""
        return self._store.tasks.get(task_id)

    def write(self, task: Task) -> None:
        """Keep the task as it stands."""
        like = self.open(task.kind, task.subject)
        if task.state is TaskState.WAITING and like is not None and like.id != task.id:
            self._store.journal.broken = BrokenLaw(f"a task {task.kind} {task.subject} waits already")
            raise self._store.journal.broken
        self._store.journal.sets(self._store.tasks, task.id)
        self._store.tasks[task.id] = task

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what was done long ago."""
        done = [task for task in self._store.tasks.values() if task.state is TaskState.DONE]
        old = [task.id for task in done if task.finished_at is not None and task.finished_at < before][:limit]
        for task_id in old:
            self._store.journal.sets(self._store.tasks, task_id)
            del self._store.tasks[task_id]
        return len(old)

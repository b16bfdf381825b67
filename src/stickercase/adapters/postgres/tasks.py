"""Tasks in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from stickercase.adapters.postgres.tables import tasks
from stickercase.domain.use_cases.tasks import Task, TaskState


def is_in(state: TaskState) -> ColumnElement[bool]:
    """Whether a task is in a state; spelt out, as a prepared statement with a parameter finds no partial index."""
    return tasks.c.state == literal_column(f"'{state.value}'")


WAITING = is_in(TaskState.WAITING)
COLUMNS = tuple(tasks.c[field.name] for field in fields(Task))


def task_of(row: Row[Any]) -> Task:
    """A row of COLUMNS as the domain knows it."""
    return Task(**{**row._mapping, "state": TaskState(row.state)})


class PostgresTasks:
    """The tasks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, kind: str, subject: str, payload: Mapping[str, object], due_at: datetime, at: datetime) -> int:
        """Have it done, once."""
        new = insert(tasks).values(
            kind=kind,
            subject=subject,
            payload=dict(payload),
            state=TaskState.WAITING.value,
            due_at=due_at,
            created_at=at,
            attempts=0,
            last_error="",
        )
        is_claimed = tasks.c.claimed_until.is_not(None)
        wanted_at, is_sooner = new.excluded.due_at, new.excluded.due_at < tasks.c.due_at
        added = new.on_conflict_do_update(
            index_elements=[tasks.c.kind, tasks.c.subject],
            index_where=WAITING,
            set_={
                "again_at": case((is_claimed, func.least(tasks.c.again_at, wanted_at)), else_=tasks.c.again_at),
                "due_at": case((is_claimed, tasks.c.due_at), else_=func.least(tasks.c.due_at, wanted_at)),
                "sent_at": case((and_(~is_claimed, is_sooner), None), else_=tasks.c.sent_at),
            },
        )
        task_id: int = self._connection.execute(added.returning(tasks.c.id)).scalar_one()
        return task_id

    def open(self, kind: str, subject: str) -> Task | None:
        """The one that waits or is being worked on."""
        wanted = select(*COLUMNS).where(tasks.c.kind == kind, tasks.c.subject == subject, WAITING)
        row = self._connection.execute(wanted).first()
        return None if row is None else task_of(row)

    def lock(self, task_id: int) -> Task | None:
        """The task, kept from everybody else."""
        row = self._connection.execute(select(*COLUMNS).where(tasks.c.id == task_id).with_for_update()).first()
        return None if row is None else task_of(row)

    def write(self, task: Task) -> None:
        """Keep the task as it stands."""
        values = {field.name: getattr(task, field.name) for field in fields(Task) if field.name != "id"}
        values |= {"payload": dict(task.payload), "state": task.state.value}
        self._connection.execute(update(tasks).where(tasks.c.id == task.id).values(**values))

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what was done long ago."""
        old = select(tasks.c.id).where(is_in(TaskState.DONE), tasks.c.finished_at < before)
        gone = self._connection.execute(delete(tasks).where(tasks.c.id.in_(old.limit(limit))))
        return gone.rowcount

"""The way of tasks to the workers, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.tables import tasks
from stickercase.adapters.postgres.tasks import WAITING


class PostgresQueue:
    """The tasks that wait, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to_send(self, at: datetime, limit: int) -> Sequence[int]:
        """What is due and not sent; it counts as sent from now on."""
        # Not by a number in order: a task whose transaction commits late would be passed over.
        is_free = or_(tasks.c.claimed_until.is_(None), tasks.c.claimed_until <= at)
        due = select(tasks.c.id).where(WAITING, tasks.c.sent_at.is_(None), tasks.c.due_at <= at, is_free)
        first = due.order_by(tasks.c.due_at, tasks.c.id).limit(limit).with_for_update(skip_locked=True)
        task_ids = self._connection.execute(first).scalars().all()
        if task_ids:
            self._connection.execute(update(tasks).where(_among(task_ids)).values(sent_at=at))
        return task_ids

    def kinds(self, task_ids: Sequence[int]) -> Mapping[int, str]:
        """The kind of each of these tasks."""
        rows = self._connection.execute(select(tasks.c.id, tasks.c.kind).where(_among(task_ids)))
        return {row.id: row.kind for row in rows}

    def put_back(self, task_ids: Sequence[int]) -> None:
        """These count as not sent."""
        if task_ids:
            self._connection.execute(update(tasks).where(_among(task_ids), WAITING).values(sent_at=None))

    def under_way(self, sent_before: datetime) -> int:
        """How many were sent and are not settled."""
        counted = select(func.count()).select_from(tasks).where(WAITING, tasks.c.sent_at <= sent_before)
        return self._connection.execute(counted).scalar_one()

    def lost(self, sent_before: datetime, at: datetime) -> Sequence[int]:
        """Those that nobody has begun, and those whose lease is over; not those that somebody holds just now."""
        never_begun = and_(tasks.c.claimed_until.is_(None), tasks.c.sent_at <= sent_before)
        found = select(tasks.c.id).where(
            WAITING, tasks.c.sent_at.is_not(None), or_(never_begun, tasks.c.claimed_until <= at)
        )
        return self._connection.execute(found.with_for_update(skip_locked=True)).scalars().all()


def _among(task_ids: Sequence[int]) -> ColumnElement[bool]:
    return tasks.c.id == any_(literal(list(task_ids), ARRAY(BigInteger)))

"""What goes on behind the doors, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, and_, func, select, true

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.schedules import record_of
from stickercase.adapters.postgres.tables import schedules, tasks
from stickercase.adapters.postgres.tasks import COLUMNS, WAITING, is_in, task_of
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.ports.reading import Backlog


class PostgresWork:
    """Tasks and schedules on ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tasks(self, state: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Task]]:
        """A page of the tasks."""
        wanted = true() if state is None else is_in(TaskState(state))
        below = wanted if before is None else and_(wanted, tasks.c.id < before)
        with look(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(tasks).where(wanted)).scalar_one()
            rows = connection.execute(select(*COLUMNS).where(below).order_by(tasks.c.id.desc()).limit(limit))
            return total, [task_of(row) for row in rows]

    def backlog(self, at: datetime) -> Sequence[Backlog]:
        """The tasks that are not done."""
        due = and_(WAITING, tasks.c.due_at <= at)
        is_aside = is_in(TaskState.SET_ASIDE)
        counted = (
            select(
                tasks.c.kind,
                func.count().filter(WAITING),
                func.count().filter(due),
                func.min(tasks.c.due_at).filter(due),
                func.count().filter(is_aside),
            )
            .where(WAITING | is_aside)
            .group_by(tasks.c.kind)
            .order_by(tasks.c.kind)
        )
        with look(self._engine) as connection:
            return [Backlog(*row) for row in connection.execute(counted)]

    def schedules(self) -> Sequence[ScheduleRecord]:
        """Every schedule that has ticked."""
        ticked = select(schedules).where(schedules.c.last_tick.is_not(None)).order_by(schedules.c.name)
        with look(self._engine) as connection:
            return [record_of(row) for row in connection.execute(ticked)]

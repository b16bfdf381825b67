"""What goes on behind the doors, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, and_, func, or_, select, true

from stickercase.adapters.postgres.deliveries import PAUSE, delivery_of, is_at, pause_of
from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.schedules import record_of
from stickercase.adapters.postgres.tables import deliveries, schedules, tasks
from stickercase.adapters.postgres.tasks import COLUMNS, WAITING, is_in, task_of
from stickercase.domain.gifts.deliveries import Delivery, Stage
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import Task, TaskState
from stickercase.ports.reading import Backlog, Dispatch


class PostgresWork:
    """Tasks, schedules and deliveries on ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def deliveries(self, stage: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Delivery]]:
        """A page of the deliveries."""
        wanted = true() if stage is None else is_at(Stage(stage))
        below = wanted if before is None else and_(wanted, deliveries.c.id < before)
        with look(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(deliveries).where(wanted)).scalar_one()
            rows = connection.execute(select(deliveries).where(below).order_by(deliveries.c.id.desc()).limit(limit))
            return total, [delivery_of(row) for row in rows]

    def dispatch(self) -> Dispatch:
        """How deliveries stand."""
        under_way = or_(*(is_at(stage) for stage in Stage if not stage.is_final))
        counted = (
            select(deliveries.c.stage, func.count(), func.min(deliveries.c.requested_at))
            .where(under_way)
            .group_by(deliveries.c.stage)
        )
        with look(self._engine) as connection:
            stages = {Stage(stage): (count, since) for stage, count, since in connection.execute(counted)}
            return Dispatch(stages, pause_of(connection.execute(select(*PAUSE)).one()))

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

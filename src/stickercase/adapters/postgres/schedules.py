"""The records of schedules in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from stickercase.adapters.postgres.tables import schedules
from stickercase.domain.use_cases.schedules import ScheduleRecord


def record_of(row: Row[Any]) -> ScheduleRecord:
    """A row as the domain knows it."""
    values = dict(row._mapping)
    return ScheduleRecord(period=timedelta(seconds=values.pop("period_seconds")), **values)


def _values(record: ScheduleRecord) -> dict[str, Any]:
    values = asdict(record)
    values["period_seconds"] = values.pop("period").total_seconds()
    return values


class PostgresSchedules:
    """The records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, name: str) -> ScheduleRecord:
        """The record, kept from everybody else."""
        empty = insert(schedules).values(**_values(ScheduleRecord(name))).on_conflict_do_nothing()
        self._connection.execute(empty)
        return record_of(
            self._connection.execute(select(schedules).where(schedules.c.name == name).with_for_update()).one()
        )

    def write(self, record: ScheduleRecord) -> None:
        """Keep the record."""
        self._connection.execute(update(schedules).where(schedules.c.name == record.name).values(**_values(record)))

"""Reports of reconciliations in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from stickercase.adapters.postgres.tables import reports
from stickercase.domain.use_cases.reports import FiledReport, Report, Section


class PostgresReports:
    """Reports within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def file(self, report: Report) -> int:
        values = {
            "started_by": report.started_by,
            "started_at": report.started_at,
            "finished_at": report.finished_at,
            "sections": [asdict(section) for section in report.sections],
        }
        filed: int = self._connection.execute(insert(reports).values(values).returning(reports.c.id)).scalar_one()
        return filed

    def forget(self, before: datetime, limit: int) -> int:
        old = select(reports.c.id).where(reports.c.finished_at < before).order_by(reports.c.id).limit(limit)
        return self._connection.execute(delete(reports).where(reports.c.id.in_(old))).rowcount


def report_of(row: Row[Any]) -> FiledReport:
    """A row of the table as the domain knows it."""
    sections = [Section(**told | {"findings": tuple(told["findings"])}) for told in row.sections]
    return FiledReport(row.id, Report(row.started_by, row.started_at, row.finished_at, sections))

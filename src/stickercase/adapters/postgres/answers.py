"""Remembered answers in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnClause, Connection, column, delete, func, insert, select

from stickercase.adapters.postgres.tables import answers
from stickercase.domain.use_cases.once import Remembered


class PostgresAnswers:
    """Answers kept under (caller, key) within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def recall(self, caller: str, key: str) -> Remembered | None:
        """What is kept; a transaction that uses the same caller and key is waited for."""
        name = func.hashtextextended(f"{caller}\x1f{key}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(name)))
        row = self._connection.execute(
            select(answers.c.request_hash, answers.c.answer).where(answers.c.caller == caller, answers.c.key == key)
        ).first()
        return None if row is None else Remembered(row.request_hash, row.answer)

    def remember(self, caller: str, key: str, remembered: Remembered, at: datetime) -> None:
        """Keep an answer."""
        values = {"request_hash": remembered.request_hash, "answer": remembered.answer, "at": at}
        self._connection.execute(insert(answers).values(caller=caller, key=key, **values))

    def forget(self, before: datetime, limit: int) -> int:
        """Delete old answers, by their places in the table: there is no narrower name for a row than its whole key."""
        place: ColumnClause[str] = column("ctid")
        old = select(place).select_from(answers).where(answers.c.at < before).limit(limit)
        return self._connection.execute(delete(answers).where(place.in_(old))).rowcount

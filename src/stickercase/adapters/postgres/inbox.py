"""The inbox in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from stickercase.adapters.postgres.tables import inbox


class PostgresInbox:
    """The letters within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, source: str, body: bytes, at: datetime) -> int:
        """Keep a letter; the database refuses one that is too long."""
        new = insert(inbox).values(source=source, body=body, received_at=at)
        letter_id: int = self._connection.execute(new.returning(inbox.c.id)).scalar_one()
        return letter_id

    def letter(self, letter_id: int) -> bytes | None:
        """The letter's body."""
        body: bytes | None = self._connection.execute(select(inbox.c.body).where(inbox.c.id == letter_id)).scalar()
        return body

    def handled(self, letter_id: int, at: datetime) -> None:
        """The letter has been dealt with."""
        first = inbox.c.handled_at.is_(None)
        self._connection.execute(update(inbox).where(inbox.c.id == letter_id, first).values(handled_at=at))

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what was dealt with long ago."""
        old = select(inbox.c.id).where(inbox.c.handled_at < before).limit(limit)
        return self._connection.execute(delete(inbox).where(inbox.c.id.in_(old))).rowcount

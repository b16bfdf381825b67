"""The operators' log in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, null

from stickercase.adapters.postgres.tables import operator_log


class PostgresOperatorLog:
    """The append-only log within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
        at: datetime,
    ) -> None:
        """Note who changed what."""
        self._connection.execute(
            insert(operator_log).values(
                who=who,
                action=action,
                subject=subject,
                before=null() if before is None else dict(before),
                after=dict(after),
                at=at,
            )
        )

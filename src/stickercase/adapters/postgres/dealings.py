"""What was dealt with vendors about, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Table, and_, func, select, tuple_

from stickercase.adapters.postgres.deliveries import delivery_of
from stickercase.adapters.postgres.invoices import invoice_of
from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.tables import deliveries, invoices
from stickercase.domain.gifts.deliveries import Delivery
from stickercase.domain.wallet.invoices import Invoice

MADE = (invoices.c.created_at, invoices.c.id)
ASKED = (deliveries.c.requested_at, deliveries.c.id)


class PostgresDealings:
    """Reads on ``engine`` (one without a statement time-out: counting may take its time)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def invoice_count(self, since: datetime) -> int:
        return self._count(invoices, invoices.c.created_at >= since)

    def invoices(self, since: datetime, limit: int, last: Invoice | None) -> Sequence[Invoice]:
        wanted = invoices.c.created_at >= since
        if last is not None:
            wanted = and_(wanted, tuple_(*MADE) < tuple_(last.created_at, last.id))
        page = select(invoices).where(wanted).order_by(*(column.desc() for column in MADE)).limit(limit)
        with look(self._engine) as connection:
            return [invoice_of(row) for row in connection.execute(page)]

    def delivery_count(self, since: datetime) -> int:
        return self._count(deliveries, _is_numbered(since))

    def deliveries(self, since: datetime, limit: int, last: Delivery | None) -> Sequence[Delivery]:
        wanted = _is_numbered(since)
        if last is not None:
            wanted = and_(wanted, tuple_(*ASKED) < tuple_(last.requested_at, last.id))
        page = select(deliveries).where(wanted).order_by(*(column.desc() for column in ASKED)).limit(limit)
        with look(self._engine) as connection:
            return [delivery_of(row) for row in connection.execute(page)]

    def _count(self, table: Table, wanted: ColumnElement[bool]) -> int:
        with look(self._engine) as connection:
            found: int = connection.execute(select(func.count()).select_from(table).where(wanted)).scalar_one()
        return found


def _is_numbered(since: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.requested_at >= since, deliveries.c.queue_id.is_not(None))

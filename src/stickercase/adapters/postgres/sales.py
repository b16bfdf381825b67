"""Sales in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from stickercase.adapters.postgres.tables import sales
from stickercase.domain.use_cases.sell_unit import UnitSold


class PostgresSales:
    """Sales within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, sold: UnitSold) -> None:
        """Keep a sale for ever."""
        self._connection.execute(
            insert(sales).values(
                player_id=sold.player_id,
                sale_id=sold.sale_id,
                item_id=sold.item_id,
                unit_id=sold.unit.id,
                floor_nano=sold.floor_nano,
                paid_nano=sold.transfer.amount,
                at=sold.at,
            )
        )

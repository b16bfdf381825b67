"""Units in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Text, any_, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.tables import free_units, stock, units
from stickercase.domain.stock.packs import NewUnit


class PostgresStock:
    """Units within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, pack_id: int) -> int | None:
        """The pack's free units, locked; None when there is no such pack."""
        free: int | None = self._connection.execute(
            select(stock.c.free).where(stock.c.pack_id == pack_id).with_for_update(key_share=True)
        ).scalar()
        return free

    def known_numbers(self, pack_id: int, numbers: Sequence[int]) -> set[int]:
        """Which of these numbers the pack has had."""
        wanted = bindparam("numbers", list(numbers), ARRAY(BigInteger))
        query = select(units.c.number).where(units.c.pack_id == pack_id, units.c.number == any_(wanted))
        return set(self._connection.execute(query).scalars())

    def add(self, pack_id: int, new: Sequence[NewUnit], at: datetime) -> None:
        """Put new units into the stock and count them."""
        numbers = bindparam("numbers", [unit.number for unit in new], ARRAY(BigInteger))
        addresses = bindparam("addresses", [unit.nft_address for unit in new], ARRAY(Text))
        rows = func.unnest(numbers, addresses).table_valued("number", "nft_address").render_derived()
        pack, moment = bindparam("pack", pack_id, BigInteger), bindparam("at", at, units.c.stocked_at.type)
        stocked = (
            insert(units)
            .from_select(
                ["pack_id", "number", "nft_address", "stocked_at"],
                select(pack, rows.c.number, rows.c.nft_address, moment),
            )
            .returning(units.c.pack_id, units.c.number, units.c.id)
            .cte("stocked")
        )
        self._connection.execute(insert(free_units).from_select(["pack_id", "number", "unit_id"], select(stocked)))
        counted = update(stock).where(stock.c.pack_id == pack_id).values(free=stock.c.free + len(new))
        assert self._connection.execute(counted).rowcount == 1, "every pack has a stock"

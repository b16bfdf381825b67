"""Units in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Text, and_, any_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.tables import free_units, stock, units
from stickercase.domain.stock.packs import NewUnit, Unit


class PostgresStock:
    """Units within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, pack_ids: Sequence[int]) -> Mapping[int, int]:
        """The free units of each pack, locked in ascending order."""
        wanted = bindparam("packs", list(pack_ids), ARRAY(BigInteger))
        rows = self._connection.execute(
            select(stock.c.pack_id, stock.c.free)
            .where(stock.c.pack_id == any_(wanted))
            .order_by(stock.c.pack_id)
            .with_for_update(key_share=True)
        )
        return {row.pack_id: row.free for row in rows}

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
        self._count(pack_id, len(new))

    def unit(self, unit_id: int) -> tuple[Unit, bool] | None:
        """A unit, and whether it is free."""
        row = self._connection.execute(
            select(units.c.id, units.c.pack_id, units.c.number, free_units.c.unit_id.label("free_id"))
            .outerjoin(free_units, and_(free_units.c.pack_id == units.c.pack_id, free_units.c.number == units.c.number))
            .where(units.c.id == unit_id)
        ).first()
        return None if row is None else (Unit(row.id, row.pack_id, row.number), row.free_id is not None)

    def put_back(self, back: Sequence[Unit]) -> None:
        """Put units into the stock and count them."""
        rows = [{"pack_id": unit.pack_id, "number": unit.number, "unit_id": unit.id} for unit in back]
        if rows:
            self._connection.execute(insert(free_units), rows)
        for pack_id, times in sorted(Counter(unit.pack_id for unit in back).items()):
            self._count(pack_id, times)

    def take(self, unit: Unit) -> None:
        """Take a free unit out of the stock."""
        taken = self._connection.execute(
            delete(free_units).where(
                free_units.c.pack_id == unit.pack_id,
                free_units.c.number == unit.number,
                free_units.c.unit_id == unit.id,
            )
        )
        assert taken.rowcount == 1, f"unit {unit.id} is not free"
        self._count(unit.pack_id, -1)

    def _count(self, pack_id: int, more: int) -> None:
        counted = update(stock).where(stock.c.pack_id == pack_id).values(free=stock.c.free + more)
        assert self._connection.execute(counted).rowcount == 1, "every pack has a stock"

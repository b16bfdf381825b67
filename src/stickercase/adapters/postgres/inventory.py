"""What players own, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, any_, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.tables import items, units
from stickercase.domain.stock.packs import Unit, UnitState


class PostgresInventory:
    """Players' items within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def items(self, player_id: int, item_ids: Sequence[int]) -> Mapping[int, Unit]:
        """The units behind those of the items that are the player's to give."""
        return units_behind(self._connection, player_id, item_ids)

    def give(self, player_id: int, item_id: int, unit: Unit, at: datetime) -> None:
        """Make a unit the player's."""
        values = {"unit_id": unit.id, "state": UnitState.OWNED.value, "acquired_at": at}
        self._connection.execute(insert(items).values(player_id=player_id, item_id=item_id, **values))

    def end(self, player_id: int, item_ids: Sequence[int]) -> None:
        """Take items out of the player's inventory."""
        ended = self._connection.execute(delete(items).where(_owned(player_id, item_ids)))
        assert ended.rowcount == len(item_ids), "an item is not the player's to give"


def units_behind(connection: Connection, player_id: int, item_ids: Sequence[int]) -> dict[int, Unit]:
    """The units of a player's items, by item id; one that is not there, or is leaving, is missing."""
    rows = connection.execute(
        select(items.c.item_id, units.c.id, units.c.pack_id, units.c.number)
        .join(units, units.c.id == items.c.unit_id)
        .where(_owned(player_id, item_ids))
    )
    return {row.item_id: Unit(row.id, row.pack_id, row.number) for row in rows}


def _owned(player_id: int, item_ids: Sequence[int]) -> ColumnElement[bool]:
    wanted = bindparam("items", list(item_ids), ARRAY(BigInteger))
    return and_(items.c.player_id == player_id, items.c.item_id == any_(wanted), items.c.state == UnitState.OWNED.value)

"""Units on their way out, and those that are gone, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from stickercase.adapters.postgres.tables import departures, items, packs, units
from stickercase.domain.stock.packs import Exit, Parcel, UnitState


class PostgresDepartures:
    """Departures within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def parcel(self, unit_id: int) -> Parcel:
        """What the unit can be handed over as."""
        named = packs.c.gift_id, units.c.nft_address, packs.c.floor_nano
        of_unit = select(*named).join(packs, packs.c.id == units.c.pack_id)
        return Parcel(*self._connection.execute(of_unit.where(units.c.id == unit_id)).one())

    def leave(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Set an item on its way out."""
        owned = and_(_is(player_id, item_id), items.c.state == UnitState.OWNED.value)
        leaving = {"state": UnitState.LEAVING.value, "way": way_out.way.value, "delivery_id": way_out.delivery_id}
        left = self._connection.execute(update(items).where(owned).values(leaving))
        assert left.rowcount == 1, f"item {item_id} is not the player's to give"

    def come_back(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Make it the player's to give again."""
        owned = {"state": UnitState.OWNED.value, "way": None, "delivery_id": None}
        back = self._connection.execute(update(items).where(_leaves(player_id, item_id, way_out)).values(owned))
        assert back.rowcount == 1, f"item {item_id} does not leave that way"

    def retire(self, player_id: int, item_id: int, way_out: Exit, at: datetime) -> None:
        """Take it out for good."""
        gone = delete(items).where(_leaves(player_id, item_id, way_out)).returning(items.c.unit_id)
        unit_id = self._connection.execute(gone).scalar()
        assert unit_id is not None, f"item {item_id} does not leave that way"
        self._connection.execute(
            insert(departures).values(
                player_id=player_id,
                item_id=item_id,
                unit_id=unit_id,
                way=way_out.way.value,
                delivery_id=way_out.delivery_id,
                at=at,
            )
        )


def _is(player_id: int, item_id: int) -> ColumnElement[bool]:
    return and_(items.c.player_id == player_id, items.c.item_id == item_id)


def _leaves(player_id: int, item_id: int, way_out: Exit) -> ColumnElement[bool]:
    through = and_(items.c.way == way_out.way.value, items.c.delivery_id == way_out.delivery_id)
    return and_(_is(player_id, item_id), items.c.state == UnitState.LEAVING.value, through)

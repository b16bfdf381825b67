"""What is believed of floors, in PostgreSQL: kept in the row of each pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.catalogue import move_packs
from stickercase.adapters.postgres.tables import packs
from stickercase.domain.stock.floors import Floor, Quarantined

COLUMNS = (
    packs.c.id,
    packs.c.floor_nano,
    packs.c.floor_at,
    packs.c.quarantined_nano,
    packs.c.quarantined_at,
    packs.c.quarantined_source,
    packs.c.rejected_nano,
)


class PostgresFloors:
    """Floors within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def floors(self, pack_ids: Sequence[int]) -> Mapping[int, Floor]:
        """The floors of these packs as last committed."""
        return floors_of(self._connection, pack_ids)

    def lock(self) -> Mapping[int, Floor]:
        """The floors of all packs, locked in ascending order."""
        query = select(*COLUMNS).order_by(packs.c.id).with_for_update(key_share=True)
        return {row.id: _floor(row) for row in self._connection.execute(query)}

    def write(self, floors: Mapping[int, Floor]) -> None:
        """Replace these packs' floors."""
        before = self.floors(list(floors))
        assert before.keys() == floors.keys(), f"there are no packs {sorted(floors.keys() - before.keys())}"
        columns = _columns(floors)
        new = func.unnest(*columns.values()).table_valued(*columns).render_derived()
        values = {name: new.c[name] for name in columns if name != "id"}
        self._connection.execute(update(packs).where(packs.c.id == new.c.id).values(**values))
        if any(before[pack_id].price_nano != floor.price_nano for pack_id, floor in floors.items()):
            move_packs(self._connection)


def all_floors(connection: Connection) -> dict[int, Floor]:
    """The floors of all packs, by pack id."""
    return {row.id: _floor(row) for row in connection.execute(select(*COLUMNS).order_by(packs.c.id))}


def floors_of(connection: Connection, pack_ids: Sequence[int]) -> dict[int, Floor]:
    """The floors of these packs, by pack id."""
    wanted = bindparam("packs", list(pack_ids), ARRAY(BigInteger))
    rows = connection.execute(select(*COLUMNS).where(packs.c.id == any_(wanted)))
    return {row.id: _floor(row) for row in rows}


def _floor(row: Any) -> Floor:
    waiting = None
    if row.quarantined_nano is not None:
        waiting = Quarantined(row.quarantined_nano, row.quarantined_at, row.quarantined_source)
    return Floor(row.floor_nano, row.floor_at, waiting, row.rejected_nano)


def _columns(floors: Mapping[int, Floor]) -> dict[str, BindParameter[Any]]:
    """One array for each of :data:`COLUMNS`, in their order."""
    rows = [
        (
            pack_id,
            floor.price_nano,
            floor.accepted_at,
            *((waiting.price_nano, waiting.seen_at, waiting.source) if (waiting := floor.quarantined) else [None] * 3),
            floor.rejected_nano,
        )
        for pack_id, floor in floors.items()
    ]
    return {
        column.name: bindparam(column.name, [row[place] for row in rows], ARRAY(column.type))
        for place, column in enumerate(COLUMNS)
    }

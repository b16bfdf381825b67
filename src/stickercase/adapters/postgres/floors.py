"""What is believed of floors, in PostgreSQL: kept in the row of each pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.catalogue import move_catalogue
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
        for pack_id, floor in sorted(floors.items()):
            written = update(packs).where(packs.c.id == pack_id).values(**_columns(floor))
            assert self._connection.execute(written).rowcount == 1, f"there is no pack {pack_id}"
        if any(before[pack_id].price_nano != floor.price_nano for pack_id, floor in floors.items()):
            move_catalogue(self._connection)


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


def _columns(floor: Floor) -> dict[str, object]:
    waiting = floor.quarantined
    return {
        "floor_nano": floor.price_nano,
        "floor_at": floor.accepted_at,
        "quarantined_nano": None if waiting is None else waiting.price_nano,
        "quarantined_at": None if waiting is None else waiting.seen_at,
        "quarantined_source": None if waiting is None else waiting.source,
        "rejected_nano": floor.rejected_nano,
    }

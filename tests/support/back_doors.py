"""Ways into a store that no port offers: to look at what nobody reads, and to break each law on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Engine, text

from stickercase.adapters.memory import MemoryStore
from stickercase.adapters.memory.store import PackRow, PlayerRow
from stickercase.adapters.postgres.failures import driver_of
from stickercase.domain.stock.packs import Exit, UnitState, Way
from support.breaches import IN_MEMORY, IN_POSTGRES
from support.fingerprints import fingerprint_on

LEAVE = "UPDATE items SET state = 'leaving', way = 'gift', delivery_id = item_id WHERE item_id = :id"
LogLine = tuple[str, str, str, Mapping[str, object] | None, Mapping[str, object], object]


class BackDoor(Protocol):
    """What tests do without a port."""

    def tamper(self, kind: str) -> None:
        """Break a law in one of the ways of :data:`~support.breaches.BREACHES`."""

    def unit_ids(self, pack_id: int, table: str = "units") -> dict[int, int]:
        """The ids of all units that the pack ever had (with ``free_units``: has in the stock), by their numbers."""

    def send_away(self, item_id: int) -> None:
        """Set an item on its way out, without a delivery."""

    def operator_log(self) -> Sequence[LogLine]:
        """The operator log, oldest first."""

    def fingerprint(self) -> object:
        """All that is kept: two looks tell whether anything has moved between them. Ids that are used up are not."""


class MemoryBackDoor:
    """Reaches into a memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def tamper(self, kind: str) -> None:
        IN_MEMORY[kind](self._store)

    def unit_ids(self, pack_id: int, table: str = "units") -> dict[int, int]:
        pack = self._store.packs[pack_id]
        return {number: pack.units[number].unit.id for number in (pack.units if table == "units" else pack.free)}

    def send_away(self, item_id: int) -> None:
        row = next(row for row in self._store.units.values() if row.item_id == item_id)
        row.state, row.way_out = UnitState.LEAVING, Exit(Way.GIFT, item_id)

    def operator_log(self) -> Sequence[LogLine]:
        return [(e.who, e.action, e.subject, e.before, e.after, e.at) for e in self._store.operator_log]

    def fingerprint(self) -> object:
        return {name: _fixed(getattr(self._store, name)) for name in _KEPT}


class PostgresBackDoor:
    """Reaches into a database, past its triggers and constraints."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tamper(self, kind: str) -> None:
        with self._engine.begin() as connection:
            for statement in IN_POSTGRES[kind]:
                connection.execute(text(statement))

    def unit_ids(self, pack_id: int, table: str = "units") -> dict[int, int]:
        column = {"units": "id", "free_units": "unit_id"}[table]
        with self._engine.connect() as connection:
            query = text(f"SELECT number, {column} AS id FROM {table} WHERE pack_id = :pack")
            return {row.number: row.id for row in connection.execute(query, {"pack": pack_id})}

    def send_away(self, item_id: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(LEAVE), {"id": item_id})

    def operator_log(self) -> Sequence[LogLine]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                text('SELECT who, action, subject, before, after, "at" FROM operator_log ORDER BY id')
            )
            return [(row.who, row.action, row.subject, row.before, row.after, row.at) for row in rows]

    def fingerprint(self) -> object:
        with self._engine.connect() as connection:
            return fingerprint_on(driver_of(connection))


_KEPT = (
    "players",
    "transfers",
    "openings",
    "deliveries",
    "delivery_pause",
    "departures",
    "packs",
    "cases",
    "odds",
    "answers",
    "operator_log",
    "version",
)


def _fixed(value: object) -> object:
    """The value as text that later changes do not reach; the order in dicts and heaps means nothing."""
    if isinstance(value, dict):
        return sorted((repr(key), _fixed(one)) for key, one in value.items())
    if isinstance(value, PackRow):
        return repr((value.pack, value.floor, sorted(value.free), value.lowest)), _fixed(value.units)
    if isinstance(value, PlayerRow):
        return [_fixed(getattr(value, name)) for name in PlayerRow.__slots__]
    return repr(value)

"""Units on their way out, and those that are gone, in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import Departure, MemoryStore, UnitRow
from stickercase.domain.stock.packs import Exit, Parcel, UnitState


class MemoryDepartures:
    """Departures within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def parcel(self, unit_id: int) -> Parcel:
        """What the unit can be handed over as."""
        row = self._store.units[unit_id]
        pack = self._store.packs[row.unit.pack_id]
        return Parcel(pack.pack.gift_id, row.nft_address, pack.floor.price_nano)

    def leave(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Set an item on its way out."""
        row = self._row(player_id, item_id, UnitState.OWNED)
        self._store.journal.changes(row, "state", "way_out")
        row.state, row.way_out = UnitState.LEAVING, way_out

    def come_back(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Make it the player's to give again."""
        row = self._leaving(player_id, item_id, way_out)
        self._store.journal.changes(row, "state", "way_out")
        row.state, row.way_out = UnitState.OWNED, None

    def retire(self, player_id: int, item_id: int, way_out: Exit, at: datetime) -> None:
        """Take it out for good."""
        row, store = self._leaving(player_id, item_id, way_out), self._store
        store.journal.changes(row, "state", "way_out", "owner_id", "item_id")
        store.journal.sets(store.players[player_id].items, item_id)
        store.journal.grows(store.departures)
        row.state, row.way_out, row.owner_id, row.item_id = UnitState.DELIVERED, None, None, None
        del store.players[player_id].items[item_id]
        store.departures.append(Departure(player_id, item_id, row.unit, way_out, at))

    def _row(self, player_id: int, item_id: int, state: UnitState) -> UnitRow:
        row = self._store.players[player_id].items.get(item_id)
        assert row is not None, f"item {item_id} is not there"
        assert row.state is state, f"item {item_id} is {row.state.value}"
        return row

    def _leaving(self, player_id: int, item_id: int, way_out: Exit) -> UnitRow:
        row = self._row(player_id, item_id, UnitState.LEAVING)
        assert row.way_out == way_out, f"item {item_id} leaves another way"
        return row

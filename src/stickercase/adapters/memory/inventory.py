"""What players own, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.stock.packs import Unit, UnitState


class MemoryInventory:
    """Players' items within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def items(self, player_id: int, item_ids: Sequence[int]) -> Mapping[int, Unit]:
        """The units behind those of the items that are the player's to give."""
        return units_behind(self._store, player_id, item_ids)

    def give(self, player_id: int, item_id: int, unit: Unit, at: datetime) -> None:  # noqa: ARG002 - nobody asks when
        """Make a unit the player's."""
        row, items = self._store.units[unit.id], self._store.players[player_id].items
        assert item_id not in items, f"item {item_id} is there already"
        self._store.journal.changes(row, "state", "owner_id", "item_id")
        self._store.journal.sets(items, item_id)
        row.state, row.owner_id, row.item_id = UnitState.OWNED, player_id, item_id
        items[item_id] = row

    def end(self, player_id: int, item_ids: Sequence[int]) -> None:
        """Take items out of the player's inventory."""
        items = self._store.players[player_id].items
        for item_id in item_ids:
            row = items.get(item_id)
            assert row is not None, f"item {item_id} is not there"
            assert row.state is UnitState.OWNED, f"item {item_id} is not the player's to give"
            self._store.journal.changes(row, "owner_id", "item_id")
            self._store.journal.sets(items, item_id)
            row.owner_id = row.item_id = None
            del items[item_id]


def units_behind(store: MemoryStore, player_id: int, item_ids: Sequence[int]) -> dict[int, Unit]:
    """The units of a player's items, by item id; one that is not there, or is leaving, is missing."""
    player = store.players.get(player_id)
    items = {} if player is None else player.items
    owned = {item_id: items[item_id] for item_id in item_ids if item_id in items}
    return {item_id: row.unit for item_id, row in owned.items() if row.state is UnitState.OWNED}

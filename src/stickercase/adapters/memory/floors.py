"""What is believed of floors, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.stock.floors import Floor


class MemoryFloors:
    """Floors within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def floors(self, pack_ids: Sequence[int]) -> Mapping[int, Floor]:
        """The floors of these packs."""
        packs = self._store.packs
        return {pack_id: packs[pack_id].floor for pack_id in pack_ids if pack_id in packs}

    def lock(self) -> Mapping[int, Floor]:
        """The floors of all packs."""
        return {pack_id: row.floor for pack_id, row in self._store.packs.items()}

    def write(self, floors: Mapping[int, Floor]) -> None:
        """Replace these packs' floors."""
        rows = {pack_id: self._store.packs[pack_id] for pack_id in floors}
        if any(rows[pack_id].floor.price_nano != floor.price_nano for pack_id, floor in floors.items()):
            self._store.moves_shelf()
        for pack_id, floor in floors.items():
            row = rows[pack_id]
            self._store.journal.changes(row, "floor", "pack")
            row.floor, row.pack = floor, replace(row.pack, floor_nano=floor.price_nano)

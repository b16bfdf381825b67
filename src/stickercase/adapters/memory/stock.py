"""The house's units in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from heapq import heapify, heappush

from stickercase.adapters.memory.store import MemoryStore, PackRow, UnitRow
from stickercase.domain.stock.packs import NewUnit, Unit


class MemoryStock:
    """Units within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def lock(self, pack_id: int) -> int | None:
        """How many units of the pack are free; None when there is no such pack."""
        row = self._store.packs.get(pack_id)
        return None if row is None else len(row.free)

    def known_numbers(self, pack_id: int, numbers: Sequence[int]) -> set[int]:
        """Which of these numbers the pack has had."""
        return self._store.packs[pack_id].units.keys() & set(numbers)

    def add(self, pack_id: int, units: Sequence[NewUnit], at: datetime) -> None:
        """Put new units into the stock; AssertionError when the pack has had one of the numbers."""
        store, row = self._store, self._store.packs[pack_id]
        numbers = {unit.number for unit in units}
        assert len(numbers) == len(units), "a number is one unit's"
        assert not self.known_numbers(pack_id, list(numbers)), "a number is a unit's for ever"
        store.journal.changes(store, "last_unit_id")
        store.journal.changes(row, "lowest")
        store.journal.note(partial(_remove, row, numbers))
        for unit_id, unit in enumerate(units, store.last_unit_id + 1):
            row.units[unit.number] = UnitRow(Unit(unit_id, pack_id, unit.number), unit.nft_address, at)
            heappush(row.free, unit.number)
        store.last_unit_id += len(units)
        row.lowest = min(numbers if row.lowest is None else {*numbers, row.lowest}, default=None)


def _remove(row: PackRow, numbers: set[int]) -> None:
    row.free = [number for number in row.free if number not in numbers]
    heapify(row.free)
    for number in numbers:
        row.units.pop(number, None)

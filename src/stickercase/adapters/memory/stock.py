"""The house's units in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import heapify, heappush

from stickercase.adapters.memory.store import MemoryStore, PackRow, UnitRow
from stickercase.domain.stock.packs import NewUnit, Unit, UnitState


class MemoryStock:
    """Units within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def lock(self, pack_ids: Sequence[int]) -> Mapping[int, int]:
        """How many units of each pack are free."""
        packs = self._store.packs
        return {pack_id: len(packs[pack_id].free) for pack_id in sorted(set(pack_ids)) if pack_id in packs}

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
        store.journal.note(partial(_remove, store, row, numbers))
        for unit_id, unit in enumerate(units, store.last_unit_id + 1):
            made = UnitRow(Unit(unit_id, pack_id, unit.number), unit.nft_address, at)
            row.units[unit.number] = store.units[unit_id] = made
            heappush(row.free, unit.number)
        store.last_unit_id += len(units)
        row.lowest = min(numbers if row.lowest is None else {*numbers, row.lowest}, default=None)

    def unit(self, unit_id: int) -> tuple[Unit, bool] | None:
        """A unit, and whether it is free."""
        row = self._store.units.get(unit_id)
        return None if row is None else (row.unit, row.state is UnitState.FREE)

    def put_back(self, units: Sequence[Unit]) -> None:
        """Put units into the stock; AssertionError for one that is somebody's."""
        for unit in units:
            row, pack = self._store.units[unit.id], self._store.packs[unit.pack_id]
            if row.state is UnitState.FREE:
                self._store.journal.refuse(f"unit {unit.id} is in the stock already")
            assert row.item_id is None, f"unit {unit.id} is somebody's"
            self._store.journal.changes(row, "state")
            self._store.journal.note(partial(_unpile, pack, unit.number))
            row.state = UnitState.FREE
            heappush(pack.free, unit.number)

    def take(self, unit: Unit) -> None:
        """Take a free unit out of the stock; the inventory that it is for takes it next."""
        row, pack = self._store.units[unit.id], self._store.packs[unit.pack_id]
        assert row.state is UnitState.FREE, f"unit {unit.id} is not free"
        self._store.journal.changes(row, "state")
        self._store.journal.note(partial(_pile, pack, unit.number))
        row.state = UnitState.OWNED
        _unpile(pack, unit.number)


def _pile(pack: PackRow, number: int) -> None:
    # The heap itself may be another one by now: taking back new units makes it anew.
    heappush(pack.free, number)


def _unpile(pack: PackRow, number: int) -> None:
    pack.free.remove(number)
    heapify(pack.free)


def _remove(store: MemoryStore, row: PackRow, numbers: set[int]) -> None:
    row.free = [number for number in row.free if number not in numbers]
    heapify(row.free)
    for number in numbers:
        gone = row.units.pop(number, None)
        if gone is not None:
            store.units.pop(gone.unit.id, None)

"""Which packs have few free units left, and which cases that stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.shelf import Shelf

FEW = 10
"""How many free units are few, when nobody says otherwise: what one player may open at once."""


@dataclass(frozen=True, slots=True)
class PackOnHand:
    """A pack with its free units and the cases on sale that can draw it. Without a unit it stops all of them."""

    pack: Pack
    free: int
    cases: tuple[str, ...]

    @property
    def stops(self) -> bool:
        """Whether it keeps a case from being opened at this moment."""
        return not self.free and bool(self.cases)


def packs_on_hand(shelf: Shelf, free: Mapping[int, int]) -> list[PackOnHand]:
    """Every pack, in ascending id."""
    drawing: dict[int, list[str]] = {pack_id: [] for pack_id in shelf.packs}
    for case in sorted(shelf.cases.values(), key=lambda case: case.id):
        if case.status is CaseStatus.ACTIVE:
            for pack_id in case.odds.pack_ids_with_tickets:
                drawing[pack_id].append(case.name)
    return [
        PackOnHand(pack, free.get(pack_id, 0), tuple(drawing[pack_id])) for pack_id, pack in sorted(shelf.packs.items())
    ]


def low_stock(shelf: Shelf, free: Mapping[int, int], under: int) -> list[PackOnHand]:
    """The packs with fewer than ``under`` free units that somebody could miss, those with the fewest first.

    An inactive pack that no case on sale can draw is missed by nobody.
    """
    low = [
        one
        for one in packs_on_hand(shelf, free)
        if one.free < under and (one.cases or one.pack.status is PackStatus.ACTIVE)
    ]
    return sorted(low, key=lambda one: (one.free, one.pack.id))

"""The shelf: all cases and packs as they stood at one version. Cases and packs meet here and only here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.pricing import measured_fee
from stickercase.domain.money import ton
from stickercase.domain.stock.packs import Pack


@dataclass(frozen=True)
class Shelf:
    """Everything on sale at one ``version`` of the catalogue; a change of any part makes a new version."""

    version: int
    cases: Mapping[str, Case]
    packs: Mapping[int, Pack]

    @cached_property
    def cases_of_pack(self) -> Mapping[int, tuple[tuple[str, float], ...]]:
        """By pack the active cases that hold it, with its chance in each. Made when it is first asked for."""
        found: dict[int, list[tuple[str, float]]] = {pack_id: [] for pack_id in self.packs}
        for case in sorted(self.cases.values(), key=lambda case: case.id):
            if case.status is CaseStatus.ACTIVE:
                for row in case.odds.rows:
                    found[row.pack_id].append((case.name, row.chance))
        return {pack_id: tuple(rows) for pack_id, rows in found.items()}

    def current_fee(self, case: Case) -> float:
        """The fee in percent that the case's odds leave at today's floors."""
        return fee_of(case, {row.pack_id: self.packs[row.pack_id].floor_nano for row in case.odds.rows})

    def status(self, case: Case, free: Mapping[int, int]) -> CaseStatus:
        """What players see: an active case is out of stickers while a pack it can draw has no free unit."""
        if case.status is CaseStatus.ACTIVE and not all(free.get(p) for p in case.odds.pack_ids_with_tickets):
            return CaseStatus.OUT_OF_STICKERS
        return case.status


def fee_of(case: Case, floors: Mapping[int, int]) -> float:
    """The fee in percent that the case's odds leave at these ``floors``, in nanotons by pack id."""
    rows = [(ton(floors[row.pack_id]), row.chance) for row in case.odds.rows]
    return measured_fee(ton(case.price_nano), rows)

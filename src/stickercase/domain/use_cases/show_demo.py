"""A demo opening: the same table, a throw-away seed; it moves no money, no unit and no nonce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.fairness import roll
from stickercase.domain.refusal import CaseInactive, NotFound, Refused
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.open_cases import GAME
from stickercase.domain.use_cases.shelf import Shelf

if TYPE_CHECKING:
    from stickercase.ports.seeds import Seeds


def show_demo(shelf: Shelf, seeds: Seeds, case_name: str) -> tuple[Case, Pack]:
    """The case and the pack that a demo opening shows. Works while the case is out of stickers.

    Raises :class:`Refused` with ``not_found`` or ``case_inactive``.
    """
    case = shelf.cases.get(case_name)
    if case is None:
        raise Refused(NotFound("case", case_name))
    if case.status is CaseStatus.INACTIVE:
        raise Refused(CaseInactive(case.name))
    rolled = roll(seeds.server_seed(), GAME, case.odds.table_id, seeds.client_seed(), 0)
    return case, shelf.packs[case.odds.rows[case.odds.drawn(rolled)].pack_id]

"""The ladder of offers: which free units a player may try to win for a bet. In docs/algorithms/upgrades.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stickercase.domain.upgrades.quotes import UPGRADE_FEE, Quote, quote

STEP = (593, 500)
"""Each offer is worth at least 593/500 = 1.186 times the one before."""

MAX_OFFERS = 30


@dataclass(frozen=True, slots=True)
class PricedUnit:
    """A unit with today's floor of its pack. ``doubt`` is why that floor is not to be relied on; None when it is."""

    unit_id: int
    pack_id: int
    number: int
    floor_nano: int
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One rung of the ladder: a free unit and the quote for it."""

    unit: PricedUnit
    quote: Quote


def ladder(bet_nano: int, free_units: Iterable[PricedUnit], fee: float = UPGRADE_FEE) -> tuple[Offer, ...]:
    """At most 30 offers by ascending floor: the first at least 1.5 times the bet, each next 1.186 times the last.

    Of units with equal floors the one with the lowest pack id, then the lowest number stands for all, so a pack is
    offered once; the lowest free unit of each pack is enough to know. Units in doubt are left out. The order of
    ``free_units`` makes no difference. Raises ValueError for a fee outside 0 ≤ fee < 1.
    """
    offers: list[Offer] = []
    for unit in sorted((u for u in free_units if u.doubt is None), key=_rank):
        if len(offers) == MAX_OFFERS:
            break
        if offers and not _is_next(offers[-1].unit.floor_nano, unit.floor_nano):
            continue
        offered = quote(bet_nano, unit.floor_nano, fee)
        if offered is not None:
            offers.append(Offer(unit, offered))
    return tuple(offers)


def _rank(unit: PricedUnit) -> tuple[int, int, int, int]:
    return unit.floor_nano, unit.pack_id, unit.number, unit.unit_id


def _is_next(last_nano: int, floor_nano: int) -> bool:
    times, of = STEP
    return of * floor_nano >= times * last_nano

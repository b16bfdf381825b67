"""Offer upgrades: the ladder of units that a player may try to win for a bet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stickercase.domain.refusal import InvalidRequest, ItemNotOwned, PriceUnreliable, Refused
from stickercase.domain.upgrades.decision import MAX_BET_UNITS
from stickercase.domain.upgrades.ladder import Offer, ladder
from stickercase.domain.use_cases.upgrade_unit import priced

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.reading import Offers


def offer_upgrades(
    offers: Offers, clock: Clock, fee: float, player_id: int, item_ids: Sequence[int]
) -> tuple[Offer, ...]:
    """The ladder for these items of the player, by ascending floor. Reserves nothing.

    Raises :class:`Refused`: ``invalid_request`` for no item, too many or one twice, ``item_not_owned``,
    ``price_unreliable``.
    """
    if not 1 <= len(item_ids) <= MAX_BET_UNITS or len(set(item_ids)) != len(item_ids):
        raise Refused(InvalidRequest("id", f"give 1 to {MAX_BET_UNITS} different items"))
    ground, now = offers.offer_ground(player_id, item_ids), clock.now()
    for item_id in item_ids:
        if item_id not in ground.items:
            raise Refused(ItemNotOwned(item_id))
    bet = [priced(ground.items[item_id], ground.floors, now) for item_id in item_ids]
    for unit in bet:
        if unit.doubt is not None:
            raise Refused(PriceUnreliable(unit.pack_id, unit.doubt))
    free = [priced(unit, ground.floors, now) for unit in ground.free]
    return ladder(sum(unit.floor_nano for unit in bet), free, fee)

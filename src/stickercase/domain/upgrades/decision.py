"""Whether an upgrade may happen, and how it ends: a pure function of the situation and the bet.

Whether it can be honoured is decided before the roll: a refusal takes no unit and no nonce.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stickercase.domain.fairness import DrawRecord, SeedPair, roll
from stickercase.domain.refusal import (
    InvalidRequest,
    ItemNotOwned,
    NotFound,
    PlayerBlocked,
    PriceUnreliable,
    QuoteExpired,
    Refusal,
)
from stickercase.domain.upgrades.ladder import PricedUnit
from stickercase.domain.upgrades.quotes import UPGRADE_FEE, Quote, quote

GAME = "upgrade"

MAX_BET_UNITS = 100
"""Units in one bet: as many rows as one player may lock at once."""

TARGET_TAKEN = "target_taken"
PRICE_MOVED = "price_moved"


@dataclass(frozen=True, slots=True)
class Bet:
    """A player's wish to upgrade the items ``item_ids`` to the unit ``target_unit_id``.

    ``table_id`` is that of the quote which the player was shown, where the player says so.
    """

    player_id: int
    item_ids: tuple[int, ...]
    target_unit_id: int
    table_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnedUnit:
    """An item: a unit and whose it is to give. ``owner_id`` is None while the unit is leaving."""

    owner_id: int | None
    unit: PricedUnit


@dataclass(frozen=True, slots=True)
class UpgradeSituation:
    """All that a bet needs to be decided, locked until the commit.

    ``items`` holds the bet's items by their ids; one that does not exist is missing. ``target`` is None when there
    is no such unit, ``target_free`` says whether it is in the stock. ``fee`` is a part of 1.
    """

    blocked: bool
    pair: SeedPair
    items: Mapping[int, OwnedUnit]
    target: PricedUnit | None
    target_free: bool
    fee: float = UPGRADE_FEE


@dataclass(frozen=True, slots=True)
class UpgradeDrawn:
    """An upgrade decided but not yet written: the bet's ``units`` return to the stock, the target is won or not.

    ``draw`` is the public record, its row 1 for a win and 2 for a loss; ``seed_number`` names the seed pair. It took
    the pair's nonce.
    """

    bet: Bet
    units: tuple[PricedUnit, ...]
    target: PricedUnit
    quote: Quote
    seed_number: int
    draw: DrawRecord

    @property
    def win(self) -> bool:
        """Whether the target is the player's now."""
        return self.draw.row == 1

    @property
    def value_nano(self) -> int:
        """What the history shows, in nanotons: value won minus value bet."""
        return (self.quote.target_nano if self.win else 0) - self.quote.bet_nano


def decide(situation: UpgradeSituation, bet: Bet) -> UpgradeDrawn | Refusal:
    """The end of an upgrade, or why there is none.

    The order of refusals is part of the contract: form, existence, blocked, items, target, prices, quote.
    """
    refusal = _malformed(bet) or _impossible(situation, bet)
    if refusal is not None:
        return refusal
    units = tuple(situation.items[item_id].unit for item_id in bet.item_ids)
    assert len({unit.unit_id for unit in units}) == len(units), "two items are one unit"
    assert situation.target is not None
    offered = _quoted(units, situation.target, situation.fee, bet.table_id)
    if isinstance(offered, Refusal):
        return offered
    draw = _draw(situation.pair, offered)
    return UpgradeDrawn(bet, units, situation.target, offered, situation.pair.number, draw)


def _malformed(bet: Bet) -> InvalidRequest | None:
    if not 1 <= len(bet.item_ids) <= MAX_BET_UNITS:
        return InvalidRequest("user_liq_ids", f"give 1 to {MAX_BET_UNITS} items at a time")
    if len(set(bet.item_ids)) != len(bet.item_ids):
        return InvalidRequest("user_liq_ids", "an item is given twice")
    return None


def _impossible(situation: UpgradeSituation, bet: Bet) -> Refusal | None:
    if situation.target is None:
        return NotFound("unit", str(bet.target_unit_id))
    assert situation.target.unit_id == bet.target_unit_id
    if situation.blocked:
        return PlayerBlocked()
    for item_id in bet.item_ids:
        item = situation.items.get(item_id)
        if item is None or item.owner_id != bet.player_id:
            return ItemNotOwned(item_id)
    return None if situation.target_free else QuoteExpired(TARGET_TAKEN, None)


def _quoted(
    units: tuple[PricedUnit, ...], target: PricedUnit, fee: float, shown: str | None
) -> Quote | PriceUnreliable | QuoteExpired:
    for unit in (*units, target):
        if unit.doubt is not None:
            return PriceUnreliable(unit.pack_id, unit.doubt)
    offered = quote(sum(unit.floor_nano for unit in units), target.floor_nano, fee)
    if offered is None:
        return QuoteExpired(PRICE_MOVED, None)
    return offered if shown in (None, offered.table_id) else QuoteExpired(PRICE_MOVED, offered.table_id)


def _draw(pair: SeedPair, offered: Quote) -> DrawRecord:
    rolled = roll(pair.server_seed, GAME, offered.table_id, pair.client_seed, pair.nonce)
    row = offered.drawn(rolled) + 1
    return DrawRecord(
        GAME,
        pair.server_seed_hash,
        None,
        pair.client_seed,
        pair.nonce,
        offered.table_id,
        offered.table,
        rolled,
        row,
    )

"""Sell a unit back to the house at its pack's floor, less the fee: the unit returns to the stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.ledger.accounts import SELLBACK, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import ItemNotOwned, PlayerBlocked, PriceChanged, Refusal, Refused
from stickercase.domain.stock.floors import Floor, price_refusal
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.seat_player import seat_player

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

WHOLE = 10**9
"""Fees are counted in parts of this, so that a price is computed in whole numbers."""


@dataclass(frozen=True, slots=True)
class SellUnit:
    """A player's wish to sell an item. ``price_nano`` is what the player was shown to get, where the player says so."""

    telegram_id: int
    item_id: int
    price_nano: int | None = None


@dataclass(frozen=True, slots=True)
class UnitSold:
    """A sale as it is recorded: ``floor_nano`` was the pack's floor, ``transfer`` paid the player."""

    sale_id: int
    player_id: int
    item_id: int
    unit: Unit
    floor_nano: int
    transfer: Transfer
    balance_nano: int
    at: datetime


def sale_price(floor_nano: int, fee: float) -> int:
    """What the house pays for a unit: the floor less ``fee`` (a part of 1), rounded down, but never nothing.

    Raises ValueError for a fee outside 0 ≤ fee < 1.
    """
    if not 0 <= fee < 1:
        raise ValueError("a sell fee is at least 0 and less than 1")
    return max(1, floor_nano * (WHOLE - round(fee * WHOLE)) // WHOLE)


def sell_unit(
    transactions: Transactions,
    clock: Clock,
    fee: float,
    caller: Caller,
    wish: SellUnit,
    render: Callable[[UnitSold], bytes],
) -> Answered:
    """Sell one item of a player's inventory; ``render`` gets the sale.

    Raises :class:`Refused`: ``idempotency_key_reused``, ``not_found`` (the player), ``player_blocked``,
    ``item_not_owned``, ``price_unreliable``, ``price_changed``, in this order.
    """
    at = clock.now()
    with transactions() as tx:
        player, balance_nano = seat_player(tx, wish.telegram_id)
        return once(tx, caller, at, lambda: render(_sell(tx, player, balance_nano, wish, fee, at)))


def decide(
    player: Player, wish: SellUnit, unit: Unit | None, floor: Floor | None, fee: float, now: datetime
) -> int | Refusal:
    """What the player gets in nanotons, or why there is no sale. ``unit`` is None when it is not the player's."""
    if player.blocked:
        return PlayerBlocked()
    if unit is None:
        return ItemNotOwned(wish.item_id)
    unreliable = price_refusal(unit.pack_id, floor, now)
    if unreliable is not None:
        return unreliable
    assert floor is not None, "a missing floor is not reliable"
    price_nano = sale_price(floor.price_nano, fee)
    return price_nano if wish.price_nano in (None, price_nano) else PriceChanged(price_nano)


def _sell(tx: Transaction, player: Player, balance_nano: int, wish: SellUnit, fee: float, at: datetime) -> UnitSold:
    unit = tx.inventory.items(player.id, [wish.item_id]).get(wish.item_id)
    if unit is not None:
        tx.stock.lock([unit.pack_id])
    floor = None if unit is None else tx.floors.floors([unit.pack_id]).get(unit.pack_id)
    decided = decide(player, wish, unit, floor, fee, at)
    if isinstance(decided, Refusal):
        raise Refused(decided)
    assert unit is not None
    assert floor is not None
    sale_id = tx.ledger.next_cause()
    transfer = Transfer(Reason.SALE, sale_id, SELLBACK, player_account(player.id), decided, at)
    sold = UnitSold(sale_id, player.id, wish.item_id, unit, floor.price_nano, transfer, balance_nano + decided, at)
    tx.inventory.end(player.id, [wish.item_id])
    tx.stock.put_back([unit])
    tx.ledger.post(transfer)
    tx.sales.record(sold)
    return sold

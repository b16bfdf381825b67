"""Deliver an item to its player's Telegram: it leaves the inventory at once, and a worker orders the gift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import Delivery, Stars, UnitGift
from stickercase.domain.gifts.refusals import NotDeliverable
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import ItemNotOwned, Refused
from stickercase.domain.stock.packs import Exit, Parcel, Way
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.seat_player import seat_player

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

DELIVER = "deliver_gift"
"""The kind of the task that orders a delivery and watches it to its end."""


@dataclass(frozen=True, slots=True)
class DeliverGift:
    """A player's wish to have an item; ``recipient`` is a Telegram username without ``@``."""

    telegram_id: int
    item_id: int
    recipient: str


ABOUT = "delivery:"


def subject_of(delivery_id: int) -> str:
    """What the task of a delivery is about, and the operators' log."""
    return f"{ABOUT}{delivery_id}"


def delivery_named(subject: str) -> int:
    """The delivery that a task is about."""
    return int(subject.removeprefix(ABOUT))


def way_out(parcel: Parcel) -> Way | None:
    """How a unit can be handed over; None when it can't be.

    A unit that lives on the chain would have to be transferred there: as a gift its owner would get another one.
    """
    if parcel.nft_address is not None:
        return None
    return None if parcel.gift_id is None else Way.GIFT


def deliver_gift(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    wish: DeliverGift,
    render: Callable[[Delivery], bytes],
) -> Answered:
    """Set the item on its way; ``render`` gets the delivery. A blocked player may have it, too.

    Raises :class:`Refused`: ``idempotency_key_reused``, ``not_found`` (the player), ``item_not_owned``,
    ``not_deliverable``, in this order.
    """
    at = clock.now()
    with transactions() as tx:
        player, _ = seat_player(tx, wish.telegram_id)
        return once(tx, caller, at, lambda: render(_requested(tx, player, wish, at)))


def order_stars(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    username: str,
    stars: Stars,
    render: Callable[[Delivery], bytes],
) -> Answered:
    """An operator gives stars to a Telegram username; logged. ``render`` gets the delivery.

    Raises :class:`Refused` with ``idempotency_key_reused``.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        delivery = Delivery(tx.ledger.next_cause(), stars, username, at)
        after = {"username": username, "stars": stars.stars, "reason": stars.reason}
        tx.operator_log.append(caller.name, "order_stars", subject_of(delivery.id), None, after, at)
        return render(_begun(tx, delivery, at))

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def _requested(tx: Transaction, player: Player, wish: DeliverGift, at: datetime) -> Delivery:
    unit = tx.inventory.items(player.id, [wish.item_id]).get(wish.item_id)
    if unit is None:
        raise Refused(ItemNotOwned(wish.item_id))
    parcel = tx.departures.parcel(unit.id)
    way = way_out(parcel)
    if way is None:
        raise Refused(NotDeliverable(wish.item_id))
    assert parcel.gift_id is not None
    goods = UnitGift(player.id, wish.item_id, unit.id, parcel.gift_id)
    delivery = Delivery(tx.ledger.next_cause(), goods, wish.recipient, at)
    tx.departures.leave(player.id, wish.item_id, Exit(way, delivery.id))
    return _begun(tx, delivery, at)


def _begun(tx: Transaction, delivery: Delivery, at: datetime) -> Delivery:
    tx.deliveries.add(delivery)
    tx.tasks.add(DELIVER, subject_of(delivery.id), {}, at, at)
    return delivery

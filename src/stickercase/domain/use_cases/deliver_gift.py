"""Deliver gifts: what is asked for is kept at once, and a worker orders it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import Delivery, Stars, UnitGift
from stickercase.domain.stock.packs import Exit, Way
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

DELIVER = "deliver_gift"
"""The kind of the task that orders a delivery and watches it to its end."""
ABOUT = "delivery:"


def subject_of(delivery_id: int) -> str:
    """What the task of a delivery is about, and the operators' log."""
    return f"{ABOUT}{delivery_id}"


def delivery_named(subject: str) -> int:
    """The delivery that a task is about."""
    return int(subject.removeprefix(ABOUT))


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


def begin_gift(tx: Transaction, goods: UnitGift, recipient: str, at: datetime) -> Delivery:
    """Let a unit go out as a gift: it leaves the inventory, and a worker is called. The account is locked before."""
    delivery = Delivery(tx.ledger.next_cause(), goods, recipient, at)
    tx.departures.leave(goods.player_id, goods.item_id, Exit(Way.GIFT, delivery.id))
    return _begun(tx, delivery, at)


def _begun(tx: Transaction, delivery: Delivery, at: datetime) -> Delivery:
    tx.deliveries.add(delivery)
    tx.tasks.add(DELIVER, subject_of(delivery.id), {}, at, at)
    return delivery

"""Settle a delivery: write down a step of it, and what that means for the item; and a person's word about one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import Delivery, Stage, Step, UnitGift, judged
from stickercase.domain.gifts.refusals import DeliveryMoved
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.stock.packs import Exit, Way
from stickercase.domain.use_cases.deliver_gift import subject_of
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def settle_delivery(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    delivery_id: int,
    delivered: bool,
    render: Callable[[Delivery], bytes],
) -> Answered:
    """An operator says that an unknown delivery arrived or did not, or takes back one that was not ordered; logged.

    ``render`` gets the delivery. Raises :class:`Refused`: ``idempotency_key_reused``, ``not_found``,
    ``delivery_moved``.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        known = held(tx, delivery_id)
        step = judged(known, at, delivered=delivered)
        if isinstance(step, DeliveryMoved):
            raise Refused(step)
        write_step(tx, known, step, at)
        before = {"stage": known.stage.value, "why": known.why}
        after: dict[str, object] = {"stage": step.after.stage.value}
        tx.operator_log.append(caller.name, "settle_delivery", subject_of(delivery_id), before, after, at)
        return render(step.after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def held(tx: Transaction, delivery_id: int) -> Delivery:
    """The delivery, locked behind its player's account. Raises :class:`Refused` with ``not_found``."""
    found = tx.deliveries.find(delivery_id)
    if found is None:
        raise Refused(NotFound("delivery", str(delivery_id)))
    if isinstance(found.goods, UnitGift):
        tx.ledger.balance(found.goods.player_id)
    known = tx.deliveries.lock(delivery_id)
    assert known is not None, "deliveries are never deleted"
    return known


def write_step(tx: Transaction, known: Delivery, step: Step, at: datetime) -> None:
    """Keep the step from ``known``, which is held; what ends takes its item out for good, or gives it back."""
    after = step.after
    if after == known:
        return
    tx.deliveries.write(after)
    if not isinstance(after.goods, UnitGift) or not after.stage.is_final:
        return
    player_id, item_id, way_out = after.goods.player_id, after.goods.item_id, Exit(Way.GIFT, after.id)
    if after.stage is Stage.DELIVERED:
        tx.departures.retire(player_id, item_id, way_out, at)
    else:
        tx.departures.come_back(player_id, item_id, way_out)

"""Pursue a delivery to its end: order it once, and ask the shop about it until it says how it ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import (
    Answer,
    Delivery,
    Pace,
    Stage,
    Step,
    UnitGift,
    abandoned,
    answered,
    begun,
    is_watched,
    next_look,
    not_reached,
    seen,
    unseen,
)
from stickercase.domain.gifts.pauses import Pause, Wait, after_answer, turn
from stickercase.domain.gifts.refusals import DeliveryMoved
from stickercase.domain.use_cases.deliver_gift import DELIVER, delivery_named, subject_of
from stickercase.domain.use_cases.settle_delivery import held, write_step
from stickercase.domain.use_cases.tasks import Again, Done, Task
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable, VendorUnavailable

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.gifts import Gifts
    from stickercase.ports.transactions import Transaction, Transactions

WOKEN = 1000
"""So many deliveries are due at once when a pause ends; the others ask by themselves before long."""

REPEATS = 2
"""So often is an answer written down again when the store did not take it: one connection may be dead."""


def pursue_delivery(transactions: Transactions, clock: Clock, gifts: Gifts, pace: Pace, task: Task) -> Done | Again:
    """One order or one look at the delivery that is the task's subject; no transaction is open meanwhile.

    An intention that is found without its answer was written by a worker that is gone, for the task's lease is longer
    than an order can take. Raises ``VendorUnavailable`` when the shop can't be reached: that is tried again, ever less
    often.
    """
    found = _taken_up(transactions, clock, pace, delivery_named(task.subject))
    if not isinstance(found, Delivery):
        return found
    if found.stage is Stage.ORDERING:
        return _order(transactions, clock, gifts, pace, found)
    return _look(transactions, clock, gifts, pace, found)


def wake(tx: Transaction, now: datetime) -> None:
    """Have the deliveries that wait for their order tried now: the pause is over."""
    for delivery_id in tx.deliveries.requested(WOKEN):
        tx.tasks.add(DELIVER, subject_of(delivery_id), {}, now, now)


def _taken_up(transactions: Transactions, clock: Clock, pace: Pace, delivery_id: int) -> Delivery | Done | Again:
    """What is to be ordered (its intention is written) or looked at; else how the attempt ends."""
    with transactions() as tx:
        known, now = held(tx, delivery_id), clock.now()
        if known.stage is Stage.REQUESTED:
            return _turn(tx, known, now, pace)
        if known.stage is Stage.ORDERING:
            step = abandoned(known)
            write_step(tx, known, step, now)
            _move_pause(tx, known, None, now, pace)
            return _told(step, now, pace)
        if is_watched(known, now):
            return known
        # Too old to be looked at: what nobody could look at before is a person's from now on.
        step = unseen(known, now)
        write_step(tx, known, step, now)
        return Done(step.alarm or known.stage.value, alarm=step.after.stage is Stage.UNKNOWN)


def _turn(tx: Transaction, known: Delivery, now: datetime, pace: Pace) -> Delivery | Again:
    pause = tx.delivery_pause.lock()
    taken = turn(pause, known.id, now, pace)
    if isinstance(taken, Wait):
        return Again(taken.until)
    if taken.pause != pause:
        tx.delivery_pause.write(taken.pause)
    intended = begun(known, now)
    assert not isinstance(intended, DeliveryMoved), "it was looked at behind its lock"
    tx.deliveries.write(intended)
    return intended


def _order(transactions: Transactions, clock: Clock, gifts: Gifts, pace: Pace, intended: Delivery) -> Done | Again:
    try:
        answer = _asked(gifts, intended)
    except VendorUnavailable:
        _answer(transactions, clock, pace, intended, None)
        raise
    for _ in range(REPEATS):
        try:
            return _answer(transactions, clock, pace, intended, answer)
        except (StoreUnavailable, OutcomeUnknown):
            # An answer that is not written down is lost: a person would have to find out what we were just told.
            continue
    return _answer(transactions, clock, pace, intended, answer)


def _asked(gifts: Gifts, intended: Delivery) -> Answer:
    if isinstance(intended.goods, UnitGift):
        return gifts.buy_gift(intended.recipient, intended.goods.gift_id)
    return gifts.buy_stars(intended.recipient, intended.goods.stars)


def _answer(
    transactions: Transactions, clock: Clock, pace: Pace, intended: Delivery, answer: Answer | None
) -> Done | Again:
    """Write down the answer; None: nobody was there to take the order."""
    with transactions() as tx:
        known, now = held(tx, intended.id), clock.now()
        order = intended.orders
        step = not_reached(known, order) if answer is None else answered(known, order, answer, now)
        write_step(tx, known, step, now)
        pause = _move_pause(tx, known, answer, now, pace)
        if known.stage is not Stage.ORDERING:
            # It came after the intention was given up: the task that would go on may have ended meanwhile.
            tx.tasks.add(DELIVER, subject_of(known.id), {}, now, now)
    if step.after.stage is Stage.REQUESTED and pause is not None and pause.retry_at is not None:
        return Again(pause.retry_at, step.alarm or "")
    return _told(step, now, pace)


def _move_pause(tx: Transaction, known: Delivery, answer: Answer | None, now: datetime, pace: Pace) -> Pause | None:
    """The pause after the answer, kept; the waiting are woken when it ends."""
    before = tx.delivery_pause.lock()
    after = after_answer(before, known.id, answer, now, pace)
    if after != before:
        tx.delivery_pause.write(after)
        if after is None:
            wake(tx, now)
    return after


def _look(transactions: Transactions, clock: Clock, gifts: Gifts, pace: Pace, watched: Delivery) -> Done | Again:
    assert watched.queue_id is not None, "what is watched has a number"
    try:
        state = gifts.status(watched.queue_id)
    except VendorUnavailable:
        _stepped(transactions, clock, watched.id, unseen)
        raise
    step, now = _stepped(transactions, clock, watched.id, lambda known, now: seen(known, state, now))
    return _told(step, now, pace)


def _stepped(
    transactions: Transactions, clock: Clock, delivery_id: int, move: Callable[[Delivery, datetime], Step]
) -> tuple[Step, datetime]:
    with transactions() as tx:
        known, now = held(tx, delivery_id), clock.now()
        step = move(known, now)
        write_step(tx, known, step, now)
    return step, now


def _told(step: Step, now: datetime, pace: Pace) -> Done | Again:
    """How the attempt ended, for whoever performs the task."""
    after, alarm = step.after, step.alarm or ""
    if after.stage is Stage.REQUESTED:
        return Again(now + pace.first_look, alarm)
    if is_watched(after, now):
        return Again(next_look(after, now, pace), alarm)
    return Done(alarm or after.stage.value, alarm=bool(alarm))

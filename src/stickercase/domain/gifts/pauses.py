"""The pause of all deliveries: no orders while the house's account at the shop is at fault, but one trial at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from stickercase.domain.gifts.deliveries import BY_OPERATOR, Answer, Pace
from stickercase.domain.gifts.orders import OURS_TO_MEND, NotOrdered, Ordered, StarsBought


@dataclass(frozen=True, slots=True)
class Pause:
    """No orders since ``since``. ``why`` is a code of :class:`OrderTrouble`, or ``operator``; ``text`` is for people.

    From ``retry_at`` on one delivery may try: ``trial_id``, which was told so at ``trial_at``. None: a person has to
    resume. ``failures`` counts what the shop refused for this reason.
    """

    since: datetime
    why: str
    text: str
    retry_at: datetime | None
    failures: int = 1
    trial_id: int | None = None
    trial_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The delivery may order. ``pause`` is to be kept: it says so to all others, where there is one."""

    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Wait:
    """The delivery has to wait; it asks again at ``until``."""

    until: datetime


def turn(pause: Pause | None, delivery_id: int, now: datetime, pace: Pace) -> Turn | Wait:
    """Whether a delivery may order now."""
    if pause is None:
        return Turn(None)
    if pause.retry_at is None:
        return Wait(now + pace.longest_retry)
    if now < pause.retry_at:
        return Wait(pause.retry_at)
    trial_ends = None if pause.trial_at is None else pause.trial_at + pace.trial
    if pause.trial_id not in (None, delivery_id) and trial_ends is not None and now < trial_ends:
        return Wait(trial_ends)
    return Turn(replace(pause, trial_id=delivery_id, trial_at=now))


def after_answer(
    pause: Pause | None, delivery_id: int, answer: Answer | None, now: datetime, pace: Pace
) -> Pause | None:
    """The pause after an order was answered; ``answer`` is None when the shop was not reached or a worker died.

    An order that the shop took ends the pause if it was the trial. Others were on their way when the pause began.
    """
    if isinstance(answer, NotOrdered) and answer.why in OURS_TO_MEND:
        return _troubled(pause, delivery_id, answer, now, pace)
    if pause is None or pause.trial_id != delivery_id:
        return pause
    if isinstance(answer, Ordered | StarsBought):
        return None
    free = replace(pause, trial_id=None, trial_at=None)
    # A refusal that is the recipient's says nothing of the house: the next one may try at once.
    return free if isinstance(answer, NotOrdered) else replace(free, retry_at=now + pace.first_retry)


def paused(pause: Pause | None, reason: str, now: datetime) -> Pause:
    """The pause that an operator has ordered: it lasts until one resumes."""
    return Pause(now if pause is None else pause.since, BY_OPERATOR, reason, None)


def _troubled(pause: Pause | None, delivery_id: int, answer: NotOrdered, now: datetime, pace: Pace) -> Pause:
    if pause is None:
        return Pause(now, answer.why.value, answer.text, now + pace.first_retry)
    if pause.trial_id != delivery_id:
        return pause
    wait = min(pace.first_retry * (1 << min(pause.failures, 20)), pace.longest_retry)
    return Pause(pause.since, answer.why.value, answer.text, now + wait, pause.failures + 1)

"""Deliveries: the stages from a wish to a gift in somebody's Telegram, or back, each at most once.

The shop's orders have no idempotency key. So the intention to order is written *before* the order is sent, and an
intention that was found without its answer is never sent again: a person decides. In words: docs/deliveries.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from stickercase.domain.gifts.orders import (
    LEAST_STARS,
    OURS_TO_MEND,
    GiftState,
    GiftStatus,
    NotOrdered,
    Ordered,
    OrderTrouble,
    StarsBought,
    Unknown,
)
from stickercase.domain.gifts.refusals import DeliveryMoved

OVERDUE = timedelta(hours=26)
"""The shop gives a gift up after a day. What it has not ended two hours later, it has forgotten or kept back."""

WATCHED = timedelta(hours=72)
"""So long after its order is a delivery looked at, if its number is known."""

USERNAME = re.compile("[A-Za-z0-9_]{5,32}")
"""A Telegram username without ``@``, as people choose them."""

Answer = Ordered | NotOrdered | Unknown | StarsBought
"""What the shop said to an order."""


class Stage(Enum):
    """Where a delivery is. The last two are final; an unknown one waits for a person, or for a look at its number."""

    REQUESTED = "requested"
    ORDERING = "ordering"
    ORDERED = "ordered"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    RETURNED = "returned"

    @property
    def is_final(self) -> bool:
        """Whether it stays like this."""
        return self in (Stage.DELIVERED, Stage.RETURNED)


class Doubt(Enum):
    """Why nobody can say how a delivery ended. The value is a stable code."""

    ANSWER_LOST = "answer_lost"
    WORKER_DIED = "worker_died"
    NOT_FOUND = "not_found"
    OVERDUE = "overdue"


BY_OPERATOR = "operator"
"""Why a delivery was returned that an operator has ended."""


@dataclass(frozen=True, slots=True)
class UnitGift:
    """A unit of a player's inventory, handed over as the Telegram gift ``gift_id``."""

    player_id: int
    item_id: int
    unit_id: int
    gift_id: str


@dataclass(frozen=True, slots=True)
class Stars:
    """So many Telegram Stars that an operator gives, and why. ValueError for fewer than the shop sells."""

    stars: int
    reason: str

    def __post_init__(self) -> None:
        if self.stars < LEAST_STARS:
            raise ValueError(f"at least {LEAST_STARS} stars are bought at once")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is on its way to ``recipient``, a Telegram username without ``@``.

    ``orders`` counts the intentions that were written, the last one at ``began_at``; ``queue_id`` is the number that
    the shop gave. ``why`` is a code (of :class:`OrderTrouble`, :class:`Doubt`, a status of the shop in small letters,
    or ``operator``), ``text`` what was said, for operators.
    """

    id: int
    goods: UnitGift | Stars
    recipient: str
    requested_at: datetime
    stage: Stage = Stage.REQUESTED
    orders: int = 0
    began_at: datetime | None = None
    queue_id: int | None = None
    ended_at: datetime | None = None
    why: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What an event does. ``alarm`` is one sentence for an operator, where there is reason for one."""

    after: Delivery
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at and tried again, each growing from the first to the longest.

    ``look``: between two questions after a gift. ``retry``: between two trial orders while deliveries are paused; a
    trial of which nothing is heard for ``trial`` makes room for another.
    """

    first_look: timedelta = timedelta(seconds=30)
    longest_look: timedelta = timedelta(minutes=10)
    first_retry: timedelta = timedelta(minutes=5)
    longest_retry: timedelta = timedelta(hours=1)
    trial: timedelta = timedelta(minutes=5)


def begun(known: Delivery, now: datetime) -> Delivery | DeliveryMoved:
    """The intention to order, to be written before the order is sent. Of two workers at once the second is refused."""
    if known.stage is not Stage.REQUESTED:
        return DeliveryMoved(known.stage.value)
    return replace(known, stage=Stage.ORDERING, orders=known.orders + 1, began_at=now)


def answered(known: Delivery, order: int, answer: Answer, now: datetime) -> Step:
    """Take in what the shop said to the intention number ``order``.

    An answer that comes after the intention was given up still counts, as long as nobody has decided otherwise. The
    same answer once more changes nothing.
    """
    if not _awaits(known, order):
        return Step(known, _contradiction(known, answer))
    match answer:
        case Ordered(queue_id):
            return Step(replace(known, stage=Stage.ORDERED, queue_id=queue_id, why="", text=""))
        case StarsBought():
            return Step(_ended(known, Stage.DELIVERED, now))
        case Unknown(why):
            return _doubted(known, Doubt.ANSWER_LOST, why)
        case NotOrdered(why=why) if why in OURS_TO_MEND:
            return Step(replace(known, stage=Stage.REQUESTED, why="", text=""), answer.alarm or answer.text)
        case NotOrdered(why, text):
            alarm = f"the shop refused delivery {known.id}: {text}" if why is OrderTrouble.OTHER else None
            return Step(_ended(known, Stage.RETURNED, now, why.value, text), alarm)


def not_reached(known: Delivery, order: int) -> Step:
    """Nobody was there to take the order, so it can be sent again."""
    if not _awaits(known, order):
        return Step(known)
    return Step(replace(known, stage=Stage.REQUESTED, why="", text=""))


def abandoned(known: Delivery) -> Step:
    """Whoever had written the intention is gone: nobody can say whether the order was sent."""
    if known.stage is not Stage.ORDERING:
        return Step(known)
    return _doubted(known, Doubt.WORKER_DIED, "the worker died between the order and its answer")


def seen(known: Delivery, state: GiftState, now: datetime) -> Step:
    """Take in how far the shop says that the order is. Late and repeated looks change nothing."""
    if not is_watched(known, now):
        return Step(known)
    match state.status:
        case GiftStatus.SENT:
            return Step(_ended(known, Stage.DELIVERED, now))
        case GiftStatus.FAILED | GiftStatus.EXPIRED:
            return Step(_ended(known, Stage.RETURNED, now, state.status.value.lower(), state.text))
        case GiftStatus.NOT_FOUND:
            return _doubted(known, Doubt.NOT_FOUND, state.text)
    if _is_overdue(known, now):
        return _doubted(known, Doubt.OVERDUE, state.text)
    return Step(replace(known, stage=Stage.ORDERED, why="", text=""))


def unseen(known: Delivery, now: datetime) -> Step:
    """The shop could not be asked: after a day and more a person may decide."""
    if known.stage is Stage.ORDERED and _is_overdue(known, now):
        return _doubted(known, Doubt.OVERDUE, "the shop could not be asked")
    return Step(known)


def judged(known: Delivery, now: datetime, *, delivered: bool) -> Step | DeliveryMoved:
    """A person says how it ended. What was not ordered at all can be returned too."""
    possible = (Stage.UNKNOWN,) if delivered else (Stage.UNKNOWN, Stage.REQUESTED)
    if known.stage not in possible:
        return DeliveryMoved(known.stage.value)
    if delivered:
        return Step(_ended(known, Stage.DELIVERED, now, BY_OPERATOR))
    return Step(_ended(known, Stage.RETURNED, now, BY_OPERATOR, known.text))


def is_watched(known: Delivery, now: datetime) -> bool:
    """Whether a look at its number at the shop can still tell something."""
    is_open = known.stage in (Stage.ORDERED, Stage.UNKNOWN) and known.queue_id is not None
    return is_open and now < _began(known) + WATCHED


def next_look(known: Delivery, now: datetime, pace: Pace) -> datetime:
    """When to ask the shop again: after half of the time that has passed since the order, within the bounds."""
    return now + min(max((now - _began(known)) / 2, pace.first_look), pace.longest_look)


def _awaits(known: Delivery, order: int) -> bool:
    """Whether the answer to that intention is what is missing."""
    is_open = known.stage is Stage.ORDERING or (known.stage is Stage.UNKNOWN and known.queue_id is None)
    return is_open and known.orders == order


def _contradiction(known: Delivery, answer: Answer) -> str | None:
    """What is to be said of an answer that moves nothing, unless it is the one that was written down before."""
    if not isinstance(answer, Ordered | StarsBought):
        return None
    if isinstance(answer, Ordered) and answer.queue_id == known.queue_id:
        return None
    if isinstance(answer, StarsBought) and (known.stage, known.why) == (Stage.DELIVERED, ""):
        return None
    number = f" as number {answer.queue_id}" if isinstance(answer, Ordered) else ""
    return f"the shop took delivery {known.id}{number} after it was {known.stage.value}"


def _doubted(known: Delivery, doubt: Doubt, text: str) -> Step:
    after = replace(known, stage=Stage.UNKNOWN, why=doubt.value, text=text)
    alarm = f"nobody can say whether delivery {known.id} arrived ({doubt.value})"
    return Step(after, None if (known.stage, known.why) == (Stage.UNKNOWN, doubt.value) else alarm)


def _ended(known: Delivery, stage: Stage, now: datetime, why: str = "", text: str = "") -> Delivery:
    return replace(known, stage=stage, ended_at=now, why=why, text=text)


def _is_overdue(known: Delivery, now: datetime) -> bool:
    return now >= _began(known) + OVERDUE


def _began(known: Delivery) -> datetime:
    assert known.began_at is not None, "what has a number was ordered"
    return known.began_at

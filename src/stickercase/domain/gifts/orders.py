"""Orders at the gift shop: what may come of one. Source: the shop's document, docs/outside-services.md."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

LEAST_STARS = 50
"""The shop sells no fewer stars at once."""


class OrderTrouble(Enum):
    """Why the shop did not take an order. The value is a stable code."""

    BAD_TOKEN = "bad_token"  # noqa: S105 - a code and no secret
    HOUSE_BALANCE_TOO_LOW = "house_balance_too_low"
    UNKNOWN_USERNAME = "unknown_username"
    PAID_MESSAGES = "paid_messages"
    MUST_WRITE_FIRST = "must_write_first"
    PURCHASE_FAILED = "purchase_failed"
    OTHER = "other"


OURS_TO_MEND = frozenset({OrderTrouble.BAD_TOKEN, OrderTrouble.HOUSE_BALANCE_TOO_LOW})
"""Troubles that an operator has to end, and which no player can help."""


class GiftStatus(Enum):
    """How far an order is. The value is the shop's word; the last four are final."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SENT = "SENT"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    NOT_FOUND = "NOT_FOUND"

    @property
    def is_final(self) -> bool:
        """Whether it stays like this. ``NOT_FOUND``: the shop forgets orders, and does not say how they ended."""
        return self not in (GiftStatus.PENDING, GiftStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The shop took the order, and will deliver within a day or fail. ``queue_id`` is its number there."""

    queue_id: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What the house has at the shop and what the order costs, in a unit that the shop does not name."""

    balance: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class NotOrdered:
    """The shop took nothing. ``text`` is what it said, for people; ``shortfall`` when it said that too.

    ``alarm`` is one sentence for an operator when it is the house that has to act.
    """

    why: OrderTrouble
    text: str
    shortfall: Shortfall | None = None
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether the shop took the order; ``why`` says what was seen. Never order again blindly."""

    why: str


@dataclass(frozen=True, slots=True)
class StarsBought:
    """The stars are with their recipient. ``cost_kopeks`` and ``cost_nano`` (nanotons) as far as the shop says."""

    stars: int
    cost_kopeks: int | None = None
    cost_nano: int | None = None


@dataclass(frozen=True, slots=True)
class GiftState:
    """How far an order is, in the shop's own words as well; ``attempts`` counts its tries to send it."""

    status: GiftStatus
    text: str = ""
    attempts: int = 0

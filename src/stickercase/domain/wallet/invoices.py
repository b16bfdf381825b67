"""Invoices: what the payment provider says of them, and what is to be credited for it. Amounts in nanotons.

The provider tells no transaction, only totals, and tells them late, twice and out of order. So what is credited is
the difference between the greatest total that was ever seen and what has been credited before: the order of the
sightings makes no difference, and a repeated one credits nothing. Source of the shapes: docs.tonconsole.com.
In words: docs/wallet.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from stickercase.domain.money import MAX_UNITS
from stickercase.domain.wallet.refusals import DepositTooSmall

MILLISECONDS_ABOVE = 10**11
"""A date above this is in milliseconds: in seconds it would be the year 5138."""

WATCHED_AFTER_EXPIRY = timedelta(days=7)
"""How long after its expiry an invoice is still looked at: late money arrives, and counts."""

NANOTONS = re.compile(r"[0-9]{1,19}")
LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""


class BadSighting(ValueError):
    """What the provider says makes no sense; the message says why, in one sentence."""


class InvoiceStatus(Enum):
    """The value is the provider's word. ``PENDING`` is open; the others are final."""

    PENDING = "pending"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PAID = "paid"


RANK = {status: rank for rank, status in enumerate(InvoiceStatus)}
"""Of two sightings in doubtful order the later in this list is believed: nothing becomes pending again."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the provider says of one invoice at one moment.

    ``overpayment_nano`` is what came above the amount; for an expired or cancelled invoice it is the whole payment.
    """

    invoice_id: str
    status: InvoiceStatus
    amount_nano: int
    overpayment_nano: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.amount_nano <= MAX_UNITS and 0 <= self.overpayment_nano <= MAX_UNITS):
            raise BadSighting("an amount is between 0 and 10^18 nanotons")


@dataclass(frozen=True, slots=True)
class Invoice:
    """A request for a deposit, and what has come of it. ``id`` is the provider's.

    ``credited_nano`` is what the player has been given for it so far; it never falls.
    """

    id: str
    player_id: int
    amount_nano: int
    created_at: datetime
    expires_at: datetime
    status: InvoiceStatus = InvoiceStatus.PENDING
    credited_nano: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be paid; a player has at most one such."""
        return self.status is InvoiceStatus.PENDING and now < self.expires_at

    def is_watched(self, now: datetime) -> bool:
        """Whether the provider is still asked about it: until seven days after its expiry, whatever its status."""
        return now <= self.expires_at + WATCHED_AFTER_EXPIRY


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one sighting does: ``credit_nano`` goes to the player now, ``after`` is written with it.

    ``alarm`` is one sentence for an operator when the provider contradicts itself; nothing is then credited.
    """

    credit_nano: int
    after: Invoice
    alarm: str | None = None


def credited_total(sighting: Sighting) -> int:
    """All that is owed to the player by this sighting: the amount if it is paid, and the overpayment always."""
    paid = sighting.amount_nano if sighting.status is InvoiceStatus.PAID else 0
    return paid + sighting.overpayment_nano


def settle(known: Invoice, seen: Sighting) -> Settlement:
    """What to credit now for what was seen. Monotone, idempotent, and the same in any order of the sightings.

    A total below what was credited takes nothing back: it is an old sighting, which can't be told from a wrong one.
    """
    if seen.invoice_id != known.id:
        raise ValueError("a sighting of another invoice")
    if seen.amount_nano != known.amount_nano:
        alarm = f"the provider says {seen.amount_nano} nanotons where the invoice was made for {known.amount_nano}"
        return Settlement(0, known, alarm)
    total = max(known.credited_nano, credited_total(seen))
    status = max(known.status, seen.status, key=RANK.__getitem__)
    return Settlement(total - known.credited_nano, replace(known, status=status, credited_nano=total))


def invoice_amount(wished_nano: int | None, least_nano: int) -> int | DepositTooSmall:
    """What an invoice is made for: the wish, or the least deposit. It is a floor: more may be paid, and counts."""
    if wished_nano is None:
        return least_nano
    return wished_nano if wished_nano >= least_nano else DepositTooSmall(least_nano)


def nanotons(text: str) -> int:
    """The provider's text of nanotons, e.g. ``"1000000000"``. Raises :class:`BadSighting`."""
    if not NANOTONS.fullmatch(text) or int(text) > MAX_UNITS:
        raise BadSighting("an amount is a text of digits, at most 10^18 nanotons")
    return int(text)


def moment(value: float) -> datetime:
    """The provider's date, in seconds or, above 10^11, in milliseconds. Raises :class:`BadSighting`."""
    if isinstance(value, bool) or not 0 <= value <= LAST_SECOND * 1000:  # NaN fails every comparison
        raise BadSighting("a date is a number of seconds or milliseconds since 1970")
    if value > MILLISECONDS_ABOVE:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=value)
    return datetime.fromtimestamp(value, UTC)

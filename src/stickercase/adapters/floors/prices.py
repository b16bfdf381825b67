"""A price as a feed writes it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from stickercase.domain.money import MAX_UNITS, NANO

DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN)


class NoPrice(ValueError):
    """The number is no price; the message says why."""


def price_nano(ton: Decimal) -> int:
    """Nanotons of a price in TON, rounded half to even: feeds compute in floats. Raises :class:`NoPrice`."""
    if not (ton.is_finite() and 0 < ton <= MAX_UNITS // NANO):
        raise NoPrice("a price is more than 0 and at most 10^9 TON")
    nano = int(DIGITS.to_integral_value(DIGITS.multiply(ton, Decimal(NANO))))
    if nano == 0:
        raise NoPrice("the price is less than a nanoton")
    return nano

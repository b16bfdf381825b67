"""Amounts of money: whole numbers of an asset's smallest unit. No float ever holds money.

Inside the code a name ending in ``_nano`` is a whole number of nanotons (10^-9 TON); :class:`Money` is used
where several assets meet (the ledger), and refuses to mix them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

NANO = 10**9
"""Nanotons in one TON."""

MAX_UNITS = 10**18
"""No single amount may exceed this many smallest units; beyond it is a mistake or an attack."""

# Plain ASCII decimal notation: Decimal itself would also take underscores, spaces and other scripts' digits.
WRITTEN = re.compile(r"[+-]?(NaN|Infinity|[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?)")

MAX_DIGITS = 64
"""Longer texts are no amounts; without a bound their conversion would cost quadratic time."""


class Asset(Enum):
    """What an amount is counted in. The value is the asset's code on the wire and in the database."""

    TON = "TON"
    RUB = "RUB"
    XTR = "XTR"

    @property
    def decimals(self) -> int:
        """Decimal places between the asset and its smallest unit: nanotons 9, kopeks 2, stars 0."""
        return {"TON": 9, "RUB": 2, "XTR": 0}[self.value]


class BadAmount(ValueError):
    """The text or number is not an amount of money; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``units`` smallest units of ``asset``; may be negative (a difference). Adding two assets is a TypeError."""

    units: int
    asset: Asset = Asset.TON

    def __add__(self, other: Money) -> Money:
        return Money(self.units + self._units_of(other), self.asset)

    def __sub__(self, other: Money) -> Money:
        return Money(self.units - self._units_of(other), self.asset)

    def __neg__(self) -> Money:
        return Money(-self.units, self.asset)

    def _units_of(self, other: Money) -> int:
        if not isinstance(other, Money) or other.asset is not self.asset:
            raise TypeError(f"an amount of {self.asset.value} does not add up with {other!r}")
        return other.units


def parse_amount(value: str | int | float | Decimal, asset: Asset = Asset.TON, *, signed: bool = False) -> int:
    """Smallest units of ``value`` counted in whole assets, e.g. ``"7.5"`` TON → 7_500_000_000 nanotons.

    A JSON number arrives as the float nearest to what was written; its shortest decimal form is what was meant.
    Raises :class:`BadAmount` for more decimals than the asset has, NaN, infinity, a negative amount (unless
    ``signed``) and anything above 10^18 smallest units.
    """
    if isinstance(value, bool):
        raise BadAmount("an amount is a number, not true or false")
    if isinstance(value, str) and not WRITTEN.fullmatch(value):
        raise BadAmount("an amount is a decimal number such as 7.5")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError, TypeError) as error:
        raise BadAmount("an amount is a decimal number such as 7.5") from error
    if not number.is_finite():
        raise BadAmount("an amount is a finite number")
    if number < 0 and not signed:
        raise BadAmount("an amount is not negative")
    if number.adjusted() > 18:
        raise BadAmount("an amount is at most 10^18 smallest units")
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise BadAmount(f"an amount is written with at most {MAX_DIGITS} digits")
    return _whole_units(number, asset)


def _whole_units(number: Decimal, asset: Asset) -> int:
    _, digits, exponent = number.as_tuple()
    shift = int(exponent) + asset.decimals
    # Arithmetic on the digits themselves: Decimal operations round to the ambient precision.
    units = int("".join(map(str, digits)) or "0")
    scale: int = 10 ** min(abs(shift), len(digits) + 1 if shift < 0 else shift)
    whole, rest = (units * scale, 0) if shift >= 0 else divmod(units, scale)
    if rest:
        raise BadAmount(f"an amount of {asset.value} has at most {asset.decimals} decimals")
    if whole > MAX_UNITS:
        raise BadAmount("an amount is at most 10^18 smallest units")
    return -whole if number < 0 else whole


def ton(amount_nano: int) -> float:
    """The JSON number for an amount: the double nearest to it in TON. For the wire and for ``fee`` only."""
    return amount_nano / NANO


def ton_text(amount_nano: int, decimals: int = 3) -> str:
    """The amount in TON with a fixed number of decimals, half to even, e.g. ``"18900.000"``."""
    return f"{Decimal(amount_nano).scaleb(-9):.{decimals}f}"

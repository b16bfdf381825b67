"""What a case can cost the house: computed from its odds table, not sampled. docs/algorithms/risk.md says it in words.

Amounts are numbers of TON of any exact kind: int, float, Decimal or Fraction, each taken for precisely what it is. The
chances become tickets as in every draw, so what is measured is what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import exp, expm1, fsum, inf, isfinite, lcm, log, sqrt

from stickercase.domain.fairness import GRID, ticket_widths
from stickercase.domain.money import BadAmount

Ton = int | float | Decimal | Fraction
"""An amount in TON, exactly."""

MAX_STEPS = 200
"""Newton needs about 40 steps down an exponential and one for each halving near the origin; rounding ends it before."""

SERIES_BELOW = 0.5
"""Where ``exp(y) − 1 − y`` is summed as a series: above it the subtraction loses two bits at most."""


class Verdict(Enum):
    """What awaits a house that offers the case for ever."""

    IMPOSSIBLE = "ruin impossible"
    BOUNDED = "ruin bounded"
    CERTAIN = "ruin certain"


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk of one case at one price. Amounts in TON per opening.

    ``largest_liability`` is what the dearest drop costs beyond the price; below zero when no drop does.
    ``lundberg_exponent`` is per TON, and None unless the verdict is ``BOUNDED``.
    """

    return_to_player: float
    hit_rate: float
    standard_deviation: float
    largest_liability: float
    lundberg_exponent: float | None
    verdict: Verdict

    def ruin_probability_bound(self, bankroll: float) -> float:
        """At most how likely a bankroll of so many TON is ever ruined: ``exp(−R·bankroll)`` (Lundberg's inequality).

        Far from tight when one prize dwarfs the price: the truth may be as low as :meth:`ruin_probability_at_least`.
        Raises ValueError for a negative bankroll.
        """
        return self._ruin_probability(bankroll, 0.0)

    def ruin_probability_at_least(self, bankroll: float) -> float:
        """At least how likely a bankroll of so many TON is ruined: ``exp(−R·(bankroll + largest liability))``.

        The last opening before the ruin takes the bankroll at most the largest liability below zero; see
        Asmussen & Albrecher, Ruin Probabilities, III.5. Raises ValueError for a negative bankroll.
        """
        return self._ruin_probability(bankroll, self.largest_liability)

    def bankroll_for(self, probability: float) -> float:
        """The bankroll in TON that is ruined with at most this probability (above 0, at most 1), by the bound.

        Zero where ruin is impossible, infinite where it is certain. Raises ValueError for another probability.
        """
        if not 0 < probability <= 1:
            raise ValueError("a probability of ruin to plan for lies above 0 and is at most 1")
        if self.verdict is Verdict.IMPOSSIBLE or probability == 1:
            return 0.0
        return inf if self.lundberg_exponent is None else -log(probability) / self.lundberg_exponent

    def _ruin_probability(self, bankroll: float, beyond: float) -> float:
        if not bankroll >= 0:  # NaN fails every comparison
            raise ValueError("a bankroll is not negative")
        if self.lundberg_exponent is None:
            return 1.0 if self.verdict is Verdict.CERTAIN else 0.0
        return exp(-self.lundberg_exponent * (bankroll + beyond))


def measure_risk(price: Ton, rows: Iterable[tuple[Ton, float]]) -> Risk:
    """The risk of a case of this price with these ``(floor, chance)`` rows.

    For the tickets of an odds table give the chances ``tickets / 2^53``, which a double holds exactly. Rows without
    a ticket do not count. Raises :class:`BadAmount` for a price that is not above 0 or an amount that is negative or
    not finite, and :class:`~stickercase.domain.fairness.BadOdds` for chances that make no table.
    """
    pairs = [(_exact(floor), chance) for floor, chance in rows]
    paid = _exact(price)
    if not paid:
        raise BadAmount("the price of a case is above 0")
    widths = ticket_widths([chance for _, chance in pairs])
    return _measured(paid, [(floor, width) for (floor, _), width in zip(pairs, widths, strict=True) if width])


def _exact(amount: Ton) -> Fraction:
    if not (isfinite(amount) and amount >= 0):
        raise BadAmount("an amount is a finite number and not negative")
    return Fraction(amount)


def _measured(price: Fraction, rows: list[tuple[Fraction, int]]) -> Risk:
    """Whole numbers throughout: Python divides them with a single rounding, so every figure is the nearest double."""
    unit = lcm(price.denominator, *(floor.denominator for floor, _ in rows))
    paid = int(price * unit)
    losses = [(int(floor * unit) - paid, width) for floor, width in rows]
    drift = sum(loss * width for loss, width in losses)
    squares = sum(loss * loss * width for loss, width in losses)
    liability = max(loss for loss, _ in losses)
    verdict = Verdict.IMPOSSIBLE if liability <= 0 else Verdict.CERTAIN if drift >= 0 else Verdict.BOUNDED
    return Risk(
        return_to_player=(paid * GRID + drift) / (paid * GRID),
        hit_rate=sum(width for loss, width in losses if loss >= 0) / GRID,
        standard_deviation=sqrt((GRID * squares - drift * drift) / (GRID * unit) ** 2),
        largest_liability=liability / unit,
        lundberg_exponent=_lundberg(paid, unit, losses, drift) if verdict is Verdict.BOUNDED else None,
        verdict=verdict,
    )


def _lundberg(paid: int, unit: int, losses: list[tuple[int, int]], drift: int) -> float:
    """The exponent per TON; solved for losses in prices, so that no amount is too large or too small for a double."""
    scaled = [(loss / paid, width / GRID) for loss, width in losses]
    return _positive_root(scaled, -drift / (paid * GRID)) * (unit / paid)


def _positive_root(rows: list[tuple[float, float]], margin: float) -> float:
    """The ``r`` > 0 with ``Σ p·exp(r·x) = 1`` over ``(x, p)`` rows of mean ``−margin`` < 0, some ``x`` > 0.

    The sum is convex in r, so Newton's iteration from the right of the root comes down to it without ever passing it:
    no bracket to keep, and each step is a bisection at worst. It starts at the smaller of two upper bounds: no single
    term may exceed 1 (hence no exp overflows: its argument is at most ln 2^53), and ``exp(y) − 1 − y ≥ y²/2``.
    """
    gains = [(x, p) for x, p in rows if x > 0]
    r = min(*(-log(p) / x for x, p in gains), 2 * margin / fsum(p * x * x for x, p in gains))
    for _ in range(MAX_STEPS):
        slope = fsum(p * x * expm1(r * x) for x, p in rows) - margin
        below = r - _excess(rows, margin, r) / slope
        if not below < r:
            break
        r = below
    return r


def _excess(rows: list[tuple[float, float]], margin: float, r: float) -> float:
    """``Σ p·exp(r·x) − 1``, by whichever of two differences of sums of one sign cancels less.

    Near the origin that is ``Σ p·(exp(y) − 1 − y)`` over ``r·margin``, with y = r·x; far from it the rows that cost
    over the rows that earn.
    """
    costs = fsum(p * expm1(r * x) for x, p in rows if x > 0)
    if r * margin < costs:
        return fsum(p * _beyond_linear(r * x) for x, p in rows) - r * margin
    return costs + fsum(p * expm1(r * x) for x, p in rows if x < 0)


def _beyond_linear(y: float) -> float:
    """``exp(y) − 1 − y`` to full relative accuracy."""
    if abs(y) >= SERIES_BELOW:
        return expm1(y) - y
    term = total = y * y / 2
    n = 2
    while abs(term) > total * 1e-17:
        n += 1
        term *= y / n
        total += term
    return total

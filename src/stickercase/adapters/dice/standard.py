"""Dice of the standard library: a Mersenne twister with an exact binomial on top."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import floor, lgamma, log, log1p, pi, sqrt
from random import Random

from stickercase.domain.cases.simulation import Stretch
from stickercase.domain.fairness import GRID_BITS

WAIT_BELOW = 10
"""Expected successes below which they are waited for one by one: where Hörmann's rejection is not proven."""

EXACT_BELOW = 16
"""Where the remainder of Stirling's formula is taken from lgamma; from there on its series is good to 15 digits."""

SMALLEST = 2.0**-GRID_BITS

Uniform = Callable[[], float]


class StandardDice:
    """Throws from a seed, without numpy; a million openings of a path in a fraction of a second."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - simulations want repeatable dice, not secret ones

    def binomial(self, trials: int, numerator: int, denominator: int) -> int:
        return binomial(self._random.random, trials, numerator, denominator)

    def walk(
        self, cumulative: Sequence[int], changes: Sequence[int], openings: int, start: int, marks: range
    ) -> Stretch:
        rolls = map(self._random.getrandbits, [GRID_BITS] * openings)
        path = list(accumulate([changes[bisect_right(cumulative, roll)] for roll in rolls], initial=start))
        low = min(path[1:])
        ruined_at = next((i for i, bankroll in enumerate(path) if i and bankroll < 0), None) if low < 0 else None
        return Stretch([path[mark] for mark in marks], path[-1], low, path.index(low, 1), ruined_at)


def binomial(random: Uniform, trials: int, numerator: int, denominator: int) -> int:
    """The binomial throw that :class:`~stickercase.ports.dice.Dice` promises, from uniform numbers 0 ≤ u < 1.

    A chance above one half is turned round in whole numbers first: 1 − p would forget the digits of a p near 1.
    """
    if 2 * numerator > denominator:
        return trials - binomial(random, trials, denominator - numerator, denominator)
    if not numerator or not trials:
        return 0
    p = numerator / denominator
    if trials * p < WAIT_BELOW:
        return _by_waiting(random, trials, p)
    return _by_rejection(random, trials, p)


def _by_waiting(random: Uniform, trials: int, p: float) -> int:
    """Jump from success to success: the waits are geometric (Devroye, Non-Uniform Random Variate Generation, X.4.3)."""
    each, position, successes = log1p(-p), 0, -1
    while position <= trials:
        successes += 1
        position += 1 + floor(log(1 - random()) / each)
    return successes


def _by_rejection(random: Uniform, trials: int, p: float) -> int:
    """Transformed rejection with a squeeze: Hörmann 1993, The generation of binomial random variates, BTRS.

    Needs p ≤ 1/2 and at least 10 expected successes, and takes about 1.2 tries. The acceptance test compares with the
    true probabilities, so what comes out is binomial and not merely close to it.
    """
    deviation = sqrt(trials * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre, squeeze, scale = trials * p + 0.5, 0.92 - 4.2 / b, (2.83 + 5.1 / b) * deviation
    peak = _log_mass(floor((trials + 1) * p), trials, p)
    while True:
        u, v = random() - 0.5, 1 - random()
        us = max(0.5 - abs(u), SMALLEST)
        k = floor((2 * a / us + b) * u + centre)
        if us >= 0.07 and v <= squeeze:
            return k
        if 0 <= k <= trials and log(v * scale / (a / (us * us) + b)) <= _log_mass(k, trials, p) - peak:
            return k


def _log_mass(k: int, trials: int, p: float) -> float:
    """The logarithm of the binomial probability of k, without cancellation (Loader 2000, saddle-point expansion)."""
    if k in (0, trials):
        return trials * (log1p(-p) if k == 0 else log(p))
    rest = trials - k
    tails = _stirling_rest(trials) - _stirling_rest(k) - _stirling_rest(rest)
    return tails - _deviance(k, trials * p) - _deviance(rest, trials * (1 - p)) - log(2 * pi * k * (rest / trials)) / 2


def _deviance(x: int, mean: float) -> float:
    """``x·ln(x/mean) + mean − x``, accurate for x near the mean."""
    away = x - mean
    return x * log1p(away / mean) - away


def _stirling_rest(n: int) -> float:
    """``ln n!`` less Stirling's formula ``(n + 1/2)·ln n − n + ln(2π)/2``."""
    if n < EXACT_BELOW:
        return lgamma(n + 1) - ((n + 0.5) * log(n) - n + log(2 * pi) / 2)
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n

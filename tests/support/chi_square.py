"""Pearson's chi-square test with the standard library: does what was drawn fit the table it was drawn from?"""

from __future__ import annotations

import math
from collections.abc import Mapping

SIGNIFICANCE = 1e-6
"""A fair game fails the test once in a million runs."""


def p_value(observed: Mapping[int, int], chances: Mapping[int, float]) -> float:
    """The probability of a fit at least as bad as ``observed`` when ``chances`` are the truth."""
    assert set(observed) <= set(chances), "something was drawn that is not in the table"
    total = sum(observed.values())
    statistic = sum((observed.get(row, 0) - total * p) ** 2 / (total * p) for row, p in chances.items())
    return upper_gamma((len(chances) - 1) / 2, statistic / 2)


def upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x): series below a + 1, continued fraction above."""
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1 - front * _series(a, x) if x < a + 1 else front * _fraction(a, x)


def _series(a: float, x: float) -> float:
    """x^−a e^x γ(a, x) = Σ x^n / (a (a+1) … (a+n))."""
    total = term = 1 / a
    n = a
    while term > total * 1e-16:
        n += 1
        term *= x / n
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """x^−a e^x Γ(a, x) by Lentz's method."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    value = d
    for n in range(1, 10_000):
        step = -n * (n - a)
        b += 2
        d = 1 / _off_zero(step * d + b, tiny)
        c = _off_zero(b + step / c, tiny)
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def _off_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny

"""Dice of numpy, from the extra ``simulation``: the same throws, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stickercase.adapters.dice.standard import binomial
from stickercase.domain.cases.simulation import Stretch
from stickercase.domain.fairness import GRID, GRID_BITS

Integers = NDArray[np.int64]

MOST_TRIALS = 1 << 34
"""Before 2.4 numpy's binomial takes log(1 − p), which forgets the digits of a tiny p. That is 10^-6 of a success up to
here, but a third of all successes of a ticket or two over 10^15 trials. It also compares sums of logarithms whose
rounding grows with the trials.
"""

CELL_BITS = 12
"""The guide has 2^12 cells: it and a stretch of rolls stay in the processor's cache."""

HALF_RANGE = 1 << 62


class NumpyDice:
    """Throws from a seed. The same numpy is needed for the same throws: a new version may change its stream."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))

    def binomial(self, trials: int, numerator: int, denominator: int) -> int:
        if 2 * numerator > denominator:  # in whole numbers: numpy's own 1 − p forgets the digits of a p near 1
            return trials - self.binomial(trials, denominator - numerator, denominator)
        if trials > MOST_TRIALS:
            return binomial(self._random.random, trials, numerator, denominator)
        return int(self._random.binomial(trials, numerator / denominator))

    def walk(
        self, cumulative: Sequence[int], changes: Sequence[int], openings: int, start: int, marks: range
    ) -> Stretch:
        rolls = self._random.integers(0, GRID, size=openings)
        path = np.cumsum(np.take(np.array(changes, np.int64), _guide(tuple(cumulative)).rows(rolls)))
        low_at = int(path.argmin())
        low = start + int(path[low_at])
        ruined_at = int((path < -start).argmax()) + 1 if low < 0 else None
        at_marks = path[marks.start - 1 : marks.stop - 1 : marks.step]
        return Stretch(_shifted(at_marks, start), start + int(path[-1]), low, low_at + 1, ruined_at)


def _shifted(path: Integers, start: int) -> list[int]:
    """The path from ``start`` on, in Python's integers where the machine's do not reach."""
    shifted: list[int] = (path + start).tolist() if _fits(path, start) else [start + away for away in path.tolist()]
    return shifted


def _fits(path: Integers, start: int) -> bool:
    return abs(start) < HALF_RANGE and (not path.size or bool(np.abs(path).max() < HALF_RANGE))


class Guide:
    """A table cut into 2^12 equal cells: most lie in one row, only rolls in the others are searched for.

    Chen & Asau 1974, On generating random variates from an empirical distribution.
    """

    def __init__(self, cumulative: Sequence[int]) -> None:
        self._cumulative = np.array(cumulative, np.int64)
        cells = np.arange(1 << CELL_BITS, dtype=np.int64) << (GRID_BITS - CELL_BITS)
        self._row = self._search(cells)
        self._is_mixed = self._search(cells + ((1 << (GRID_BITS - CELL_BITS)) - 1)) != self._row

    def rows(self, rolls: Integers) -> Integers:
        """The row of each roll."""
        cells = rolls >> (GRID_BITS - CELL_BITS)
        rows: Integers = self._row[cells]
        mixed = np.flatnonzero(self._is_mixed[cells])
        rows[mixed] = self._search(rolls[mixed])
        return rows

    def _search(self, rolls: Integers) -> Integers:
        found: Integers = np.searchsorted(self._cumulative, rolls, side="right")
        return found


@lru_cache(maxsize=8)
def _guide(cumulative: tuple[int, ...]) -> Guide:
    return Guide(cumulative)

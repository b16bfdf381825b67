"""Dice: for simulations, never for a player's draw, whose roll comes from committed seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.cases.simulation import Stretch


class Dice(Protocol):
    """Throws that simulations need. The same seed of the same kind of dice gives the same throws in the same order."""

    def binomial(self, trials: int, numerator: int, denominator: int) -> int:
        """How many of ``trials`` (0 … 10^15) succeed, each with the chance ``numerator / denominator``, 0 … 1.

        Binomial up to the rounding of doubles, which no test of this many throws can see, and never a normal
        approximation. The chance is the double nearest to the true quotient. Time hardly grows with the trials.
        """
        ...

    def walk(
        self, cumulative: Sequence[int], changes: Sequence[int], openings: int, start: int, marks: range
    ) -> Stretch:
        """Draw ``openings`` (at least 1) rows, and follow a bankroll from ``start`` that each changes by its row.

        A row is drawn as in fairness: the first whose ``cumulative`` tickets of 2^53 exceed an even roll. ``marks``
        are the positions, from 1, whose bankrolls are wanted. No |change| times the openings exceeds 2^63 − 1;
        the bankroll itself may.
        """
        ...

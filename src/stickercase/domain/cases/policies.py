"""What a rebalancing policy promises: which expected values it can reach, and the chances for one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reach:
    """The expected values (TON) a policy can reach with its shapes at one price.

    The same reach holds for every price in ``price_from`` ≤ price < ``price_to``. ``low`` > ``high`` when the bounds
    leave nothing. ``free`` is false when the rows leave no choice at all (all of one tier, all floors equal).
    """

    low: float
    high: float
    free: bool = True
    price_from: float = 0.0
    price_to: float = inf


class Policy(Protocol):
    """Which shapes of odds are allowed. Rows are given by floor (TON) and present chance, in one order."""

    @property
    def name(self) -> str:
        """What operators call the policy."""
        ...

    def reach(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Reach:
        """The expected values that some allowed chances have at ``price``."""
        ...

    def solve(
        self, price: float, floors: Sequence[float], chances: Sequence[float], target: float
    ) -> list[float] | None:
        """Allowed chances whose expected value is ``target``, or None when there are none."""
        ...

    def bounds(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> list[tuple[float, float]]:
        """The least and the greatest chance of every row."""
        ...

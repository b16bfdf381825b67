"""What a rebalancing policy promises: which expected values it can reach, and the chances for one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reach:
    """The expected values (TON) a policy can reach with its shapes at one price.

    ``low`` > ``high`` when the bounds leave nothing. ``free`` is false when the rows leave no choice at all (all of
    one tier, all floors equal).
    """

    low: float
    high: float
    free: bool = True


class Shapes(Protocol):
    """The odds that a policy allows some rows at one price. All lists are in the order of the rows."""

    @property
    def reach(self) -> Reach:
        """The expected values that some allowed chances have."""
        ...

    @property
    def bounds(self) -> Sequence[tuple[float, float]]:
        """The least and the greatest chance of every row."""
        ...

    def solve(self, target: float) -> list[float] | None:
        """Allowed chances whose expected value is ``target`` TON, or None when there are none."""
        ...


class Policy(Protocol):
    """Which shapes of odds are allowed. Rows are given by floor (TON) and present chance, in one order."""

    @property
    def name(self) -> str:
        """What operators call the policy."""
        ...

    def at(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Shapes:
        """What is allowed at ``price`` TON."""
        ...

    def turns(self, floors: Sequence[float]) -> list[float]:
        """The prices at which the reach may change, in any order; between two neighbours it is the same."""
        ...

"""The default policy: cheap, rare and expensive rows, each tier keeping its inner shape. A closed form.

Expensive rows are pinned; what is left is split between the rare tier (mass R) and the cheap tier (mass C). Two
unknowns, two equations: R + C = rest and R·v̄_rare + C·v̄_cheap = target − pinned value. docs/algorithms/rebalancing.md
works an example by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf

from stickercase.domain.cases.policies import Reach

CHEAP, RARE, EXPENSIVE = range(3)
# Bounds are compared with this relative slack: a chance that rounding left a hair outside is not outside.
SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class Split:
    """The rows in their tiers: each row's share of its tier, and what the tiers weigh (floors in TON)."""

    tiers: tuple[int, ...]
    shares: tuple[float, ...]
    rest: float
    pinned_value: float
    mean_cheap: float
    mean_rare: float

    @property
    def free(self) -> bool:
        """Whether there are two masses to choose."""
        return CHEAP in self.tiers and RARE in self.tiers

    def value(self, rare_mass: float) -> float:
        """The expected value when the rare tier has this mass."""
        return self.pinned_value + rare_mass * self.mean_rare + (self.rest - rare_mass) * self.mean_cheap


@dataclass(frozen=True, slots=True)
class Tiered:
    """*Cheap*: floor below the price. *Expensive*: floor at least ``expensive_from`` times the price. *Rare*: between.

    ``expensive_chance`` is what each expensive row is pinned at; the other three bound each row's chance.
    """

    expensive_from: float = 50.0
    expensive_chance: float = 0.0025
    cheap_least: float = 0.0005
    rare_least: float = 0.0005
    rare_most: float = 0.25
    name: str = "tiered"

    def reach(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Reach:
        """The expected values between the least and the greatest mass that the bounds leave the rare tier."""
        split = self._split(price, floors, chances)
        if not split.free:
            return Reach(inf, -inf, free=False)
        least, most = self._rare_masses(split)
        low, high = (split.value(least), split.value(most)) if least <= most * (1 + SLACK) else (inf, -inf)
        return Reach(low, high)

    def turns(self, floors: Sequence[float]) -> list[float]:
        """Where a row changes its tier: at its floor, and at its floor over ``expensive_from``."""
        return [*floors, *(floor / self.expensive_from for floor in floors)]

    def solve(
        self, price: float, floors: Sequence[float], chances: Sequence[float], target: float
    ) -> list[float] | None:
        """The chances of expected value ``target``; every row keeps its share inside its tier."""
        split = self._split(price, floors, chances)
        if not split.free:
            return None
        rare = (target - split.pinned_value - split.rest * split.mean_cheap) / (split.mean_rare - split.mean_cheap)
        least, most = self._rare_masses(split)
        if not least * (1 - SLACK) <= rare <= most * (1 + SLACK):
            return None
        mass = {CHEAP: split.rest - rare, RARE: rare, EXPENSIVE: self.expensive_chance}
        return [mass[tier] * share for tier, share in zip(split.tiers, split.shares, strict=True)]

    def bounds(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> list[tuple[float, float]]:  # noqa: ARG002  # tiers know no past
        """Bounds by tier; an expensive row has no room."""
        of_tier = {
            CHEAP: (self.cheap_least, 1.0),
            RARE: (self.rare_least, self.rare_most),
            EXPENSIVE: (self.expensive_chance, self.expensive_chance),
        }
        return [of_tier[self._tier(price, floor)] for floor in floors]

    def _tier(self, price: float, floor: float) -> int:
        if floor < price:
            return CHEAP
        return EXPENSIVE if floor >= self.expensive_from * price else RARE

    def _split(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Split:
        tiers = tuple(self._tier(price, floor) for floor in floors)
        shares = [1.0] * len(tiers)
        means = {CHEAP: 0.0, RARE: 0.0}
        for tier in (CHEAP, RARE):
            rows = [i for i, own in enumerate(tiers) if own == tier]
            for i, share in zip(rows, shares_of([(floors[i], chances[i]) for i in rows]), strict=True):
                shares[i] = share
            means[tier] = fsum(shares[i] * floors[i] for i in rows)
        pinned = [floor for floor, tier in zip(floors, tiers, strict=True) if tier == EXPENSIVE]
        return Split(
            tiers=tiers,
            shares=tuple(shares),
            rest=1 - self.expensive_chance * len(pinned),
            pinned_value=self.expensive_chance * fsum(pinned),
            mean_cheap=means[CHEAP],
            mean_rare=means[RARE],
        )

    def _rare_masses(self, split: Split) -> tuple[float, float]:
        """The least and the greatest mass of the rare tier at which every row is within its bounds."""
        rows = list(zip(split.tiers, split.shares, strict=True))
        least_cheap = max(_needed(self.cheap_least, share) for tier, share in rows if tier == CHEAP)
        least = max(_needed(self.rare_least, share) for tier, share in rows if tier == RARE)
        most = min(self.rare_most / share if share else inf for tier, share in rows if tier == RARE)
        return least, min(most, split.rest - least_cheap)


def shares_of(rows: Sequence[tuple[float, float]]) -> list[float]:
    """Each ``(floor, chance)`` row's share of its tier; the shares sum to 1.

    Rows keep their present proportions. A row without a past (chance 0) takes an equal share, but never more than a
    cheaper row that has one: a dearer pack must not become likelier than a cheaper one because of the rebalance.
    """
    past = fsum(chance for _, chance in rows)
    if not past:
        return [1 / len(rows) for _ in rows]
    newcomers = sum(chance == 0 for _, chance in rows)
    left = 1 - newcomers / len(rows)
    weights = [chance / past * left if chance else 1 / len(rows) for _, chance in rows]
    if newcomers:
        cheaper = sorted((floor, weight) for (floor, chance), weight in zip(rows, weights, strict=True) if chance)
        weights = [
            weight if chance else min([weight, *(own for below, own in cheaper if below <= floor)])
            for (floor, chance), weight in zip(rows, weights, strict=True)
        ]
    total = fsum(weights)
    return [weight / total for weight in weights]


def _needed(least: float, share: float) -> float:
    """The mass a tier must have for a row with this share to reach its least chance."""
    return least / share if share else inf

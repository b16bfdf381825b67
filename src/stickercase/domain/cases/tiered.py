"""The default policy: cheap, rare and expensive rows, each tier keeping its inner shape. A closed form.

Expensive rows are pinned; what is left is split between the rare tier (mass R) and the cheap tier (mass C). Two
unknowns, two equations: R + C = rest and R·v̄_rare + C·v̄_cheap = target − pinned value. docs/algorithms/rebalancing.md
works an example by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf
from operator import mul

from stickercase.domain.cases.policies import Reach

CHEAP, RARE, EXPENSIVE = range(3)
# Bounds are compared with this relative slack: a chance that rounding left a hair outside is not outside.
SLACK = 1e-12


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

    def at(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Split:
        """The rows in the tiers they have at this price."""
        expensive = self.expensive_from * price
        tiers = [CHEAP if floor < price else RARE if floor < expensive else EXPENSIVE for floor in floors]
        pinned = [floor for tier, floor in zip(tiers, floors, strict=True) if tier == EXPENSIVE]
        return Split(
            self,
            tiers,
            Tier.of([i for i, tier in enumerate(tiers) if tier == CHEAP], floors, chances),
            Tier.of([i for i, tier in enumerate(tiers) if tier == RARE], floors, chances),
            1 - self.expensive_chance * len(pinned),
            self.expensive_chance * fsum(pinned),
        )

    def turns(self, floors: Sequence[float]) -> list[float]:
        """Where a row changes its tier: at its floor, and at its floor over ``expensive_from``."""
        return [*floors, *(floor / self.expensive_from for floor in floors)]


@dataclass(frozen=True, slots=True)
class Tier:
    """Rows of one tier, by their indexes: each one's share of its tier, and the mean floor under these shares."""

    rows: list[int]
    shares: list[float]
    mean: float

    @classmethod
    def of(cls, rows: list[int], floors: Sequence[float], chances: Sequence[float]) -> Tier:
        """The tier of these rows."""
        own = [floors[i] for i in rows]
        shares = shares_of(list(zip(own, [chances[i] for i in rows], strict=True)))
        return cls(rows, shares, fsum(map(mul, shares, own)))


@dataclass(frozen=True, slots=True)
class Split:
    """The rows in their tiers, and what the pinned ones leave of the mass and add to the value (TON)."""

    policy: Tiered
    tiers: list[int]
    cheap: Tier
    rare: Tier
    rest: float
    pinned_value: float

    @property
    def free(self) -> bool:
        """Whether there are two masses to choose."""
        return bool(self.cheap.rows and self.rare.rows)

    @property
    def reach(self) -> Reach:
        """The expected values between the least and the greatest mass that the bounds leave the rare tier."""
        if not self.free:
            return Reach(inf, -inf, free=False)
        least, most = self._rare_masses()
        return Reach(self._value(least), self._value(most)) if least <= most * (1 + SLACK) else Reach(inf, -inf)

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Bounds by tier; an expensive row has no room."""
        policy = self.policy
        of_tier = {
            CHEAP: (policy.cheap_least, 1.0),
            RARE: (policy.rare_least, policy.rare_most),
            EXPENSIVE: (policy.expensive_chance, policy.expensive_chance),
        }
        return [of_tier[tier] for tier in self.tiers]

    def solve(self, target: float) -> list[float] | None:
        """The chances of expected value ``target``; every row keeps its share inside its tier."""
        if not self.free:
            return None
        rare = (target - self.pinned_value - self.rest * self.cheap.mean) / (self.rare.mean - self.cheap.mean)
        least, most = self._rare_masses()
        if not least * (1 - SLACK) <= rare <= most * (1 + SLACK):
            return None
        chances = [self.policy.expensive_chance] * len(self.tiers)
        for tier, mass in ((self.cheap, self.rest - rare), (self.rare, rare)):
            for i, share in zip(tier.rows, tier.shares, strict=True):
                chances[i] = mass * share
        return chances

    def _value(self, rare_mass: float) -> float:
        """The expected value when the rare tier has this mass."""
        return self.pinned_value + rare_mass * self.rare.mean + (self.rest - rare_mass) * self.cheap.mean

    def _rare_masses(self) -> tuple[float, float]:
        """The least and the greatest mass of the rare tier at which every row is within its bounds."""
        least_cheap = _needed(self.policy.cheap_least, min(self.cheap.shares))
        least = _needed(self.policy.rare_least, min(self.rare.shares))
        return least, min(self.policy.rare_most / max(self.rare.shares), self.rest - least_cheap)


def shares_of(rows: Sequence[tuple[float, float]]) -> list[float]:
    """Each ``(floor, chance)`` row's share of its tier; the shares sum to 1.

    Rows keep their present proportions. A row without a past (chance 0) takes an equal share, but never more than a
    cheaper row that has one: a dearer pack must not become likelier than a cheaper one because of the rebalance.
    """
    past = fsum([chance for _, chance in rows])
    if not past:
        return [1 / len(rows) for _ in rows]
    newcomers = [chance for _, chance in rows].count(0)
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
    """The mass a tier must have for a row with this share (the smallest in it) to reach its least chance."""
    return least / share if share else inf

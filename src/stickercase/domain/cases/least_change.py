"""The other policy: the chances closest to the present ones in relative entropy, under bounds.

A convex problem with two multipliers: ``p_i = clip(q_i · exp(α + β·x_i), lo_i, hi_i)`` with Σp = 1 and Σp·v = target.
Newton on its dual, which is convex and smooth but for kinks at the bounds, with a line search; where that does not
settle, nested bisection does. docs/algorithms/rebalancing.md derives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, fsum, inf, log
from operator import mul
from typing import NamedTuple

from stickercase.domain.cases.policies import Reach

STEPS = 60
HALVINGS = 40
SETTLED = 4e-16
ROUNDING = 1e-14
NEAR = 1e-11
# Places are at most 2 apart, so Newton's error after a step of δ is about δ²: below a double's last bit.
NEARLY = 1e-8
BISECTIONS = 200
# Beyond this a double's exponential overflows; a chance is at most 1 long before.
MAX_EXPONENT = 700.0
# A target this close (relative to the width of the reach) to its edge is the edge: there the multiplier is infinite.
EDGE = 1e-13


@dataclass(frozen=True, slots=True)
class LeastChange:
    """Every row's chance stays between ``least`` and ``most``; a row without a chance gets ``least`` and no more."""

    least: float = 0.0
    most: float = 1.0
    name: str = "least_change"

    def at(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Room:  # noqa: ARG002  # the same at every price
        """The same bounds for every row that has a chance."""
        return Room.of(floors, chances, [(self.least, self.most if chance else self.least) for chance in chances])

    def turns(self, floors: Sequence[float]) -> list[float]:  # noqa: ARG002  # no price matters to this policy
        """None: the reach is the same at every price."""
        return []


@dataclass(frozen=True, slots=True)
class Room:
    """The room that ``bounds`` leave around the ``past`` chances of rows with these floors (TON)."""

    floors: Sequence[float]
    past: Sequence[float]
    bounds: list[tuple[float, float]]
    reach: Reach

    @classmethod
    def of(cls, floors: Sequence[float], past: Sequence[float], bounds: list[tuple[float, float]]) -> Room:
        """Its reach is from all mass on the cheapest rows to all mass on the dearest, within the bounds."""
        loose = {floor for floor, (low, high) in zip(floors, bounds, strict=True) if low < high}
        ends = extremes(floors, bounds)
        if len(loose) < 2 or ends is None:
            return cls(floors, past, bounds, Reach(inf, -inf, free=len(loose) > 1))
        low, high = (fsum(map(mul, end, floors)) for end in ends)
        return cls(floors, past, bounds, Reach(low, high))

    def solve(self, target: float) -> list[float] | None:
        """The closest chances of expected value ``target``."""
        low, high = self.reach.low, self.reach.high
        if not low <= target <= high:
            return None
        margin = EDGE * (high - low)
        if target - low <= margin or high - target <= margin:
            ends = extremes(self.floors, self.bounds)
            return ends and ends[high - target <= margin]
        return Dual.of(self.floors, self.past, self.bounds, target).solution()


def extremes(floors: Sequence[float], bounds: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]] | None:
    """The chances within ``bounds`` of least and of greatest expected value; None when no chances sum to 1."""
    lows = [low for low, _ in bounds]
    left = 1 - fsum(lows)
    if left < 0 or fsum([high for _, high in bounds]) < 1:
        return None
    rows = sorted(range(len(floors)), key=floors.__getitem__)
    return _filled(lows, bounds, left, rows), _filled(lows, bounds, left, reversed(rows))


def _filled(
    lows: Sequence[float], bounds: Sequence[tuple[float, float]], left: float, rows: Iterable[int]
) -> list[float]:
    """The mass that is ``left`` above the lowest chances goes to ``rows``, to each in turn as much as it may have."""
    chances = list(lows)
    for i in rows:
        step = min(left, bounds[i][1] - bounds[i][0])
        chances[i] += step
        left -= step
        if not left:
            break
    return chances


class Point(NamedTuple):
    """What a pair of multipliers makes: chances, and the dual's value and gradient there.

    ``weights`` are the chances of the rows that follow the multipliers, and 0 for those that a bound holds. The
    gradient is (``mass``, ``value``): what Σp has above 1, and Σp·x. ``potential`` is what it is the gradient of.
    """

    alpha: float
    beta: float
    chances: list[float]
    weights: list[float]
    mass: float
    value: float
    potential: float

    @property
    def miss(self) -> float:
        """How far the point is from the goal, where the gradient is zero."""
        return max(abs(self.mass), abs(self.value))

    def step(self, places: Sequence[float]) -> tuple[float, float] | None:
        """Newton's step, to where the gradient would be zero if it were linear; None when no two rows can move."""
        a = sum(self.weights)
        # The determinant a·c − b² as a sum of squares: no cancellation when the places are close together.
        centre = sum(map(mul, self.weights, places)) / a if a else 0.0
        spread = sum([p * (x - centre) * (x - centre) for p, x in zip(self.weights, places, strict=True)])
        if not (a > 0 and spread > 0):
            return None
        along_beta = -(self.value - centre * self.mass) / spread
        return -self.mass / a - centre * along_beta, along_beta


@dataclass(frozen=True, slots=True)
class Dual:
    """The dual problem. ``places`` are floors as offsets from the target, scaled to −1 … 1."""

    past: Sequence[float]
    places: list[float]
    bounds: Sequence[tuple[float, float]]

    @classmethod
    def of(
        cls,
        floors: Sequence[float],
        chances: Sequence[float],
        bounds: Sequence[tuple[float, float]],
        target: float,
    ) -> Dual:
        """The dual of moving ``chances`` to expected value ``target``."""
        offsets = [floor - target for floor in floors]
        scale = max(map(abs, offsets)) or 1.0
        return cls(chances, [offset / scale for offset in offsets], bounds)

    def solution(self) -> list[float]:
        """The chances, their sum and value exact to the last bits."""
        return self._exact(self._tilted() or (self._newton() or self._bisected()).chances)

    def point(self, alpha: float, beta: float) -> Point:
        """What the two multipliers make."""
        exponents = [min(alpha + beta * x, MAX_EXPONENT) for x in self.places]
        chances = [q * exp(t) for q, t in zip(self.past, exponents, strict=True)]
        weights = chances.copy()
        bent = 0.0
        for i, (p, (low, high)) in enumerate(zip(chances, self.bounds, strict=True)):
            if not low < p < high:
                weights[i], chances[i] = 0.0, low if p <= low else high
                bent += chances[i] * (alpha + beta * self.places[i] - _bend(self.past[i], chances[i]))
        total = fsum(chances)
        value = fsum(map(mul, chances, self.places))
        return Point(alpha, beta, chances, weights, total - 1, value, total + bent - alpha)

    def _tilted(self) -> list[float] | None:
        """The chances if no bound holds any: then α only scales, and one unknown is left. None if it is not so."""
        beta, settled = 0.0, False
        for _ in range(STEPS):
            weights = [q * exp(beta * x) for q, x in zip(self.past, self.places, strict=True)]
            mass = fsum(weights)
            if settled:
                chances = [weight / mass for weight in weights]
                within = [low <= p <= high for p, (low, high) in zip(chances, self.bounds, strict=True)]
                return chances if all(within) else None
            mean = fsum(map(mul, weights, self.places)) / mass
            spread = sum([p * (x - mean) * (x - mean) for p, x in zip(weights, self.places, strict=True)]) / mass
            step = mean / spread if spread else inf
            beta, settled = beta - step, abs(step) < NEARLY
            if abs(beta) > MAX_EXPONENT:
                return None
        return None

    def _newton(self) -> Point | None:
        """Newton's descent; None where it does not settle, and bisection must take over."""
        point = self.point(0.0, 0.0)
        for _ in range(STEPS):
            if abs(point.mass) <= SETTLED and abs(point.value) <= SETTLED:
                return point
            onward = self._onward(point)
            if onward is None:
                # Rounding ends the descent: good when nothing is left to gain.
                return point if point.miss < NEAR else None
            point = onward
        return None

    def _onward(self, point: Point) -> Point | None:
        """Newton's step, halved until it is a gain; None when it is none, or when no two rows can move."""
        step = point.step(self.places)
        if step is None:
            return None
        slope = point.mass * step[0] + point.value * step[1]
        length = 1.0
        for _ in range(HALVINGS):
            reached = self.point(point.alpha + length * step[0], point.beta + length * step[1])
            # Close to the goal the potential is flat to its last bit, and only the gradient tells a gain.
            if reached.potential <= point.potential + 1e-4 * length * slope or reached.miss <= point.miss / 2:
                return reached
            if point.miss < ROUNDING:
                return None
            length /= 2
        return None

    def _bisected(self) -> Point:
        """The goal by nested bisection: mass grows with α, and value with β once α balances the mass."""

        def balanced(beta: float) -> Point:
            return self.point(_root(lambda alpha: self.point(alpha, beta).mass), beta)

        return balanced(_root(lambda beta: balanced(beta).value))

    def _exact(self, chances: list[float]) -> list[float]:
        """Take up what rounding left, with the two loose rows that are farthest apart among the likely ones."""
        loose = [i for i, (p, (low, high)) in enumerate(zip(chances, self.bounds, strict=True)) if low < p < high]
        if len(loose) < 2:
            return self._whole(chances, loose)
        likely = max(loose, key=chances.__getitem__)
        other = max(loose, key=lambda i: abs(self.places[i] - self.places[likely]) * chances[i])
        gap = self.places[other] - self.places[likely]
        if not gap:
            return self._whole(chances, loose)
        for _ in range(3):
            mass = fsum(chances) - 1
            value = fsum(map(mul, chances, self.places))
            if not mass and not value:
                break
            shift = -(value - self.places[likely] * mass) / gap
            chances[other] += shift
            chances[likely] += -mass - shift
        if all(self.bounds[i][0] <= chances[i] <= self.bounds[i][1] for i in (likely, other)):
            return chances
        return self._whole(chances, loose)

    def _whole(self, chances: list[float], loose: list[int]) -> list[float]:
        """Take up what rounding left of the mass alone, the loose rows first; tickets settle the value."""
        chances = [min(max(p, low), high) for p, (low, high) in zip(chances, self.bounds, strict=True)]
        missing = 1 - fsum(chances)
        for i in (*loose, *range(len(chances))):
            low, high = self.bounds[i]
            step = min(max(missing, low - chances[i]), high - chances[i])
            chances[i] += step
            missing -= step
        return chances


def _bend(past: float, bound: float) -> float:
    """The exponent at which a row reaches its bound: from there on its part of the potential is a straight line."""
    return log(bound) - log(past) if past and bound else 0.0


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function crosses zero, by doubling and bisection."""
    low, high = -1.0, 1.0
    while rising(low) > 0 and low > -1e300:
        low *= 2
    while rising(high) < 0 and high < 1e300:
        high *= 2
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2

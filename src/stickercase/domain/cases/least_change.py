"""The other policy: the chances closest to the present ones in relative entropy, under bounds.

A convex problem with two multipliers: ``p_i = clip(q_i · exp(α + β·x_i), lo_i, hi_i)`` with Σp = 1 and Σp·v = target.
Newton on its dual, which is convex and smooth but for kinks at the bounds, with a line search; where that does not
settle, nested bisection does. docs/algorithms/rebalancing.md derives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, fsum, inf, isfinite, log

from stickercase.domain.cases.policies import Reach

STEPS = 60
HALVINGS = 40
SETTLED = 4e-16
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

    def reach(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Reach:
        """From all mass on the cheapest rows to all mass on the dearest, within the bounds."""
        bounds = self.bounds(price, floors, chances)
        loose = {floor for floor, (low, high) in zip(floors, bounds, strict=True) if low < high}
        cheapest, dearest = extreme(floors, bounds), extreme(floors, bounds, dearest=True)
        if len(loose) < 2 or cheapest is None or dearest is None:
            return Reach(inf, -inf, free=len(loose) > 1)
        return Reach(_value(cheapest, floors), _value(dearest, floors))

    def turns(self, floors: Sequence[float]) -> list[float]:  # noqa: ARG002  # no price matters to this policy
        """None: the reach is the same at every price."""
        return []

    def solve(
        self, price: float, floors: Sequence[float], chances: Sequence[float], target: float
    ) -> list[float] | None:
        """The closest chances of expected value ``target``."""
        reach = self.reach(price, floors, chances)
        if not reach.low <= target <= reach.high:
            return None
        bounds = self.bounds(price, floors, chances)
        margin = EDGE * (reach.high - reach.low)
        if target - reach.low <= margin or reach.high - target <= margin:
            return extreme(floors, bounds, dearest=reach.high - target <= margin)
        return Dual.of(floors, chances, bounds, target).solution()

    def bounds(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> list[tuple[float, float]]:  # noqa: ARG002  # the same for every price and floor
        """The same for every row that has a chance."""
        return [(self.least, self.most if chance else self.least) for chance in chances]


def extreme(
    floors: Sequence[float], bounds: Sequence[tuple[float, float]], *, dearest: bool = False
) -> list[float] | None:
    """The chances within ``bounds`` of least (or greatest) expected value; None when no chances sum to 1."""
    chances = [low for low, _ in bounds]
    left = 1 - fsum(chances)
    if left < 0 or fsum(high for _, high in bounds) < 1:
        return None
    for i in sorted(range(len(floors)), key=lambda i: -floors[i] if dearest else floors[i]):
        step = min(left, bounds[i][1] - bounds[i][0])
        chances[i] += step
        left -= step
    return chances


@dataclass(frozen=True, slots=True)
class Dual:
    """The dual problem. ``places`` are floors as offsets from the target, scaled to −1 … 1."""

    past: tuple[float, ...]
    places: tuple[float, ...]
    bounds: tuple[tuple[float, float], ...]

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
        return cls(tuple(chances), tuple(offset / scale for offset in offsets), tuple(bounds))

    def solution(self) -> list[float]:
        """The chances, their sum and value exact to the last bits."""
        multipliers = self._newton() or self._bisected()
        return self._exact(self.chances(*multipliers))

    def chances(self, alpha: float, beta: float) -> list[float]:
        """The chances that the two multipliers make."""
        return [
            min(max(q * exp(min(alpha + beta * x, MAX_EXPONENT)), low), high) if q else low
            for q, x, (low, high) in zip(self.past, self.places, self.bounds, strict=True)
        ]

    def _newton(self) -> tuple[float, float] | None:
        alpha = beta = 0.0
        potential = self._potential(alpha, beta)
        for _ in range(STEPS):
            mass, value, step = self._step(alpha, beta)
            if abs(mass) <= SETTLED and abs(value) <= SETTLED:
                return alpha, beta
            if step is None:
                return None
            slope = mass * step[0] + value * step[1]
            length = self._length(alpha, beta, step, slope, potential)
            if length is None:
                # Rounding ends the descent: good when nothing is left to gain, else bisection takes over.
                return (alpha, beta) if abs(mass) + abs(value) < 1e-11 else None
            alpha, beta = alpha + length * step[0], beta + length * step[1]
            potential = self._potential(alpha, beta)
        return None

    def _step(self, alpha: float, beta: float) -> tuple[float, float, tuple[float, float] | None]:
        """The gradient (missing mass, missing value) and Newton's step against it."""
        chances = self.chances(alpha, beta)
        mass = fsum(chances) - 1
        value = fsum(p * x for p, x in zip(chances, self.places, strict=True))
        loose = [(p, x) for p, x, (low, high) in zip(chances, self.places, self.bounds, strict=True) if low < p < high]
        a = fsum(p for p, _ in loose)
        b = fsum(p * x for p, x in loose)
        # The determinant a·c − b² as a sum of squares: no cancellation when the places are close together.
        centre = b / a if a else 0.0
        spread = fsum(p * (x - centre) ** 2 for p, x in loose)
        if not (a > 0 and spread > 0):
            return mass, value, None
        beta_step = -(value - centre * mass) / spread
        return mass, value, (-mass / a - centre * beta_step, beta_step)

    def _length(
        self, alpha: float, beta: float, step: tuple[float, float], slope: float, potential: float
    ) -> float | None:
        length = 1.0
        for _ in range(HALVINGS):
            reached = self._potential(alpha + length * step[0], beta + length * step[1])
            if reached <= potential + 1e-4 * length * slope:
                return length
            length /= 2
        return None

    def _potential(self, alpha: float, beta: float) -> float:
        """The convex function whose gradient is (Σp − 1, Σp·x)."""
        terms = []
        for q, x, (low, high) in zip(self.past, self.places, self.bounds, strict=True):
            t = alpha + beta * x
            terms.append(_row_potential(q, t, low, high))
        total = fsum(terms) - alpha
        return total if isfinite(total) else inf

    def _bisected(self) -> tuple[float, float]:
        """The multipliers by nested bisection: mass grows with α, and value with β once α balances the mass."""

        def balanced(beta: float) -> float:
            return _root(lambda alpha: fsum(self.chances(alpha, beta)) - 1)

        def value(beta: float) -> float:
            chances = self.chances(balanced(beta), beta)
            return fsum(p * x for p, x in zip(chances, self.places, strict=True))

        beta = _root(value)
        return balanced(beta), beta

    def _exact(self, chances: list[float]) -> list[float]:
        """Take up what rounding left, with the two loose rows that are farthest apart among the likely ones."""
        loose = [i for i, (low, high) in enumerate(self.bounds) if low < chances[i] < high]
        if len(loose) < 2:
            return chances
        likely = max(loose, key=lambda i: chances[i])
        other = max(loose, key=lambda i: abs(self.places[i] - self.places[likely]) * chances[i])
        gap = self.places[other] - self.places[likely]
        if not gap:
            return chances
        for _ in range(3):
            mass = fsum(chances) - 1
            value = fsum(p * x for p, x in zip(chances, self.places, strict=True))
            shift = -(value - self.places[likely] * mass) / gap
            chances[other] += shift
            chances[likely] += -mass - shift
        return chances


def _row_potential(q: float, t: float, low: float, high: float) -> float:
    if not q or low == high:
        return low * t
    if low and t < log(low / q):
        return low * (t - log(low / q)) + low
    if t > log(high / q):
        return high * (t - log(high / q)) + high
    return q * exp(t)


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


def _value(chances: Sequence[float], floors: Sequence[float]) -> float:
    return fsum(p * v for p, v in zip(chances, floors, strict=True))

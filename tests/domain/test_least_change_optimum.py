"""The least change is the least: held against a general-purpose solver, the optimality conditions and the other policy.

Only whole rebalances are looked at, as published: chances on their tickets, floors and prices in nanotons.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.cases.rebalancing import Action, rebalance
from stickercase.domain.cases.tiered import Tiered

NANO = 10**9
PRICE_NANO = 100 * NANO
FEE = 20.0
AGREEMENT = 1e-9

Floats = list[float]


@dataclass(frozen=True)
class Problem:
    """Move ``past`` to an expected value of 80 prices in hundred, each chance within its bounds."""

    past: Floats
    floors_nano: dict[int, int]
    least: float
    most: float

    @property
    def values(self) -> np.ndarray:
        """Floors as parts of the price."""
        return np.array(list(self.floors_nano.values())) / PRICE_NANO

    def chances(self, policy: LeastChange | Tiered) -> Floats | None:
        """What a rebalance makes of it, when it has to change the chances and can."""
        result = rebalance(PRICE_NANO, FEE, odds_table(enumerate(self.past)), self.floors_nano, policy)
        if result.action is not Action.REWEIGHTED or result.table is None:
            return None
        return [row.chance for row in result.table.rows]

    def least_change(self) -> Floats:
        found = self.chances(LeastChange(self.least, self.most))
        assume(found is not None)
        assert found is not None
        return found

    def change(self, chances: Floats) -> float:
        """Σ p · ln(p/q)."""
        return fsum(p * log(p / q) for p, q in zip(chances, self.past, strict=True) if p > 0)

    def solved_elsewhere(self) -> float | None:
        """The least change that SLSQP finds, a method that knows nothing of exponentials; None when it lost its way."""
        past, sums, wanted = np.array(self.past), np.vstack([np.ones(len(self.past)), self.values]), np.array([1, 0.8])
        found = minimize(
            lambda p: float(np.sum(p * np.log(p / past))),
            past,
            jac=lambda p: np.log(p / past) + 1,
            bounds=[(max(self.least, 1e-12), self.most)] * len(past),
            constraints=[{"type": "eq", "fun": lambda p: sums @ p - wanted, "jac": lambda _: sums}],
            method="SLSQP",
            options={"ftol": 1e-16, "maxiter": 1000},
        )
        lost = np.abs(sums @ found.x - wanted).max() > 1e-13
        return None if lost else float(found.fun)


def problem(seed: int, size: int, bounded: bool) -> Problem:
    """Floors about the price, odds that are neither even nor extreme."""
    random = np.random.default_rng(seed)
    past = random.dirichlet(np.ones(size)) * 0.9 + 0.1 / size
    past /= past.sum()
    floors = np.exp(random.normal(-0.5, 1, size)) * PRICE_NANO
    least, most = (0.02 / size, 2.5 / size) if bounded else (0.0, 1.0)
    return Problem(past.tolist(), {row: int(floor) for row, floor in enumerate(floors)}, least, min(most, 1.0))


problems = st.builds(problem, st.integers(0, 2**32 - 1), st.integers(2, 12), st.booleans())


@settings(max_examples=150)
@given(problems)
def test_a_general_purpose_solver_finds_the_same_least_change(example: Problem) -> None:
    ours, theirs = example.change(example.least_change()), example.solved_elsewhere()
    assume(theirs is not None)
    assert ours == pytest.approx(theirs, abs=AGREEMENT)


def test_another_answer_would_be_noticed() -> None:
    """A twenty-thousandth moved between three rows so that both sums stay: the objective is flat about its least value."""
    example = next(
        each for each in (problem(seed, 5, bounded=False) for seed in range(99)) if each.chances(LeastChange())
    )
    best, values = np.array(example.chances(LeastChange())), example.values
    aside = np.array([values[1] - values[2], values[2] - values[0], values[0] - values[1], 0, 0])
    worse = best + 5e-5 * aside / np.abs(aside).max()
    assert [worse.sum(), worse @ values] == pytest.approx([1, 0.8], abs=1e-12)
    theirs = example.solved_elsewhere()
    assert example.change(best.tolist()) == pytest.approx(theirs, abs=AGREEMENT)
    assert example.change(worse.tolist()) != pytest.approx(theirs, abs=AGREEMENT)


@settings(max_examples=500)
@given(problems)
def test_the_optimality_conditions_hold(example: Problem) -> None:
    """ln(p/q) is a line in the floor; a row at a bound is one that the line would carry beyond it."""
    chances = example.least_change()
    ratios = np.log(np.array(chances) / np.array(example.past))
    at_least = np.array(chances) <= example.least * (1 + 1e-9) + 1e-15
    at_most = np.array(chances) >= example.most * (1 - 1e-9) - 1e-15
    loose = ~(at_least | at_most)
    values = example.values
    assume(loose.sum() >= 2 and np.ptp(values[loose]) > 1e-3)
    slope, height = np.polyfit(values[loose], ratios[loose], 1)
    above = ratios - (slope * values + height)
    slack = 1e-7 * (1 + abs(slope) * values.max() + abs(height))
    assert np.abs(above[loose]).max() < slack
    assert (above[at_least] > -slack).all()
    assert (above[at_most] < slack).all()


@settings(max_examples=500)
@given(problems)
def test_no_other_policy_changes_less(example: Problem) -> None:
    tiered = example.chances(Tiered(rare_most=1.0))
    assume(tiered is not None)
    assert tiered is not None
    unbounded = Problem(example.past, example.floors_nano, 0.0, 1.0)
    assert unbounded.change(unbounded.least_change()) <= example.change(tiered) + AGREEMENT

"""Where a rebalance moves a price, when it gives up, and within which bounds it stays.

Held against the rules written down once more, in the plainest way, and against trying every step of the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.cases.rebalancing import Action, Rebalanced, rebalance
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.fairness import GRID

NANO = 10**9
STEP = NANO // 2
BOUNDS = {"tiered": (0.0, 1.0), "least change": (0.0, 1.0), "bounded": (0.01, 0.4)}
POLICIES = {"tiered": Tiered(), "least change": LeastChange(), "bounded": LeastChange(least=0.01, most=0.4)}


@dataclass(frozen=True)
class Example:
    """A case, all of whose rows have a past: price and floors in nanotons, promised fee in percent."""

    price_nano: int
    fee: float
    table: OddsTable
    floors_nano: dict[int, int]

    def rebalanced(self, policy: str) -> Rebalanced:
        return rebalance(self.price_nano, self.fee, self.table, self.floors_nano, POLICIES[policy])

    @property
    def rows(self) -> list[tuple[float, float]]:
        """Floor in TON and chance of each row."""
        return [(self.floors_nano[row.pack_id] / NANO, row.chance) for row in self.table.rows]


def drifted(seed: int) -> Example:
    """A case of up to eight rows that is far from its promise: price up to 60 TON, on a step or beside one."""
    random = Random(seed)
    size = random.randint(1, 8)
    price_nano = random.choice([random.randint(1, 120) * STEP, random.randint(NANO, 60 * NANO)])
    near, far = random.choice([(0.2, 1.8), (0.9, 1.1), (0.01, 90), (0.6, 0.6)])
    floors = {n: round(price_nano * random.uniform(near, far) * random.choice([1, 1, 0.3])) for n in range(1, size + 1)}
    weights = [random.random() ** random.choice([1, 4]) for _ in floors]
    fee = random.choice([20.0, 20.0, random.uniform(1, 60)])
    table = odds_table((n, weight / sum(weights)) for n, weight in zip(floors, weights, strict=True))
    return Example(price_nano, fee, table, floors)


def steps_of(price_nano: int) -> list[int]:
    """Every price step that may be taken, nearest first, of two equally near the lower first."""
    window = max(price_nano * 3 // 10, STEP)
    first, last = -(-max(STEP, price_nano - window) // STEP), (price_nano + window) // STEP
    steps = [step * STEP for step in range(first, last + 1) if step * STEP != price_nano]
    return sorted(steps, key=lambda step: (abs(step - price_nano), step))


def keeps(policy: str, price: float, example: Example) -> bool:
    """Whether the promise can be kept at this price: by new chances, or where there is no choice by the band alone."""
    target = price * (1 - example.fee / 100)
    can = tiered(price, example.rows, target) if policy == "tiered" else ranged(example.rows, target, *BOUNDS[policy])
    return in_band(price, example) if can is None else can


def in_band(price: float, example: Example) -> bool:
    fee = (1 - sum(floor * chance for floor, chance in example.rows) / price) * 100
    return abs(fee - example.fee) <= 0.05 * example.fee + 1e-9


def tiered(price: float, rows: list[tuple[float, float]], target: float) -> bool | None:
    """Whether two masses solve both equations within all bounds; None when there are not two masses to choose."""
    cheap = [row for row in rows if row[0] < price]
    expensive = [row for row in rows if row[0] >= 50 * price]
    rare = [row for row in rows if price <= row[0] < 50 * price]
    if not (cheap and rare):
        return None
    rest = 1 - 0.0025 * len(expensive)
    mean_cheap, mean_rare = (sum(f * p for f, p in tier) / sum(p for _, p in tier) for tier in (cheap, rare))
    missing = target - 0.0025 * sum(floor for floor, _ in expensive)
    mass = (missing - rest * mean_cheap) / (mean_rare - mean_cheap)
    new_rare = [mass * p / sum(q for _, q in rare) for _, p in rare]
    new_cheap = [(rest - mass) * p / sum(q for _, q in cheap) for _, p in cheap]
    return min(new_rare) >= 0.0005 and max(new_rare) <= 0.25 and min(new_cheap) >= 0.0005


def ranged(rows: list[tuple[float, float]], target: float, least: float, most: float) -> bool | None:
    """Whether the target lies between the least and the greatest value within the bounds; None without a choice."""
    if len({floor for floor, _ in rows}) < 2:
        return None
    if len(rows) * least > 1 or len(rows) * most < 1:
        return False
    floors = sorted(floor for floor, _ in rows)
    return filled(floors, least, most) <= target <= filled(floors[::-1], least, most)


def filled(floors: list[float], least: float, most: float) -> float:
    """The value when the first floors get as much as they may."""
    left, value = 1 - least * len(floors), 0.0
    for floor in floors:
        more = min(left, most - least)
        value += floor * (least + more)
        left -= more
    return value


# Drawing every number by itself would take Hypothesis ten times as long as what is tested.
examples = st.integers(0, 2**32 - 1).map(drifted)
policies = st.sampled_from(list(POLICIES))


@settings(max_examples=1500)
@given(examples, policies)
def test_the_price_goes_to_the_nearest_step_that_keeps_the_promise_or_nowhere(example: Example, policy: str) -> None:
    result, price_nano = example.rebalanced(policy), example.price_nano
    if in_band(price_nano / NANO, example):
        assert result.action is Action.KEPT
    elif keeps(policy, price_nano / NANO, example) and differs(policy, example):
        assert (result.action, result.price_nano) == (Action.REWEIGHTED, price_nano)
    else:
        nearest = next((step for step in steps_of(price_nano) if keeps(policy, step / NANO, example)), None)
        assert result.action is (Action.DEACTIVATED if nearest is None else Action.REPRICED), (result.reason, nearest)
        assert result.price_nano == (nearest or price_nano)


def differs(policy: str, example: Example) -> bool:
    """Whether there is a choice of chances at the present price."""
    found = tiered(example.price_nano / NANO, example.rows, 1) if policy == "tiered" else ranged(example.rows, 1, 0, 1)
    return found is not None


@pytest.mark.parametrize("policy", POLICIES)
def test_every_way_to_end_is_among_the_examples(policy: str) -> None:
    assert {drifted(seed).rebalanced(policy).action for seed in range(500)} == set(Action)


@settings(max_examples=500)
@given(examples, policies)
def test_every_result_has_its_words_and_its_numbers(example: Example, policy: str) -> None:
    result = example.rebalanced(policy)
    assert result.fee is not None
    assert result.table is not None
    chances = [row.chance for row in result.table.rows]
    assert all(map(isfinite, [result.fee, *chances, *(result.feasible_fees or ())]))
    assert result.reason
    assert "nan" not in result.reason
    assert "inf" not in result.reason
    if result.action is Action.DEACTIVATED:
        causes = ("no choice of chances", "within the bounds of the policy", "reaches fees of")
        assert sum(cause in result.reason for cause in causes) == 1, result.reason


@settings(max_examples=500)
@given(examples)
def test_tiers_keep_the_bounds_of_the_rules(example: Example) -> None:
    result = example.rebalanced("tiered")
    if result.table in (None, example.table):
        return
    price, ticket = result.price_nano / NANO, 4 / GRID
    for (floor, _), row in zip(example.rows, result.table.rows, strict=True):
        least, most = (0.0005, 1) if floor < price else (0.0005, 0.25) if floor < 50 * price else (0.0025, 0.0025)
        assert least * (1 - 1e-9) - ticket <= row.chance <= most * (1 + 1e-9) + ticket, (floor, price)


def tied() -> list[tuple[Example, int, int]]:
    """Examples that cannot stay and have two equally near steps that keep the promise, the lower and the higher."""
    found = []
    for example in map(drifted, range(6000)):
        if example.rebalanced("tiered").action is Action.REPRICED:
            kept = [step for step in steps_of(example.price_nano) if keeps("tiered", step / NANO, example)]
            if len(kept) > 1 and example.price_nano - kept[0] == kept[1] - example.price_nano:
                found.append((example, kept[0], kept[1]))
    return found


def test_of_two_equally_near_steps_the_lower_is_taken() -> None:
    ties = tied()
    assert len(ties) >= 3
    for example, lower, higher in ties:
        assert lower < example.price_nano < higher
        assert example.rebalanced("tiered").price_nano == lower

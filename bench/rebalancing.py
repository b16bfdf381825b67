"""How long a rebalance takes, and beside it a general-purpose solver on the same problem."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
from scipy.optimize import linprog, minimize

from bench.support.figures import Bench, Plan, Ratio, Report
from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import Action, rebalance
from stickercase.domain.cases.tiered import Tiered

NANO = 10**9
TARGETS_MS = {3: 0.05, 20: 0.2, 100: 1.0, 500: 10.0}
SOLVABLE_ROWS = 100
"""With more rows SLSQP takes seconds: then the feasible point that it would start from is all that is compared."""

CATALOGUE = 10_000
CATALOGUE_SECONDS = 10.0
Example = tuple[int, OddsTable, dict[int, int]]


def example(rows: int, seed: int) -> Example:
    """A case of ``rows`` rows whose fee has drifted: price (nanotons), table, floors (nanotons)."""
    dice = random.Random(seed)
    weights = [dice.random() for _ in range(rows)]
    floors = {i + 1: round(dice.lognormvariate(0, 1) * NANO) for i in range(rows)}
    table = odds_table((i + 1, weight / sum(weights)) for i, weight in enumerate(weights))
    floors[rows] = 20 * NANO  # something rare, so that there is a choice
    value = sum(row.chance * floors[row.pack_id] for row in table.rows)
    return round(value / 0.7), table, floors


def roomy() -> Tiered:
    """The tiered policy with bounds that 500 rows can keep: 500 times the default least would be a quarter."""
    return Tiered(cheap_least=0.0, rare_least=0.0, rare_most=1.0)


def run(plan: Plan, report: Report) -> None:
    """One figure per size and policy, the solver's beside it, and a whole catalogue."""
    for rows, target_ms in TARGETS_MS.items():
        price_nano, table, floors = example(rows, seed=rows)
        rival = "a general-purpose solver" if rows <= SOLVABLE_ROWS else "a linear program's feasible point, no optimum"
        theirs = _milliseconds(plan, partial(_general_purpose, price_nano, table, floors), least=1)
        for policy in (roomy(), LeastChange()):
            ours = _milliseconds(plan, partial(_ours, price_nano, table, floors, policy))
            name = f"rebalance of {rows} rows, {policy.name}"
            report.add(
                name, ours, "ms", Ratio("target", median(ours) / target_ms, 1.0, at_most=True),
                Ratio(rival, median(ours) / median(theirs)),
            )  # fmt: skip
    catalogue = [example(random.Random(seed).choice((3, 5, 10, 20)), seed) for seed in range(CATALOGUE)]
    began = perf_counter()
    for price_nano, table, floors in catalogue:
        rebalance(price_nano, 20, table, floors)
    seconds = perf_counter() - began
    limit = Ratio("target", seconds / CATALOGUE_SECONDS, 1.0, at_most=True)
    report.add(f"catalogue of {CATALOGUE:,} cases", [seconds], "s", limit)


def _ours(price_nano: int, table: OddsTable, floors: dict[int, int], policy: Policy) -> None:
    assert rebalance(price_nano, 20, table, floors, policy).action is Action.REWEIGHTED


def _general_purpose(price_nano: int, table: OddsTable, floors: dict[int, int]) -> None:
    """The least change by scipy: feasible by linear programming, then SLSQP on the relative entropy."""
    past = np.array([row.chance for row in table.rows])
    values = np.array([floors[row.pack_id] for row in table.rows]) / price_nano
    sums = np.vstack([np.ones(len(past)), values])
    wanted = np.array([1.0, 0.8])
    start = linprog(np.zeros(len(past)), A_eq=sums, b_eq=wanted, bounds=(0, 1))
    assert start.success
    if len(past) > SOLVABLE_ROWS:
        return
    minimize(
        lambda p: float(np.sum(p * np.log(np.maximum(p, 1e-300) / past))),
        (start.x + past) / 2,
        jac=lambda p: np.log(np.maximum(p, 1e-300) / past) + 1,
        bounds=[(0, 1)] * len(past),
        constraints=[{"type": "eq", "fun": lambda p: sums @ p - wanted, "jac": lambda _: sums}],
        method="SLSQP",
    )


def _milliseconds(plan: Plan, act: Callable[[], None], least: int = 10) -> list[float]:
    act()
    samples = []
    for _ in range(plan.rounds):
        began, times = perf_counter(), 0
        while times < least or perf_counter() - began < plan.seconds / 50:
            act()
            times += 1
        samples.append((perf_counter() - began) / times * 1000)
    return samples


BENCH = Bench("rebalancing", "rebalances per millisecond, against a general-purpose solver", run)

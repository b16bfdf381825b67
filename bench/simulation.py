"""Simulations with numpy and without, against bare numpy on the same table; and the exact risk of a case.

Bare numpy is what one would write by hand: a multinomial of float chances for the counts, and for a path rolls, a
search, a running sum and its least. Figures are milliseconds; a ratio above 1 is the price of being exact and seedable
to a nanoton, below 1 what the guide and the cache-sized stretches save.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil
from statistics import median
from time import perf_counter

import numpy as np

from bench.support.figures import Bench, Plan, Ratio, Report, say
from stickercase.adapters.dice import StandardDice
from stickercase.adapters.dice.numpy_dice import NumpyDice
from stickercase.domain.cases.risk import measure_risk
from stickercase.domain.cases.simulation import PricedTable, priced_table, simulate_bankroll, simulate_counts
from stickercase.domain.fairness import GRID
from stickercase.domain.money import NANO
from stickercase.ports.dice import Dice

OPENINGS = 10**9
LENGTH = 10**6
BANKROLL_NANO = 10**6 * NANO
COUNTS_MS = {"numpy": 10.0, "standard library": 1000.0}
PATH_MS = 50.0
SEED = 7
LEAST_SECONDS = 0.02
"""A measurement repeats what it measures for at least so long."""

Act = Callable[[], object]


def case_of(rows: int) -> PricedTable:
    """A case of so many rows, the dearer the rarer, that keeps about a fifth of its price."""
    chances = [1 / (n + 1) ** 1.5 for n in range(rows)]
    floors = [round(1.5**n, 9) if n < 20 else 3000.0 + n for n in range(rows)]
    pairs = [(floor, chance / sum(chances)) for floor, chance in zip(floors, chances, strict=True)]
    return priced_table(round(sum(floor * chance for floor, chance in pairs) / 0.8, 9), pairs)


def run(plan: Plan, report: Report) -> None:
    """Counts, paths and risk for tables of ten and of five hundred rows."""
    for rows in (10, 500):
        _counts(plan, report, rows)
        _paths(plan, report, rows)
    for rows in (3, 500):
        table = case_of(rows)
        samples = _in_turns(plan, {"risk": lambda table=table: measure_risk(table.price, table.rows)})
        report.add(f"risk of {rows} rows", samples["risk"], "ms")


def _counts(plan: Plan, report: Report, rows: int) -> None:
    table, bare = case_of(rows), np.random.default_rng(SEED)
    chances = np.array(table.widths) / GRID
    acts: dict[str, Act] = {name: partial(simulate_counts, table, OPENINGS, dice) for name, dice in _dice().items()}
    samples = _in_turns(plan, acts | {"bare numpy": lambda: bare.multinomial(OPENINGS, chances)})
    for name in acts:
        target = Ratio("target", median(samples[name]) / COUNTS_MS[name], 1.0, at_most=True)
        others = _ratios(samples, name)
        report.add(f"counts of 10^9 openings, {rows} rows, {name}", samples[name], "ms", target, *others)


def _paths(plan: Plan, report: Report, rows: int) -> None:
    table = case_of(rows)
    path = partial(simulate_bankroll, table, LENGTH, BANKROLL_NANO)
    acts: dict[str, Act] = {name: partial(path, dice) for name, dice in _dice().items()}
    acts["numpy, every point kept"] = partial(path, NumpyDice(SEED), points=LENGTH)
    samples = _in_turns(plan, acts | {"bare numpy": partial(_bare_path, table, np.random.default_rng(SEED))})
    for name in acts:
        target = Ratio("target", median(samples[name]) / PATH_MS, 1.0, at_most=True)
        ratios = _ratios(samples, name)
        report.add(
            f"path of 10^6 openings, {rows} rows, {name}",
            samples[name],
            "ms",
            *([target] if name == "numpy" else []),
            *ratios,
        )


def _dice() -> dict[str, Dice]:
    return {"numpy": NumpyDice(SEED), "standard library": StandardDice(SEED)}


def _bare_path(table: PricedTable, random: np.random.Generator) -> int:
    rolls = random.integers(0, GRID, size=LENGTH)
    rows = np.searchsorted(np.array(table.cumulative), rolls, side="right")
    return int(np.cumsum(np.array(table.changes_nano)[rows]).min())


def _ratios(samples: dict[str, list[float]], name: str) -> list[Ratio]:
    others = ["bare numpy"] + (["numpy"] if name == "standard library" else [])
    return [Ratio(other, median(samples[name]) / median(samples[other])) for other in others]


def _in_turns(plan: Plan, acts: dict[str, Act]) -> dict[str, list[float]]:
    """Milliseconds of each act, once a round, so that a busy spell of the machine hits all of them."""
    samples: dict[str, list[float]] = {name: [] for name in acts}
    times = {name: ceil(LEAST_SECONDS / max(_seconds(act, 1), 1e-6)) for name, act in acts.items()}
    for turn in range(1, plan.rounds + 1):
        for name, act in acts.items():
            samples[name].append(_seconds(act, times[name]) * 1000)
        say(f"round {turn}: {', '.join(f'{name} {samples[name][-1]:.3g} ms' for name in acts)}")
    return samples


def _seconds(act: Act, times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        act()
    return (perf_counter() - began) / times


BENCH = Bench("simulation", "simulations with numpy and without, against bare numpy; exact risk", run)

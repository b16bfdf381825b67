"""Dice throw what they promise: the standard library's and numpy's alike.

The seeds are fixed, so a red test stays red; with other seeds fair dice would fail one of these tests once in a
million runs (SIGNIFICANCE) or miss a mean by five standard errors. Each kind of test is also shown to fail.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, count, pairwise
from math import comb, exp, log1p, sqrt
from random import Random
from statistics import fmean, pvariance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stickercase.adapters.dice import StandardDice, fastest_dice
from stickercase.adapters.dice.numpy_dice import Guide, NumpyDice
from stickercase.adapters.dice.standard import binomial
from stickercase.domain.cases.risk import measure_risk
from stickercase.domain.cases.simulation import (
    MAX_OPENINGS,
    PricedTable,
    priced_table,
    ruin_frequency,
    simulate_bankroll,
    simulate_counts,
)
from stickercase.domain.fairness import GRID, row_of, ticket_widths
from stickercase.domain.money import NANO
from stickercase.ports.dice import Dice
from support.chi_square import SIGNIFICANCE, p_value

SIGMA = priced_table(90.5, [(18900, 0.0025), (430.52, 0.051798642533936665), (3.413, 0.9457013574660634)])
TEN = priced_table(5, [(n, n / 55) for n in range(11)])
GAPS = priced_table(5, [(0, 0.0), (1, 0.3), (2, 0.0), (3, 0.0), (4, 0.6), (5, 0.1), (6, 0.0)])
MANY = priced_table(5, [(n, (1 + n % 7) / 1994) for n in range(500)])
FULL_SUM = 2**63 - 1
THROWS = 20_000
FAR = 5
"""Standard errors."""

New = Callable[[int], Dice]


@pytest.fixture(params=[StandardDice, NumpyDice])
def new_dice(request: pytest.FixtureRequest) -> New:
    """Makes dice of a seed."""
    made: New = request.param
    return made


# --- how well throws fit


def fit(throws: Sequence[int], chances: Mapping[int, float]) -> float:
    """The p-value of throws of these chances; values that are expected fewer than five times are taken together."""
    rare = {value for value, chance in chances.items() if chance * len(throws) < 5}
    pooled = {value: chance for value, chance in chances.items() if value not in rare}
    pooled[-1] = max(1 - sum(pooled.values()), 1e-12)
    return p_value(Counter(value if value in pooled else -1 for value in throws), pooled)


def exact_chances(n: int, p: float) -> dict[int, float]:
    return {k: comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)}


def rare_chances(n: int, p: float) -> dict[int, float]:
    """Up to 60 successes of a tiny chance, each from the one before."""
    ratio = p / (1 - p)
    return dict(
        enumerate(accumulate(range(60), lambda at, k: at * ratio * (n - k) / (k + 1), initial=exp(n * log1p(-p))))
    )


def binomials(dice: Dice, n: int, numerator: int, denominator: int, throws: int = THROWS) -> list[int]:
    return [dice.binomial(n, numerator, denominator) for _ in range(throws)]


# Waiting and rejection in the standard library, inversion and rejection in numpy; both sides of one half.
SMALL = [
    (1, 1, 3),
    (10, 3, 10),
    (20, 1, 2),
    (21, 1, 2),
    (40, 3, 10),
    (60, 5, 7),
    (100, 1, 10),
    (100, 9, 10),
    (1000, 1, 50),
]


@pytest.mark.parametrize(("n", "numerator", "denominator"), SMALL)
def test_few_trials_are_binomial(new_dice: New, n: int, numerator: int, denominator: int) -> None:
    throws = binomials(new_dice(7), n, numerator, denominator)
    assert fit(throws, exact_chances(n, numerator / denominator)) > SIGNIFICANCE


def test_another_chance_would_be_noticed(new_dice: New) -> None:
    assert fit(binomials(new_dice(7), 40, 30, 100), exact_chances(40, 0.31)) < SIGNIFICANCE


def test_a_normal_approximation_would_be_noticed() -> None:
    random = Random(7)
    assert fit([round(random.gauss(10, 3)) for _ in range(THROWS)], exact_chances(100, 0.1)) < SIGNIFICANCE


def quantile_fit(throws: Sequence[int], n: int, p: float) -> float:
    """The p-value over fifty parts of about equal chance of the true distribution."""
    truth = stats.binom(n, p)
    cuts = truth.ppf(np.arange(1, 50) / 50)
    chances = np.diff(truth.cdf(cuts), prepend=0, append=1)
    return p_value(Counter(np.searchsorted(cuts, throws).tolist()), dict(enumerate(chances.tolist())))


@pytest.mark.parametrize(("n", "numerator", "denominator"), [(10**6, 1, 1000), (10**9, 3, 10), (10**9, 2, 3)])
def test_many_trials_are_binomial(new_dice: New, n: int, numerator: int, denominator: int) -> None:
    throws = binomials(new_dice(8), n, numerator, denominator)
    assert quantile_fit(throws, n, numerator / denominator) > SIGNIFICANCE


def test_a_shift_of_a_tenth_of_a_deviation_would_be_noticed(new_dice: New) -> None:
    shift = round(sqrt(10**9 * 0.3 * 0.7) / 10)
    throws = [throw + shift for throw in binomials(new_dice(8), 10**9, 3, 10)]
    assert quantile_fit(throws, 10**9, 0.3) < SIGNIFICANCE


@pytest.mark.parametrize("n", [10**9, 10**12, MAX_OPENINGS])
@pytest.mark.parametrize("numerator", [1, GRID // 3, GRID // 2, GRID - GRID // 1000])
def test_mean_and_variance_are_those_of_any_number_of_trials(new_dice: New, n: int, numerator: int) -> None:
    many, p = 200, numerator / GRID
    throws = binomials(new_dice(9), n, numerator, GRID, many)
    assert all(0 <= throw <= n for throw in throws)
    variance = n * p * (GRID - numerator) / GRID
    assert abs(fmean(throw - n * p for throw in throws)) < FAR * sqrt(variance / many) + 0.01
    if variance > 10:
        assert abs(pvariance(throws) / variance - 1) < FAR * sqrt(2 / many)


# Of 2^53 tickets, of two thirds as many (as when rows before have taken theirs), and the same from the other side.
@pytest.mark.parametrize("tickets", [GRID, GRID // 3 * 2, GRID // 7 * 6 + 1])
@pytest.mark.parametrize("n", [MAX_OPENINGS, 7 * 10**13])
def test_a_single_ticket_keeps_its_chance(new_dice: New, tickets: int, n: int) -> None:
    dice, truth = new_dice(10), rare_chances(n, 1 / tickets)
    assert fit(binomials(dice, n, 1, tickets, 5000), truth) > SIGNIFICANCE
    misses = [n - throw for throw in binomials(dice, n, tickets - 1, tickets, 5000)]
    assert fit(misses, truth) > SIGNIFICANCE


def test_a_chance_that_is_a_third_off_would_be_noticed(new_dice: New) -> None:
    """As 1 − p is, computed in doubles."""
    throws = binomials(new_dice(10), MAX_OPENINGS, 1, GRID // 3 * 2, 5000)
    assert fit(throws, rare_chances(MAX_OPENINGS, 1 / GRID)) < SIGNIFICANCE


def test_what_is_certain_is_certain(new_dice: New) -> None:
    dice = new_dice(1)
    for n in (0, 1, 1000, MAX_OPENINGS):
        assert dice.binomial(n, 0, 3) == 0
        assert dice.binomial(n, 3, 3) == n
    assert {dice.binomial(0, 1, 3), dice.binomial(0, 1, GRID)} == {0}


def test_the_same_seed_gives_the_same_throws(new_dice: New) -> None:
    def throws(seed: int) -> list[object]:
        dice = new_dice(seed)
        return [
            dice.binomial(10**9, 1, 3),
            simulate_bankroll(SIGMA, 5000, 10**12, dice, paths=2),
            dice.binomial(20, 1, 3),
            simulate_counts(TEN, 10**6, dice),
        ]

    assert throws(3) == throws(3)
    assert throws(3) != throws(4)


# --- counts


def chances_of(table: PricedTable) -> dict[int, float]:
    return {row: width / GRID for row, width in enumerate(table.widths) if width}


def drawn(counts: Sequence[int]) -> dict[int, int]:
    return {row: count for row, count in enumerate(counts) if count}


@pytest.mark.parametrize("table", [SIGMA, TEN, GAPS, MANY], ids=["sigma", "ten", "gaps", "many"])
@pytest.mark.parametrize("openings", [10**6, 10**9])
def test_counts_fit_their_table(new_dice: New, table: PricedTable, openings: int) -> None:
    for seed in range(5):
        counts = simulate_counts(table, openings, new_dice(seed))
        assert sum(counts.counts) == openings
        assert p_value(drawn(counts.counts), chances_of(table)) > SIGNIFICANCE


def test_rows_without_tickets_are_never_drawn(new_dice: New) -> None:
    assert set(drawn(simulate_counts(GAPS, MAX_OPENINGS, new_dice(1)).counts)) == {1, 4, 5}


def test_counts_of_a_tampered_table_do_not_fit(new_dice: New) -> None:
    tampered = priced_table(90.5, [(18900, 0.0020), (430.52, 0.051798642533936665), (3.413, 0.9462013574660634)])
    for seed in range(5):
        counts = simulate_counts(tampered, 10**6, new_dice(seed)).counts
        assert p_value(drawn(counts), chances_of(SIGMA)) < SIGNIFICANCE


def test_counts_scatter_as_they_should(new_dice: New) -> None:
    """Not too well either: over many seeds each tenth of the p-values is as frequent as the next."""
    p_values = [p_value(drawn(simulate_counts(TEN, 10**6, new_dice(s)).counts), chances_of(TEN)) for s in range(1000)]
    assert p_value(Counter(int(p * 10) for p in p_values), dict.fromkeys(range(10), 0.1)) > SIGNIFICANCE


# --- paths


def whole_path(table: PricedTable, openings: int, start: int, dice: Dice) -> tuple[int, ...]:
    return simulate_bankroll(table, openings, start, dice, points=openings)[0].bankroll_nano


def rows_drawn(table: PricedTable, path: Sequence[int]) -> Counter[int]:
    row_by_change = {change: row for row, change in enumerate(table.changes_nano)}
    return Counter(row_by_change[after - before] for before, after in pairwise(path))


@pytest.mark.parametrize("table", [SIGMA, TEN, GAPS, MANY], ids=["sigma", "ten", "gaps", "many"])
def test_the_openings_of_a_path_fit_their_table(new_dice: New, table: PricedTable) -> None:
    path = whole_path(table, 200_000, 0, new_dice(5))
    assert p_value(rows_drawn(table, path), chances_of(table)) > SIGNIFICANCE


def test_the_openings_of_a_tampered_path_do_not_fit(new_dice: New) -> None:
    tampered = priced_table(5, [(n, n / 55 + (n == 1) * 0.003 - (n == 10) * 0.003) for n in range(11)])
    path = whole_path(tampered, 200_000, 0, new_dice(5))
    assert p_value(rows_drawn(TEN, path), chances_of(TEN)) < SIGNIFICANCE


def test_the_openings_of_a_path_do_not_depend_on_one_another(new_dice: New) -> None:
    path = whole_path(GAPS, 200_000, 0, new_dice(6))
    changes = [after - before for before, after in pairwise(path)]
    chance = {change: GAPS.widths[row] / GRID for row, change in enumerate(GAPS.changes_nano) if GAPS.widths[row]}
    pairs = list(zip(changes[::2], changes[1::2], strict=True))
    names = {pair: i for i, pair in enumerate((a, b) for a in chance for b in chance)}
    truth = {name: chance[a] * chance[b] for (a, b), name in names.items()}
    assert p_value(Counter(names[pair] for pair in pairs), truth) > SIGNIFICANCE


@pytest.mark.parametrize("start", [0, 40 * NANO, 10**12])
def test_lows_and_ruins_are_those_of_the_whole_path(new_dice: New, start: int) -> None:
    ruined = 0
    for seed in range(20):
        whole = whole_path(SIGMA, 3000, start, new_dice(seed))
        (path,) = simulate_bankroll(SIGMA, 3000, start, new_dice(seed), points=7)
        assert (path.low_nano, path.low_at) == (min(whole), whole.index(min(whole)))
        assert path.ruined_at == next((i for i, bankroll in enumerate(whole) if bankroll < 0), None)
        assert path.bankroll_nano == tuple(whole[i] for i in path.openings)
        ruined += path.ruined_at is not None
    assert ruined or start == 10**12


@pytest.mark.parametrize("start", [0, 1, 2**62 - 1, 2**62, 2**63 - 1, 2**63, 2**70, -(2**62), -(2**70)])
@pytest.mark.parametrize("change", [0, 1, -1, FULL_SUM // 8, -(FULL_SUM // 8)])
def test_a_bankroll_may_be_larger_than_a_machine_integer(new_dice: New, start: int, change: int) -> None:
    walked = new_dice(1).walk([GRID], [change], 8, start, range(1, 9, 3))
    path = [start + change * n for n in range(1, 9)]
    assert list(walked.at_marks) == [path[0], path[3], path[6]]
    assert (walked.end, walked.low) == (path[-1], min(path))
    assert walked.low_at == path.index(min(path)) + 1
    assert walked.ruined_at == next((i for i, bankroll in enumerate(path, 1) if bankroll < 0), None)
    assert {type(number) for number in (*walked.at_marks, walked.end, walked.low, walked.low_at)} == {int}


def test_a_walk_without_marks_has_no_points(new_dice: New) -> None:
    assert list(new_dice(1).walk([GRID], [1], 8, 0, range(9, 9, 100)).at_marks) == []


def test_paths_end_where_counts_say(new_dice: New) -> None:
    """Both are sums of the same chances: means and deviations agree with the exact ones."""
    openings, many = 2000, 400
    risk = measure_risk(TEN.price, TEN.rows)
    mean = openings * (1 - risk.return_to_player) * TEN.price_nano
    deviation = sqrt(openings) * risk.standard_deviation * NANO
    ends = [path.bankroll_nano[-1] for path in simulate_bankroll(TEN, openings, 0, new_dice(2), paths=many, points=1)]
    dice = new_dice(3)
    profits = [simulate_counts(TEN, openings, dice).profit_nano for _ in range(many)]
    for sample in (ends, profits):
        assert abs(fmean(sample) - mean) < FAR * deviation / sqrt(many)
        assert abs(pvariance(sample) / deviation**2 - 1) < FAR * sqrt(2 / many)


# --- ruin


def ruined_part(table: PricedTable, bankroll: float, dice: Dice, paths: int = 2000) -> float:
    return ruin_frequency(simulate_bankroll(table, 1000, round(bankroll * NANO), dice, paths=paths, points=1))


def test_a_coin_is_ruined_as_often_as_gamblers_are(new_dice: New) -> None:
    """Known exactly: (p/q)^(u+1), which is the lower of the two bounds."""
    table = priced_table(1, [(2, 0.4), (0, 0.6)])
    expected = (0.4 / 0.6) ** 4
    assert measure_risk(table.price, table.rows).ruin_probability_at_least(3) == pytest.approx(expected)
    error = sqrt(expected * (1 - expected) / 2000)
    assert abs(ruined_part(table, 3, new_dice(1)) - expected) < FAR * error


@pytest.mark.parametrize("bankroll", [0, 20, 60])
def test_ruin_lies_between_its_bounds(new_dice: New, bankroll: float) -> None:
    """A case of moderate prizes: the bounds are a factor of exp(R · 20) = 1.6 apart, as docs/algorithms/risk.md says."""
    table = priced_table(10, [(30, 0.2), (5, 0.4), (1, 0.4)])
    risk = measure_risk(table.price, table.rows)
    low, high = risk.ruin_probability_at_least(bankroll), risk.ruin_probability_bound(bankroll)
    assert high / low == pytest.approx(1.6, rel=0.05)
    part = ruined_part(table, bankroll, new_dice(4))
    assert low - FAR * sqrt(low / 2000) < part < high
    assert part > 0


def test_a_case_that_pays_its_price_is_ruined_more_often_than_bounds_of_another_say(new_dice: New) -> None:
    earning = priced_table(10, [(30, 0.2), (5, 0.4), (1, 0.4)])
    fair = priced_table(10, [(30, 0.27), (5, 0.33), (1, 0.4)])
    assert measure_risk(fair.price, fair.rows).verdict.value == "ruin certain"
    assert ruined_part(fair, 60, new_dice(4)) > 2 * measure_risk(earning.price, earning.rows).ruin_probability_bound(60)


# --- what is the standard library's own


def lattice() -> Iterator[float]:
    """Pairs that fill the unit square far more evenly than chance would (Roberts' R2 sequence)."""
    for n in count(1):
        yield (0.5 + n * 0.7548776662466927) % 1
        yield (0.5 + n * 0.5698402909980532) % 1


@pytest.mark.parametrize(
    ("n", "numerator", "denominator", "most"),
    [(20, 1, 2, 4e-4), (40, 3, 10, 4e-4), (100, 1, 10, 5e-4), (1000, 1, 50, 6e-4), (1000, 1, 2, 1.5e-3)],
)
def test_the_rejection_is_exact_and_not_merely_close(n: int, numerator: int, denominator: int, most: float) -> None:
    """On even numbers instead of random ones the frequencies are ten times nearer to the chances than dice come."""
    numbers = lattice()
    throws = Counter(binomial(lambda: next(numbers), n, numerator, denominator) for _ in range(150_000))
    truth = exact_chances(n, numerator / denominator)
    assert sum(abs(throws[k] / throws.total() - chance) for k, chance in truth.items()) / 2 < most


class Rolls:
    """Rolls of our choice in the place of random ones."""

    def __init__(self, rolls: Sequence[int]) -> None:
        self._rolls = iter(rolls)

    def getrandbits(self, bits: int) -> int:
        assert bits == 53
        return next(self._rolls)


def test_a_walk_draws_the_row_that_a_draw_would(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = [1, 5, 5, GRID // 2, GRID]
    rolls = [0, 1, 4, 5, GRID // 2 - 1, GRID // 2, GRID - 1]
    dice = StandardDice(1)
    monkeypatch.setattr(dice, "_random", Rolls(rolls))
    walked = dice.walk(cuts, [10**row for row in range(5)], len(rolls), 0, range(1, len(rolls) + 1))
    changes = [after - before for before, after in pairwise([0, *walked.at_marks])]
    assert changes == [10 ** row_of(cuts, roll) for roll in rolls] == [1, 10, 10, 1000, 1000, 10_000, 10_000]


# --- what is numpy's own


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any), st.integers(0, GRID - 1))
def test_the_guide_finds_the_row_that_a_search_finds(weights: list[int], roll: int) -> None:
    cumulative = list(accumulate(ticket_widths([weight / sum(weights) for weight in weights])))
    edges = [cut + off for cut in cumulative for off in (-1, 0, 1) if 0 <= cut + off < GRID]
    rolls = [0, roll, GRID - 1, *edges]
    assert Guide(cumulative).rows(np.array(rolls)).tolist() == [row_of(cumulative, roll) for roll in rolls]


def test_numpy_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(fastest_dice(1), NumpyDice)
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "stickercase.adapters.dice.numpy_dice")
    assert isinstance(fastest_dice(1), StandardDice)


def test_a_broken_numpy_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy.typing", None)
    monkeypatch.delitem(sys.modules, "stickercase.adapters.dice.numpy_dice")
    with pytest.raises(ModuleNotFoundError, match=r"numpy\.typing"):
        fastest_dice(1)

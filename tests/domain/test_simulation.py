"""What a simulation makes of the throws it is given. That dice throw fairly is tested in tests/contracts/test_dice.py."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, product
from math import comb, factorial, prod
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stickercase.domain.cases import simulation
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.cases.pricing import measured_fee
from stickercase.domain.cases.risk import measure_risk
from stickercase.domain.cases.simulation import (
    MAX_OPENINGS,
    BankrollPath,
    Counts,
    PricedTable,
    Stretch,
    priced_table,
    quantile,
    ruin_frequency,
    simulate_bankroll,
    simulate_counts,
    table_of,
)
from stickercase.domain.fairness import GRID, BadOdds
from stickercase.domain.money import MAX_UNITS, NANO, BadAmount

SIGMA = [(18900, 0.0025), (430.52, 0.051798642533936665), (3.413, 0.9457013574660634)]


class ScriptedBinomials:
    """Gives the counts of a script, and keeps what it was asked."""

    def __init__(self, script: Sequence[int]) -> None:
        self._script = iter(script)
        self.asked: list[tuple[int, int, Fraction]] = []

    def binomial(self, trials: int, numerator: int, denominator: int) -> int:
        successes = next(self._script)
        self.asked.append((trials, successes, Fraction(numerator, denominator)))
        return successes

    def chance(self) -> Fraction:
        """How likely the whole script was."""
        return prod((comb(n, k) * p**k * (1 - p) ** (n - k) for n, k, p in self.asked), start=Fraction(1))


class ScriptedWalks:
    """Draws the rows of a script; keeps what it was asked."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = iter(rows)
        self.asked: list[int] = []

    def walk(
        self, cumulative: Sequence[int], changes: Sequence[int], openings: int, start: int, marks: range
    ) -> Stretch:
        assert cumulative[-1] == GRID
        assert openings * max(map(abs, changes)) < 2**63
        self.asked.append(openings)
        path = list(accumulate((changes[next(self._rows)] for _ in range(openings)), initial=start))[1:]
        ruined = [i for i, bankroll in enumerate(path, 1) if bankroll < 0]
        at_marks = [path[mark - 1] for mark in marks]
        return Stretch(at_marks, path[-1], min(path), 1 + path.index(min(path)), ruined[0] if ruined else None)


# --- tables


def test_a_table_of_prices_and_chances() -> None:
    table = priced_table(90.5, SIGMA)
    assert table.widths == (22517998136852, 466560694428270, 8518120562175870)
    assert table.cumulative == (22517998136852, 489078692565122, GRID)
    assert table.floors_nano == (18900 * NANO, 430_520_000_000, 3_413_000_000)
    assert table.changes_nano == (-18809_500_000_000, -340_020_000_000, 87_087_000_000)
    assert table.price_nano == 90_500_000_000


def test_the_table_of_a_case_is_the_one_it_draws_from() -> None:
    odds = odds_table([(4, 0.9457013574660634), (2, 0.0025), (3, 0.051798642533936665)])
    assert table_of(odds, [18900 * NANO, 430_520_000_000, 3_413_000_000], 90_500_000_000) == priced_table(90.5, SIGMA)


def test_risk_takes_the_rows_of_a_table() -> None:
    table = priced_table(90.5, SIGMA)
    assert (table.price, table.rows[2][0]) == (Fraction("90.5"), Fraction("3.413"))
    assert measure_risk(table.price, table.rows).lundberg_exponent == pytest.approx(3.205e-5, rel=1e-4)


@pytest.mark.parametrize(
    ("widths", "floors", "price", "why"),
    [
        ((), (), 1, "2\\^53"),
        ((GRID - 1,), (1,), 1, "2\\^53"),
        ((GRID + 1, -1), (1, 1), 1, "2\\^53"),
        ((GRID,), (), 1, "has a floor"),
        ((GRID,), (1, 1), 1, "has a floor"),
        ((GRID,), (-1,), 1, "no floor is negative"),
        ((GRID,), (1,), 0, "above 0"),
        ((GRID,), (MAX_UNITS + 1,), 1, "at most"),
        ((GRID,), (1,), MAX_UNITS + 1, "at most"),
    ],
)
def test_what_is_no_table_is_refused(widths: tuple[int, ...], floors: tuple[int, ...], price: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        PricedTable(widths, floors, price)


def test_rows_that_make_no_table_are_refused() -> None:
    with pytest.raises(BadOdds):
        priced_table(1, [(1, 0.5)])
    with pytest.raises(BadAmount):
        priced_table(1, [(-1, 1.0)])
    with pytest.raises(BadAmount):
        priced_table(0.1234567891, [(1, 1.0)])
    with pytest.raises(ValueError, match="above 0"):
        priced_table(0, [(1, 1.0)])


# --- counts


def test_the_chain_of_binomials_is_the_multinomial() -> None:
    """For every outcome of five openings, exactly; the empty rows are asked for nothing."""
    widths = (0, GRID // 8, GRID // 2, 0, GRID * 3 // 8, 0)
    table, seen, total = PricedTable(widths, (1,) * 6, 1), 0, Fraction(0)
    for first, second in product(range(6), repeat=2):
        if first + second <= 5:
            dice = ScriptedBinomials([first, second])
            counts = simulate_counts(table, 5, dice).counts
            assert counts == (0, first, second, 0, 5 - first - second, 0)
            ways = Fraction(factorial(5), prod(map(factorial, counts)))
            assert dice.chance() == ways * prod(Fraction(w, GRID) ** c for w, c in zip(widths, counts, strict=True))
            seen, total = seen + 1, total + dice.chance()
    assert (seen, total) == (21, 1)


def test_counts_add_up_to_money() -> None:
    counts = simulate_counts(priced_table(90.5, SIGMA), 1000, ScriptedBinomials([2, 52]))
    payout = 2 * 18900 * NANO + 52 * 430_520_000_000 + 946 * 3_413_000_000
    assert counts == Counts(1000, (2, 52, 946), 90_500 * NANO, payout)
    assert counts.profit_nano == 90_500 * NANO - payout
    assert counts.fee == pytest.approx(measured_fee(90.5, [(payout / NANO, 0.001)]))


def test_nothing_is_rounded_over_the_most_openings() -> None:
    table = PricedTable((GRID - 1, 1), (MAX_UNITS - 1, MAX_UNITS), MAX_UNITS)
    counts = simulate_counts(table, MAX_OPENINGS, ScriptedBinomials([MAX_OPENINGS - 1]))
    assert counts.payout_nano == MAX_OPENINGS * (MAX_UNITS - 1) + 1
    assert counts.profit_nano == MAX_OPENINGS - 1


def test_a_single_row_needs_no_dice() -> None:
    assert simulate_counts(priced_table(2, [(1, 1.0)]), 10**9, ScriptedBinomials([])).counts == (10**9,)


def test_once_all_openings_are_drawn_no_dice_are_thrown() -> None:
    assert simulate_counts(priced_table(2, SIGMA), 7, ScriptedBinomials([7])).counts == (7, 0, 0)


# --- paths


def brute_force(changes: Sequence[int], rows: Sequence[int], start: int) -> list[int]:
    return list(accumulate((changes[row] for row in rows), initial=start))


@settings(max_examples=300)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=60),
    st.integers(0, 12),
    st.integers(1, 70),
    st.sampled_from([1, 2, 7, 10, 1000]),
)
def test_a_path_is_that_of_every_single_opening(rows: list[int], start: int, points: int, stretch: int) -> None:
    table = PricedTable((GRID // 4,) * 4, (0, 2, 3, 9), 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "STRETCH", stretch)
        (path,) = simulate_bankroll(table, len(rows), start, ScriptedWalks(rows), points=points)
    whole = brute_force((3, 1, 0, -6), rows, start)
    assert (path.low_nano, path.low_at) == (min(whole), whole.index(min(whole)))
    assert path.ruined_at == next((i for i, bankroll in enumerate(whole) if bankroll < 0), None)
    assert path.bankroll_nano == tuple(whole[i] for i in path.openings)
    assert (path.openings[0], path.openings[-1]) == (0, len(rows))
    assert len(path.openings) == len(path.bankroll_nano) <= points + 1
    steps = [after - before for before, after in zip(path.openings, path.openings[1:], strict=False)]
    assert set(steps[:-1]) <= {steps[0]}, "the points are evenly spaced"
    assert steps[-1] <= steps[0]


def test_all_points_may_be_kept() -> None:
    rows = [Random(1).randrange(3) for _ in range(500)]
    table = priced_table(90.5, SIGMA)
    (path,) = simulate_bankroll(table, 500, 10**12, ScriptedWalks(rows), points=500)
    assert path.bankroll_nano == tuple(brute_force(table.changes_nano, rows, 10**12))
    assert path.openings == tuple(range(501))
    assert (path.length, path.every) == (500, 1)


def test_a_path_that_only_rises_is_lowest_at_its_start() -> None:
    (path,) = simulate_bankroll(priced_table(2, [(1, 1.0)]), 3, 5, ScriptedWalks([0] * 3))
    assert path == BankrollPath(3, 1, (5, 5 + NANO, 5 + 2 * NANO, 5 + 3 * NANO), 5, 0, None)


def test_a_bankroll_of_nothing_is_not_ruined_yet() -> None:
    table = PricedTable((GRID // 2, GRID // 2), (2, 0), 1)
    to_zero, below = simulate_bankroll(table, 1, 1, ScriptedWalks([0, 0]), paths=2)
    assert (to_zero.low_nano, to_zero.ruined_at) == (0, None)
    assert to_zero == below
    (below,) = simulate_bankroll(table, 2, 1, ScriptedWalks([0, 0]))
    assert (below.low_nano, below.low_at, below.ruined_at) == (-1, 2, 2)


def test_a_path_goes_on_below_zero() -> None:
    table = PricedTable((GRID // 2, GRID // 2), (2, 0), 1)
    (path,) = simulate_bankroll(table, 6, 0, ScriptedWalks([0, 0, 1, 1, 1, 1]))
    assert path.bankroll_nano == (0, -1, -2, -1, 0, 1, 2)
    assert (path.low_nano, path.low_at, path.ruined_at) == (-2, 2, 1)


def test_the_part_of_paths_that_were_ruined() -> None:
    table = PricedTable((GRID // 2, GRID // 2), (2, 0), 1)
    paths = simulate_bankroll(table, 2, 0, ScriptedWalks([0, 1, 1, 1, 1, 0, 1, 1]), paths=4)
    assert [path.ruined_at for path in paths] == [1, None, None, None]
    assert ruin_frequency(paths) == 0.25


@pytest.mark.parametrize(
    ("part", "expected"), [(0, 1), (0.01, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.6, 3), (0.61, 5), (0.99, 9), (1, 9)]
)
def test_a_quantile_is_the_least_amount_that_enough_do_not_exceed(part: float, expected: int) -> None:
    assert quantile([9, 1, 5, 3, 2], part) == expected


@pytest.mark.parametrize("size", [1, 10, 100, 1000])
@pytest.mark.parametrize("hundredths", range(1, 101))
def test_a_quantile_is_not_off_by_one_where_floats_are(size: int, hundredths: int) -> None:
    assert quantile(range(1, size + 1), hundredths / 100) == -(-size * hundredths // 100)


@pytest.mark.parametrize(("amounts", "part"), [([], 0.5), ([1], -0.1), ([1], 1.1), ([1], float("nan"))])
def test_what_has_no_quantile_is_refused(amounts: list[int], part: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        quantile(amounts, part)


def test_progress_is_told_over_all_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "STRETCH", 4)
    told: list[tuple[int, int]] = []
    table = priced_table(2, [(1, 1.0)])
    simulate_bankroll(table, 10, 5, ScriptedWalks([0] * 20), paths=2, on_progress=lambda *now: told.append(now))
    assert told == [(done, 20) for done in (4, 8, 10, 14, 18, 20)]


def test_stretches_fit_machine_integers() -> None:
    """The scripted dice assert it, too."""
    dice = ScriptedWalks([0] * 30)
    simulate_bankroll(PricedTable((GRID,), (MAX_UNITS,), 1), 30, 0, dice)
    assert dice.asked == [9, 9, 9, 3]


@pytest.mark.parametrize("openings", [0, -1, MAX_OPENINGS + 1])
def test_openings_out_of_range_are_refused(openings: int) -> None:
    table = priced_table(2, [(1, 1.0)])
    with pytest.raises(ValueError, match="between 1 and 1,000,000,000,000,000"):
        simulate_counts(table, openings, ScriptedBinomials([]))
    with pytest.raises(ValueError, match="between 1 and 1,000,000,000,000,000"):
        simulate_bankroll(table, openings, 1, ScriptedWalks([]))


@pytest.mark.parametrize(("bankroll", "paths", "points"), [(-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_simulation_needs_something_to_do(bankroll: int, paths: int, points: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        simulate_bankroll(priced_table(2, SIGMA), 1, bankroll, ScriptedWalks([]), paths=paths, points=points)

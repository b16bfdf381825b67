"""What a case can cost the house."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from math import exp, inf, isqrt, log, nan, nextafter
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from stickercase.domain.cases.risk import Risk, Verdict, measure_risk
from stickercase.domain.fairness import GRID, BadOdds, ticket_widths
from stickercase.domain.money import BadAmount

SIGMA_PRICE = 90.5
SIGMA = [(18900, 0.0025), (430.52, 0.051798642533936665), (3.413, 0.9457013574660634)]
COIN = [(2, 0.4), (0, 0.6)]
"""At a price of 1: one TON lost or won. Its ruin is the gambler's, known exactly."""

PRECISION = Decimal("1e-12")

Rows = list[tuple[float, float]]


def exponent_of(risk: Risk) -> float:
    assert risk.verdict is Verdict.BOUNDED
    assert risk.lundberg_exponent is not None
    return risk.lundberg_exponent


def tickets(rows: Rows) -> list[tuple[Fraction, Fraction]]:
    """The rows that can be drawn, in exact numbers."""
    widths = ticket_widths([chance for _, chance in rows])
    return [(Fraction(floor), Fraction(width, GRID)) for (floor, _), width in zip(rows, widths, strict=True) if width]


# --- vectors


def test_the_published_vector() -> None:
    risk = measure_risk(SIGMA_PRICE, SIGMA)
    assert exponent_of(risk) == pytest.approx(3.205e-5, rel=1e-4)
    assert risk.bankroll_for(0.01) == pytest.approx(143_700, rel=2e-4)
    assert risk.return_to_player == pytest.approx(1 - 0.1958228694282642, abs=1e-13)
    assert risk.hit_rate == pytest.approx(0.0025 + 0.051798642533936665, abs=1e-15)
    assert risk.largest_liability == 18809.5
    assert risk.standard_deviation == pytest.approx(947.2803817954489, rel=1e-13)


def test_the_exponent_of_a_coin_is_known_exactly() -> None:
    risk = measure_risk(1, COIN)
    assert exponent_of(risk) == pytest.approx(log(0.6 / 0.4), rel=1e-15)
    # The gambler's ruin from u is (p/q)^(u+1): the last step ends exactly one below zero, so the lower bound is met.
    for bankroll in (0, 1, 7, 30):
        assert risk.ruin_probability_at_least(bankroll) == pytest.approx((0.4 / 0.6) ** (bankroll + 1), rel=1e-13)
        assert risk.ruin_probability_bound(bankroll) == pytest.approx((0.4 / 0.6) ** bankroll, rel=1e-13)


def test_one_rare_prize_makes_the_bound_far_from_tight() -> None:
    risk = measure_risk(10, [(10_000, 1e-5), (9, 0.9), (5, 0.09999)])
    bankroll = risk.bankroll_for(0.01)
    assert risk.ruin_probability_bound(bankroll) > 50 * risk.ruin_probability_at_least(bankroll)


# --- moments

amounts = st.floats(1e-12, 1e6) | st.floats(1e-9, 1e12) | st.sampled_from([0.0, 1.0, 90.5])
prices = st.floats(1e-3, 1e6) | st.sampled_from([1.0, 90.5])
weights = st.floats(1e-12, 1) | st.integers(1, 100).map(float) | st.just(0.0)


@st.composite
def some_rows(draw: st.DrawFn) -> Rows:
    """Rows of any floors; chances sum to 1 as well as floats can."""
    pairs = draw(st.lists(st.tuples(amounts, weights), min_size=1, max_size=12))
    total = sum(weight for _, weight in pairs)
    assume(total > 0)
    return [(floor, weight / total) for floor, weight in pairs]


def near(value: float, truth: Fraction) -> bool:
    """Within a unit in the last place."""
    return abs(Fraction(value) - truth) <= abs(truth) * Fraction(1, 2**52)


def root_of(square: Fraction) -> Fraction:
    """The square root, to 30 digits."""
    scale = 10**60
    return Fraction(isqrt(square.numerator * scale * scale // square.denominator), scale)


@settings(max_examples=300)
@given(prices, some_rows())
def test_moments_are_those_of_an_enumeration(price: float, rows: Rows) -> None:
    risk, drawn = measure_risk(price, rows), tickets(rows)
    mean = sum(floor * chance for floor, chance in drawn)
    assert near(risk.return_to_player, mean / Fraction(price))
    assert near(risk.hit_rate, Fraction(sum(chance for floor, chance in drawn if floor >= Fraction(price))))
    assert near(risk.standard_deviation, root_of(sum((floor - mean) ** 2 * chance for floor, chance in drawn)))
    assert near(risk.largest_liability, max(floor for floor, _ in drawn) - Fraction(price))


def test_the_deviation_survives_a_prize_that_dwarfs_the_rest() -> None:
    """E[x²] − E[x]² in floats keeps nothing of this one."""
    risk = measure_risk(1, [(1e12, 0.5), (1e12 + 0.5, 0.5)])
    assert risk.standard_deviation == 0.25


def test_equal_floors_do_not_deviate() -> None:
    assert measure_risk(0.7, [(0.1, 0.3), (0.1, 0.7)]).standard_deviation == 0


# --- the exponent


def bounded_case(seed: int) -> tuple[float, Rows]:
    """A case the house earns from, with something to fear: ratios from 10^-9 to 10^12, margins from 10^-14 to all."""
    random = Random(seed)
    price = 10 ** random.uniform(-3, 3)
    dear = [price + price * 10 ** random.uniform(-9, 12) for _ in range(random.randint(1, 5))]
    cheap = [price - price * min(1.0, 10 ** random.uniform(-9, 2)) for _ in range(random.randint(1, 5))]
    costs = [(floor, 10 ** random.uniform(-6, 0)) for floor in dear]
    gains = [(floor, 10 ** random.uniform(-6, 0)) for floor in cheap]
    balance = sum((price - floor) * weight for floor, weight in gains) / sum((f - price) * w for f, w in costs)
    share = random.choice([1 - 10 ** random.uniform(-14, -0.01), 10 ** random.uniform(-9, -0.01)])
    rows = [(floor, weight * balance * share) for floor, weight in costs] + gains
    total = sum(weight for _, weight in rows)
    return price, [(floor, weight / total) for floor, weight in rows]


# Drawing every number by itself would take Hypothesis ten times as long as what is tested.
bounded_cases = st.integers(0, 2**32 - 1).map(bounded_case)


def excess(exponent: Decimal, price: float, rows: Rows) -> Decimal:
    """``E[exp(R·(floor − price))] − 1`` with 60 digits."""
    terms = [
        Decimal(chance.numerator) / chance.denominator * (exponent * (Decimal(float(floor)) - Decimal(price))).exp()
        for floor, chance in tickets(rows)
    ]
    return sum(terms, Decimal(-1))


def is_root(exponent: float, price: float, rows: Rows) -> bool:
    """Whether the equation's positive root lies within 10^-12 of this one, relatively: the sign changes there."""
    with localcontext() as context:
        context.prec = 60
        below, above = Decimal(exponent) * (1 - PRECISION), Decimal(exponent) * (1 + PRECISION)
        return excess(below, price, rows) < 0 < excess(above, price, rows)


@settings(max_examples=2000)
@given(bounded_cases)
def test_the_exponent_solves_the_equation(case: tuple[float, Rows]) -> None:
    price, rows = case
    risk = measure_risk(price, rows)
    assume(risk.verdict is Verdict.BOUNDED)  # tickets may have rounded the last of the margin away
    assert is_root(exponent_of(risk), price, rows)


@pytest.mark.parametrize("off", [1 - 1e-11, 1 + 1e-11])
def test_another_exponent_would_be_noticed(off: float) -> None:
    exponent = exponent_of(measure_risk(SIGMA_PRICE, SIGMA))
    assert is_root(exponent, SIGMA_PRICE, SIGMA)
    assert not is_root(exponent * off, SIGMA_PRICE, SIGMA)


@given(st.floats(1.01, 1000), st.floats(0.01, 0.99), st.floats(0.0, 0.9))
def test_a_general_root_finder_agrees(prize: float, spent: float, consolation: float) -> None:
    chance = spent * (1 - consolation) / (prize - consolation)
    rows = [(prize, chance), (consolation, 1 - chance)]
    exponent = exponent_of(measure_risk(1, rows))

    def equation(r: float) -> float:
        return sum(float(p) * exp(min(700, r * (float(x) - 1))) for x, p in tickets(rows)) - 1

    assert exponent == pytest.approx(brentq(equation, exponent / 3, exponent * 3, xtol=1e-300, rtol=1e-12), rel=1e-8)


@pytest.mark.parametrize("margin", [Fraction(1, 10**e) for e in (3, 6, 9, 12, 15, 30)])
def test_a_thin_margin_keeps_its_digits(margin: Fraction) -> None:
    """Near the boundary R → 2 · margin / variance: here for a coin that pays 2 less twice the margin, or nothing."""
    exponent = exponent_of(measure_risk(1, [(2 - 2 * margin, 0.5), (0, 0.5)]))
    assert exponent == pytest.approx(float(2 * margin), rel=2.1 * float(margin) + 1e-14)


def test_five_hundred_rows_are_no_trouble() -> None:
    rows = [(float(n), 1 / 500) for n in range(500)]
    assert is_root(exponent_of(measure_risk(300, rows)), 300, rows)


# --- how it moves


@given(bounded_cases, st.floats(1.001, 3))
def test_a_dearer_case_is_safer(case: tuple[float, Rows], factor: float) -> None:
    price, rows = case
    risk, dearer = measure_risk(price, rows), measure_risk(price * factor, rows)
    assume(risk.verdict is dearer.verdict is Verdict.BOUNDED)
    assert exponent_of(dearer) > exponent_of(risk)
    assert dearer.return_to_player < risk.return_to_player


@given(bounded_cases, st.integers(-20, 20))
def test_the_unit_does_not_matter(case: tuple[float, Rows], power: int) -> None:
    price, rows = case
    risk = measure_risk(price, rows)
    scaled = measure_risk(price * 2.0**power, [(floor * 2.0**power, chance) for floor, chance in rows])
    assert (scaled.verdict, scaled.return_to_player) == (risk.verdict, risk.return_to_player)
    assume(risk.verdict is Verdict.BOUNDED)
    assert exponent_of(scaled) * 2.0**power == pytest.approx(exponent_of(risk), rel=1e-14)


def test_a_row_may_be_split_and_rows_may_be_swapped() -> None:
    rows = [(5, 0.125), (3, 0.125), (0, 0.75)]
    split = [(0, 0.25), (3, 0.125), (0, 0.5), (5, 0.0625), (5, 0.0625)]
    risk, same = measure_risk(2, rows), measure_risk(2, split)
    assert exponent_of(same) == pytest.approx(exponent_of(risk), rel=1e-15)
    assert replace(same, lundberg_exponent=risk.lundberg_exponent) == risk


def test_a_bigger_bankroll_is_ruined_less_often() -> None:
    risk = measure_risk(SIGMA_PRICE, SIGMA)
    bounds = [risk.ruin_probability_bound(bankroll) for bankroll in (0, 1, 1000, 1e5, 1e6)]
    assert bounds[0] == 1
    assert bounds == sorted(bounds, reverse=True)
    assert len(set(bounds)) == len(bounds)


@given(st.floats(1e-300, 1, exclude_max=True))
def test_the_bankroll_for_a_probability_has_it_as_its_bound(probability: float) -> None:
    risk = measure_risk(1, COIN)
    assert risk.ruin_probability_bound(risk.bankroll_for(probability)) == pytest.approx(probability, rel=1e-12)


# --- verdicts


@pytest.mark.parametrize(
    ("price", "rows", "verdict"),
    [
        (1, [(1, 1.0)], Verdict.IMPOSSIBLE),  # all comes back: nothing lost, nothing won
        (1, [(0.5, 1.0)], Verdict.IMPOSSIBLE),
        (1, [(0, 1.0)], Verdict.IMPOSSIBLE),
        (1, [(1.5, 1.0)], Verdict.CERTAIN),
        (2, [(1, 0.5), (1, 0.5)], Verdict.IMPOSSIBLE),
        (1, [(2, 0.5), (2, 0.5)], Verdict.CERTAIN),
        (1, [(1, 0.5), (2, 0.5)], Verdict.CERTAIN),
        (1, [(2, 0.5), (0, 0.5)], Verdict.CERTAIN),  # a fair game ruins every bankroll in the end
        (1, [(2, 0.0), (0.5, 1.0)], Verdict.IMPOSSIBLE),
        (1, [(2, 1e-20), (0.5, 1.0)], Verdict.IMPOSSIBLE),  # a chance without a ticket is never drawn
        (1, [(2, 2.0**-53), (0.5, 1 - 2.0**-53)], Verdict.BOUNDED),
        (SIGMA_PRICE, SIGMA, Verdict.BOUNDED),
    ],
)
def test_verdicts(price: float, rows: Rows, verdict: Verdict) -> None:
    risk = measure_risk(price, rows)
    assert risk.verdict is verdict
    assert (risk.lundberg_exponent is None) == (verdict is not Verdict.BOUNDED)


def test_the_verdict_turns_exactly_where_the_value_reaches_the_price() -> None:
    """In exact numbers, where a float would round the last nanoton away."""
    rows = [(Fraction(1, 3), 0.5), (Fraction(2, 3), 0.25), (Decimal("0.1"), 0.25)]
    value = Fraction(1, 6) + Fraction(1, 6) + Fraction(1, 40)
    assert measure_risk(value, rows).verdict is Verdict.CERTAIN
    assert measure_risk(value - Fraction(1, 10**40), rows).verdict is Verdict.CERTAIN
    assert measure_risk(value + Fraction(1, 10**40), rows).verdict is Verdict.BOUNDED


@pytest.mark.parametrize("price", [nextafter(1.0, 0), 1.0, nextafter(1.0, 2)])
def test_the_verdict_turns_within_a_single_double(price: float) -> None:
    verdict = measure_risk(price, [(2, 0.5), (0, 0.5)]).verdict
    assert verdict is (Verdict.CERTAIN if price <= 1 else Verdict.BOUNDED)


def test_what_each_verdict_means_for_a_bankroll() -> None:
    impossible, certain = measure_risk(2, [(1, 1.0)]), measure_risk(1, [(2, 0.5), (0, 0.5)])
    assert (impossible.ruin_probability_bound(0), impossible.ruin_probability_at_least(0)) == (0, 0)
    assert (certain.ruin_probability_bound(1e9), certain.ruin_probability_at_least(1e9)) == (1, 1)
    assert (impossible.bankroll_for(1e-9), certain.bankroll_for(0.5), certain.bankroll_for(1)) == (0, inf, 0)
    assert [verdict.value for verdict in Verdict] == ["ruin impossible", "ruin bounded", "ruin certain"]


# --- zero chances, tickets, refusals


@given(some_rows(), amounts)
def test_rows_that_are_never_drawn_do_not_count(rows: Rows, floor: float) -> None:
    assert measure_risk(7, [*rows, (floor, 0.0)]) == measure_risk(7, [(floor, 0.0), *rows]) == measure_risk(7, rows)


@given(some_rows())
def test_tickets_are_chances_too(rows: Rows) -> None:
    drawn = [(floor, float(chance)) for floor, chance in tickets(rows)]
    assert measure_risk(7, drawn) == measure_risk(7, rows)


@pytest.mark.parametrize("amount", [-1e-9, nan, inf, -inf, Decimal("NaN"), Decimal("Infinity"), Fraction(-1, 3)])
def test_what_is_no_amount_is_refused(amount: float) -> None:
    with pytest.raises(BadAmount, match="finite number"):
        measure_risk(1, [(amount, 0.5), (0, 0.5)])
    with pytest.raises(BadAmount, match="finite number"):
        measure_risk(amount, COIN)


def test_a_case_that_costs_nothing_is_refused() -> None:
    with pytest.raises(BadAmount, match="above 0"):
        measure_risk(0, COIN)


@pytest.mark.parametrize("rows", [[], [(1, 0.5)], [(1, -0.5), (1, 1.5)], [(1, nan)]])
def test_chances_that_make_no_table_are_refused(rows: Rows) -> None:
    with pytest.raises(BadOdds):
        measure_risk(1, rows)


@pytest.mark.parametrize("bankroll", [-1, -1e-300, nan])
def test_a_bankroll_is_not_negative(bankroll: float) -> None:
    for risk in (measure_risk(1, COIN), measure_risk(2, [(1, 1.0)])):
        with pytest.raises(ValueError, match="not negative"):
            risk.ruin_probability_bound(bankroll)
        with pytest.raises(ValueError, match="not negative"):
            risk.ruin_probability_at_least(bankroll)


@pytest.mark.parametrize("probability", [0, -0.1, 1.1, nan])
def test_a_probability_of_ruin_can_be_planned_for(probability: float) -> None:
    for risk in (measure_risk(1, COIN), measure_risk(2, [(1, 1.0)])):
        with pytest.raises(ValueError, match="above 0"):
            risk.bankroll_for(probability)

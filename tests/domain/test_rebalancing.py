"""Rebalancing: the vectors of the rules, and what must hold for any case at all."""

from __future__ import annotations

from fractions import Fraction
from math import fsum, log

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from stickercase.domain.cases.least_change import Dual, LeastChange
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import MOST_MOVE, STEP_NANO, Action, Rebalanced, rebalance
from stickercase.domain.cases.tiered import Tiered, shares_of
from stickercase.domain.fairness import GRID

NANO = 10**9
SIGMA = [(2, 0.0025), (3, 0.051798642533936665), (4, 0.9457013574660634)]
SIGMA_FLOORS = [18900, 430.52, 3.413]
SIGMA_FLOORS_NANO = {2: 18900 * NANO, 3: 430_520_000_000, 4: 3_413_000_000}
SIGMA_CHANCES = [chance for _, chance in SIGMA]


def test_tiered_gives_the_vector_of_the_rules() -> None:
    solved = Tiered().at(90.5, SIGMA_FLOORS, SIGMA_CHANCES).solve(72.4)
    assert solved == pytest.approx([0.0025, 0.05091354742488418, 0.9465864525751159], abs=1e-15)


def test_tiered_asked_for_its_own_fee_gives_the_published_chances_back() -> None:
    target = 90.5 * (1 - 19.58228694282642 / 100)
    assert Tiered().at(90.5, SIGMA_FLOORS, SIGMA_CHANCES).solve(target) == pytest.approx(SIGMA_CHANCES, abs=1e-12)


def test_least_change_gives_the_vector_of_the_rules() -> None:
    solved = LeastChange().at(90.5, SIGMA_FLOORS, SIGMA_CHANCES).solve(72.4)
    expected = [0.002480172004111309, 0.051790801717944916, 0.9457290262779439]
    assert solved == pytest.approx(expected, abs=1e-15)


def test_a_fee_inside_the_band_changes_nothing() -> None:
    table = odds_table(SIGMA)
    result = rebalance(90_500_000_000, 20, table, SIGMA_FLOORS_NANO)
    assert (result.action, result.table, result.price_nano) == (Action.KEPT, table, 90_500_000_000)
    assert result.fee == 19.58228694282642


@pytest.mark.parametrize(("worth", "kept"), [(81, True), (79, True), (81.01, False), (78.99, False)])
def test_the_band_is_five_percent_of_the_promise(worth: float, kept: bool) -> None:
    table = odds_table([(1, 0.5), (2, 0.5)])
    floors = {1: round((worth - 20) * NANO), 2: round((worth + 20) * NANO)}
    result = rebalance(100 * NANO, 20, table, floors, LeastChange())
    assert (result.action is Action.KEPT) == kept


# --- any case at all ---------------------------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn, most_rows: int = 60) -> tuple[int, float, OddsTable, dict[int, int]]:
    """A case: price (nanotons), promised fee, table and floors, ordinary or extreme."""
    size = draw(st.one_of(st.integers(1, 6), st.integers(1, most_rows)))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    weights = rng.random(size) ** draw(st.sampled_from([0.5, 1, 4, 20]))
    weights[rng.random(size) < draw(st.sampled_from([0, 0, 0.2]))] = 0
    assume(weights.sum() > 0)
    chances = weights / weights.sum()
    spread = draw(st.sampled_from([0.0, 0.3, 1.0, 3.0, 8.0]))
    floors = np.exp(rng.normal(0, spread, size)) * draw(st.sampled_from([0.01, 1.0, 300.0]))
    floors_nano = {i + 1: int(floor * NANO) for i, floor in enumerate(floors)}
    if draw(st.integers(0, 9)) == 0:
        floors_nano[draw(st.integers(1, size))] = 0
    value = fsum(p * floors_nano[i + 1] for i, p in enumerate(chances))
    price_nano = max(1, int(value * draw(st.floats(0.3, 8.0)))) if value else NANO
    if draw(st.booleans()):
        price_nano = max(STEP_NANO, round(price_nano / STEP_NANO) * STEP_NANO)
    fee = draw(st.one_of(st.just(20.0), st.floats(0, 95)))
    return min(price_nano, 10**17), fee, odds_table((i + 1, float(p)) for i, p in enumerate(chances)), floors_nano


POLICIES: list[Policy] = [Tiered(), LeastChange(), LeastChange(least=0.0005, most=0.4)]
policies = st.sampled_from(POLICIES)


def miss(result: Rebalanced, base_fee: float, floors_nano: dict[int, int]) -> tuple[Fraction, Fraction]:
    """How far the fee on the tickets is from the promise, and one ticket's worth (both in percentage points)."""
    assert result.table is not None
    value = Fraction(sum(row.tickets * floors_nano[row.pack_id] for row in result.table.rows), GRID)
    fee = (1 - value / result.price_nano) * 100
    floors = [floors_nano[row.pack_id] for row in result.table.rows]
    ticket = Fraction(max(floors) - min(floors), GRID) / result.price_nano * 100
    return abs(fee - Fraction(base_fee)), ticket


def check(result: Rebalanced, price_nano: int, base_fee: float, table: OddsTable, floors: dict[int, int]) -> None:
    """Everything the rules promise of a result."""
    assert result.reason
    if result.action is Action.DEACTIVATED:
        assert (result.table, result.price_nano) == (table, price_nano)
        return
    assert result.table is not None
    assert result.fee is not None
    assert sum(row.tickets for row in result.table.rows) == GRID
    assert [row.pack_id for row in result.table.rows] == [row.pack_id for row in table.rows]
    if result.action is Action.REPRICED:
        assert result.price_nano % STEP_NANO == 0
        assert abs(result.price_nano - price_nano) <= max(price_nano * MOST_MOVE, STEP_NANO)
    else:
        assert result.price_nano == price_nano
    if result.table == table:
        assert abs(result.fee - base_fee) <= 0.05 * base_fee + 1e-9
        return
    missed, ticket = miss(result, base_fee, floors)
    assert missed <= max(Fraction(1, 10**9), ticket), (float(missed), float(ticket))


@settings(max_examples=1500, deadline=None)
@given(case=cases(), policy=policies)
def test_no_case_breaks_the_promise(case: tuple[int, float, OddsTable, dict[int, int]], policy: Policy) -> None:
    price_nano, base_fee, table, floors = case
    result = rebalance(price_nano, base_fee, table, floors, policy)
    check(result, price_nano, base_fee, table, floors)
    bounds_are_kept(result, policy, table, floors)
    if result.action in (Action.REWEIGHTED, Action.REPRICED):
        again = rebalance(result.price_nano, base_fee, result.table, floors, policy)
        # With a fee of 0 the band has no width: only then may a rounding be corrected once more.
        if base_fee > 1e-6:
            assert again.action is Action.KEPT
            assert again.table == result.table


def bounds_are_kept(result: Rebalanced, policy: Policy, table: OddsTable, floors_nano: dict[int, int]) -> None:
    if result.table is None or result.table == table or result.action is Action.DEACTIVATED:
        return
    floors = [floors_nano[row.pack_id] / NANO for row in table.rows]
    bounds = policy.at(result.price_nano / NANO, floors, [row.chance for row in table.rows]).bounds
    for row, (low, high) in zip(result.table.rows, bounds, strict=True):
        assert low * (1 - 1e-9) - 2 / GRID <= row.chance <= high * (1 + 1e-9) + 2 / GRID


@settings(max_examples=400, deadline=None)
@given(case=cases())
def test_a_dearer_pack_never_becomes_likelier_than_a_cheaper_one(
    case: tuple[int, float, OddsTable, dict[int, int]],
) -> None:
    price_nano, base_fee, table, floors = case
    result = rebalance(price_nano, base_fee, table, floors)
    assume(result.action in (Action.REWEIGHTED, Action.REPRICED) and result.table != table)
    assert result.table is not None
    price = result.price_nano / NANO
    rows = [
        (floors[old.pack_id] / NANO, old.chance, new.chance)
        for old, new in zip(table.rows, result.table.rows, strict=True)
    ]
    policy = Tiered()
    for cheap, old_cheap, new_cheap in rows:
        for dear, old_dear, new_dear in rows:
            one_tier = (cheap < price) == (dear < price) and (cheap >= 50 * price) == (dear >= 50 * price)
            if one_tier and cheap < dear and old_dear <= old_cheap and policy.name == "tiered":
                assert new_dear <= new_cheap * (1 + 1e-9) + 2 / GRID


@settings(max_examples=300, deadline=None)
@given(case=cases(), policy=policies, seed=st.integers(0, 2**16))
def test_the_order_of_the_rows_changes_nothing(
    case: tuple[int, float, OddsTable, dict[int, int]], policy: Policy, seed: int
) -> None:
    price_nano, base_fee, table, floors = case
    pairs = [(row.pack_id, row.chance) for row in table.rows]
    shuffled = [pairs[i] for i in np.random.default_rng(seed).permutation(len(pairs))]
    assert rebalance(price_nano, base_fee, odds_table(shuffled), dict(reversed(floors.items())), policy) == rebalance(
        price_nano, base_fee, table, floors, policy
    )


@settings(max_examples=20, deadline=None)
@given(case=cases(most_rows=500), policy=policies)
def test_five_hundred_rows_keep_the_promise_as_well(
    case: tuple[int, float, OddsTable, dict[int, int]], policy: Policy
) -> None:
    price_nano, base_fee, table, floors = case
    check(rebalance(price_nano, base_fee, table, floors, policy), price_nano, base_fee, table, floors)


# --- cases without a way -----------------------------------------------------------------------------------------


def test_a_case_without_rows_or_floors_goes_off_sale_and_says_why() -> None:
    assert "no rows" in rebalance(NANO, 20, None, {}).reason
    missing = rebalance(NANO, 20, odds_table([(7, 1.0)]), {})
    assert (missing.action, "pack 7" in missing.reason) == (Action.DEACTIVATED, True)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_a_choice_the_chances_stay_and_the_price_moves_into_the_band(policy: Policy) -> None:
    table = odds_table([(1, 0.3), (2, 0.7)])
    result = rebalance(10 * NANO, 20, table, {1: 9 * NANO, 2: 9 * NANO}, policy)
    # 9 / 11 leaves 18.2 and 9 / 11.5 leaves 21.7 percent: no step is within 19 … 21
    assert result.action is Action.DEACTIVATED
    wider = rebalance(100 * NANO, 20, table, {1: 90 * NANO, 2: 90 * NANO}, policy)
    # 90 / 111.5 leaves 19.28 percent; 111 would leave 18.9, and 100 is what it was
    assert (wider.action, wider.table, wider.price_nano) == (Action.REPRICED, table, 111_500_000_000)


def test_one_row_far_from_its_promise_goes_off_sale() -> None:
    result = rebalance(100 * NANO, 20, odds_table([(1, 1.0)]), {1: NANO})
    assert (result.action, result.feasible_fees) == (Action.DEACTIVATED, None)
    assert "no choice" in result.reason


def test_an_unreachable_fee_is_named_with_the_range_that_could_be_reached() -> None:
    table = odds_table([(1, 0.5), (2, 0.5)])
    result = rebalance(1000 * NANO, 20, table, {1: NANO, 2: 2 * NANO}, LeastChange())
    assert result.action is Action.DEACTIVATED
    assert result.feasible_fees == pytest.approx((99.8, 99.9))
    assert "99.8 to 99.9 %" in result.reason


def test_of_two_equally_near_prices_the_lower_is_taken() -> None:
    # Without a choice, an EV of 81.6 is within the band of 20 percent from 100.8 to 103.2 TON.
    table = odds_table([(1, 0.5), (2, 0.5)])
    floors = {1: 81_600_000_000, 2: 81_600_000_000}
    for price_nano in (97_000_000_000, 107_000_000_000):
        result = rebalance(price_nano, 20, table, floors)
        assert result.action is Action.REPRICED
        assert abs(result.price_nano - price_nano) == min(
            abs(step * STEP_NANO - price_nano) for step in range(202, 207) if 19 <= (1 - 81.6 / (step / 2)) * 100 <= 21
        )


@pytest.mark.parametrize(
    ("price_nano", "rows"),
    [
        (6, [(0.19, 274_911), (0.30, 4), (0.25, 4_225_064_243_603_080), (0.26, 749_026_919)]),
        (103, [(1.0, 62), (6e-29, 282_405_679_957), (2e-74, 95_758_783_798_298)]),
        (64_017, [(0.72, 38_117), (0.28, 10**18)]),
    ],
)
def test_floors_too_far_apart_for_doubles_break_no_promise(price_nano: int, rows: list[tuple[float, int]]) -> None:
    table = odds_table(enumerate(chance for chance, _ in rows))
    floors = {i: floor for i, (_, floor) in enumerate(rows)}
    check(rebalance(price_nano, 20, table, floors, LeastChange()), price_nano, 20, table, floors)


def test_floors_a_billion_times_apart_leave_no_mass_over() -> None:
    # The three cheap rows differ by 1e-8 of the dear one, so the exponents that part them have only that precision;
    # bounds hold all rows but one, which cannot make up mass and value both.
    table = odds_table(enumerate([0.2999045381517959, 0.6833324321720479, 0.016108603727422986, 0.0006544259487333166]))
    floors = dict(enumerate([116_536_937, 194_291_875_298_278_464, 3_633_760_438, 6_970_190_239]))
    price_nano = 10**17
    result = rebalance(price_nano, 20, table, floors, LeastChange(least=0.0005, most=0.4))
    assert result.action is Action.REPRICED
    check(result, price_nano, 20, table, floors)
    bounds_are_kept(result, LeastChange(least=0.0005, most=0.4), table, floors)


# --- the parts ---------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 100), st.one_of(st.just(0.0), st.floats(1e-6, 1))), min_size=1, max_size=30))
@example([(1.0, 0.0), (2.0, 0.5)])
def test_shares_sum_to_one_and_keep_the_order(rows: list[tuple[float, float]]) -> None:
    shares = shares_of(rows)
    assert fsum(shares) == pytest.approx(1)
    for (cheap, old_cheap), new_cheap in zip(rows, shares, strict=True):
        for (dear, old_dear), new_dear in zip(rows, shares, strict=True):
            if cheap < dear and old_dear <= old_cheap:
                assert new_dear <= new_cheap * (1 + 1e-12)


def entropy(chances: list[float], past: list[float]) -> float:
    return fsum(p * log(p / q) for p, q in zip(chances, past, strict=True) if p > 0)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 12), most=st.sampled_from([1.0, 0.6]))
def test_least_change_agrees_with_a_general_purpose_solver(seed: int, size: int, most: float) -> None:
    rng = np.random.default_rng(seed)
    past = rng.dirichlet(np.ones(size)) * 0.9 + 0.1 / size
    floors = np.exp(rng.normal(0, 1, size))
    policy = LeastChange(least=0.01 / size, most=max(most, 2 / size))
    shapes = policy.at(1.0, list(floors), list(past))
    reach = shapes.reach
    assume(reach.low < reach.high)
    target = float(reach.low + (reach.high - reach.low) * rng.uniform(0.05, 0.95))
    ours = shapes.solve(target)
    assert ours is not None
    assert fsum(ours) == pytest.approx(1, abs=1e-14)
    assert fsum(p * v for p, v in zip(ours, floors, strict=True)) == pytest.approx(target, rel=1e-13)
    bounds = shapes.bounds
    conditions(ours, list(past), list(floors), bounds)
    theirs = minimize(
        lambda p: float(np.sum(p * np.log(p / past))),
        np.array(ours) * 0.5 + np.array(past) * 0.5,
        jac=lambda p: np.log(p / past) + 1,
        bounds=bounds,
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1, "jac": lambda p: np.ones(size)},
            {
                "type": "eq",
                "fun": lambda p: (p @ floors - target) / floors.max(),
                "jac": lambda p: floors / floors.max(),
            },
        ],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert entropy(ours, list(past)) <= theirs.fun + 1e-9
    if theirs.success:
        assert entropy(ours, list(past)) == pytest.approx(theirs.fun, abs=1e-7)


def conditions(chances: list[float], past: list[float], floors: list[float], bounds: list[tuple[float, float]]) -> None:
    """The optimality conditions: inside the bounds log(p/q) is a line in the floor, outside it is held back."""
    tags = [(v, log(p / q), p, low, high) for p, q, v, (low, high) in zip(chances, past, floors, bounds, strict=True)]
    loose = sorted((v, t) for v, t, p, low, high in tags if low * (1 + 1e-9) < p < high * (1 - 1e-9))
    if len(loose) < 2 or loose[-1][0] - loose[0][0] < 1e-3:
        return
    (v0, t0), (v1, t1) = loose[0], loose[-1]
    slope = (t1 - t0) / (v1 - v0)
    for v, t, p, low, high in tags:
        line = t0 + slope * (v - v0)
        slack = 1e-6 * (1 + abs(line) + abs(slope * v))
        if p <= low * (1 + 1e-9):
            assert t >= line - slack
        elif p >= high * (1 - 1e-9):
            assert t <= line + slack
        else:
            assert t == pytest.approx(line, abs=slack)


@settings(max_examples=200, deadline=None)
@given(case=cases(most_rows=12))
def test_least_change_is_never_farther_from_the_old_odds_than_tiered(
    case: tuple[int, float, OddsTable, dict[int, int]],
) -> None:
    price_nano, base_fee, table, floors_nano = case
    floors = [floors_nano[row.pack_id] / NANO for row in table.rows]
    past = [row.chance for row in table.rows]
    assume(all(past))
    price = price_nano / NANO
    target = price * (1 - base_fee / 100)
    tiered, least = (policy.at(price, floors, past).solve(target) for policy in (Tiered(), LeastChange()))
    assume(tiered is not None)
    assert tiered is not None
    assert least is not None
    assert entropy(least, past) <= entropy(tiered, past) + 1e-9


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 20))
def test_bisection_finds_what_newton_finds(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    past, floors = rng.dirichlet(np.ones(size)), np.exp(rng.normal(0, 1, size))
    target = float(floors.min() + (floors.max() - floors.min()) * rng.uniform(0.2, 0.8))
    dual = Dual.of(list(floors), list(past), [(0.0, 1.0)] * size, target)
    newton = dual._newton()
    assume(newton is not None)  # where rounding ends the descent early, bisection is what answers
    assert newton is not None
    assert dual._bisected().chances == pytest.approx(newton.chances, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 20), drift=st.floats(-0.2, 0.2))
def test_one_unknown_is_enough_where_no_bound_holds(seed: int, size: int, drift: float) -> None:
    rng = np.random.default_rng(seed)
    past, floors = rng.dirichlet(np.ones(size)), np.exp(rng.normal(0, 1, size))
    target = float(past @ floors) * (1 + drift)
    assume(floors.min() * 1.1 < target < floors.max() / 1.1)
    dual = Dual.of(list(floors), list(past), [(0.0, 1.0)] * size, target)
    both = dual._newton() or dual._bisected()
    assert dual._tilted() == pytest.approx(both.chances, abs=1e-9)
    assert Dual.of(list(floors), list(past), [(0.0, max(both.chances) * 0.99)] * size, target)._tilted() is None

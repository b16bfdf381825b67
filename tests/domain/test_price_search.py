"""The search for a price that keeps the promise, against trying every step of the window one by one."""

from __future__ import annotations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.pricing import measured_fee
from stickercase.domain.cases.rebalancing import MOST_MOVE, STEP_NANO, Action, rebalance
from stickercase.domain.cases.tiered import Tiered

NANO = 10**9
policies = st.sampled_from([Tiered(), LeastChange(), LeastChange(least=0.0005, most=0.4)])


def test_a_price_is_found_between_two_changes_of_tier() -> None:
    # Above 9 TON both rows are cheap, and there is no choice; at 9 TON itself the dear one is rare, and there would be.
    table = odds_table([(1, 0.1), (2, 0.9)])
    result = rebalance(12 * NANO, 20, table, {1: 7 * NANO, 2: 9 * NANO})
    # They are worth 8.8: that leaves 23.5 percent of 11.5 TON, and 20 percent of 11.
    assert (result.action, result.table, result.price_nano) == (Action.REPRICED, table, 11 * NANO)


@settings(max_examples=400, deadline=None)
@example(
    rows=[(9, 20), (1, 35)], steps=10, policy=Tiered(rare_most=1.0)
)  # a turn at the lowest price that may be taken
@given(
    rows=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 400)), min_size=1, max_size=6),
    steps=st.integers(1, 60),
    policy=policies,
)
def test_no_nearer_step_keeps_the_promise(rows: list[tuple[int, int]], steps: int, policy: Policy) -> None:
    table = odds_table((i, weight / sum(weight for weight, _ in rows)) for i, (weight, _) in enumerate(rows))
    floors = {i: floor * NANO // 10 for i, (_, floor) in enumerate(rows)}
    price_nano = steps * STEP_NANO
    result = rebalance(price_nano, 20, table, floors, policy)
    assume(result.action in (Action.REPRICED, Action.DEACTIVATED))
    window = max(int(price_nano * MOST_MOVE), STEP_NANO)
    near = [step * STEP_NANO for step in range(1, 2 * steps + 1) if 0 < abs(step - steps) * STEP_NANO <= window]
    keeping = [nano for nano in near if keeps(nano / NANO, 20, table, floors, policy)]
    nearest = min(keeping, key=lambda nano: (abs(nano - price_nano), nano), default=None)
    assert nearest == (result.price_nano if result.action is Action.REPRICED else None)


def keeps(price: float, base_fee: float, table: OddsTable, floors_nano: dict[int, int], policy: Policy) -> bool:
    """Whether the policy has chances for the promise at a price; without a choice, whether it is within the band."""
    floors = [floors_nano[row.pack_id] / NANO for row in table.rows]
    chances = [row.chance for row in table.rows]
    shapes = policy.at(price, floors, chances)
    if shapes.reach.free:
        return shapes.solve(price * (1 - base_fee / 100)) is not None
    return abs(measured_fee(price, zip(floors, chances, strict=True)) - base_fee) <= 0.05 * base_fee + 1e-9

"""Odds that follow moving floors and keep the promised fee. Pure: the same inputs give the same result.

Inside the band around the promise nothing moves. Otherwise the policy looks for new chances at the present price; if
it has none, the price moves to the nearest step that has some; if there is none, the case goes off sale with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from math import ceil, floor, fsum, inf

from stickercase.domain.cases.exactness import exact_table
from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.cases.policies import Policy, Reach, Shapes
from stickercase.domain.cases.pricing import measured_fee
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.money import NANO, ton

BAND = 0.05
"""How far the fee may drift from the promise, as a part of it: 19 … 21 for 20 percent."""

ROUNDING = 1e-9
"""Percentage points that a measured fee may be off by rounding: a fee on the band's edge is inside."""

STEP_NANO = NANO // 2
"""Prices move to multiples of half a TON."""

MOST_MOVE = 0.30
"""How far a price may move at once, as a part of it (but always one step)."""

TRIES = 8

POLICIES: Mapping[str, Policy] = {policy.name: policy for policy in (Tiered(), LeastChange())}
"""The policies with their usual bounds, by name."""


class Action(Enum):
    """What a rebalance did."""

    KEPT = "kept"
    REWEIGHTED = "re-weighted"
    REPRICED = "repriced"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """A case after a rebalance: what was done and why, in a sentence for operators.

    ``fee`` (percent) is what ``table`` leaves of ``price_nano``; None where it cannot be measured. ``feasible_fees``
    are the least and the greatest fee the policy could reach at the price the case had.
    """

    action: Action
    price_nano: int
    table: OddsTable | None
    fee: float | None
    reason: str
    feasible_fees: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a case with their floors, in nanotons and in TON, as the policies see them."""

    pack_ids: list[int]
    floors_nano: list[int]
    floors: list[float]
    chances: list[float]

    def fee(self, price_nano: int, chances: Sequence[float]) -> float:
        """The measured fee in percent."""
        return measured_fee(ton(price_nano), zip(self.floors, chances, strict=True))


def rebalance(
    price_nano: int,
    base_fee: float,
    table: OddsTable | None,
    floors_nano: Mapping[int, int],
    policy: Policy | None = None,
) -> Rebalanced:
    """Rebalance one case: price in nanotons, promised fee in percent, its table and the floors of its packs.

    Never raises for a price above 0 and a fee of 0 to under 100, whatever the rows are.
    """
    if table is None or not table.rows:
        return Rebalanced(Action.DEACTIVATED, price_nano, table, None, "the case has no rows")
    missing = [row.pack_id for row in table.rows if row.pack_id not in floors_nano]
    if missing:
        reason = f"no floor is known for pack {', '.join(map(str, missing))}, so the fee cannot be measured"
        return Rebalanced(Action.DEACTIVATED, price_nano, table, None, reason)
    pack_ids = [row.pack_id for row in table.rows]
    own_nano = [floors_nano[pack_id] for pack_id in pack_ids]
    rows = Rows(pack_ids, own_nano, [ton(nano) for nano in own_nano], [row.chance for row in table.rows])
    return Rebalance(rows, table, price_nano, base_fee, policy or Tiered()).result()


@dataclass(frozen=True, slots=True)
class Rebalance:
    """One rebalance under way: all it is made of, so that its steps need no arguments."""

    rows: Rows
    table: OddsTable
    price_nano: int
    base_fee: float
    policy: Policy

    def result(self) -> Rebalanced:
        """What is to be done."""
        fee = self.rows.fee(self.price_nano, self.rows.chances)
        if self.in_band(fee):
            return Rebalanced(Action.KEPT, self.price_nano, self.table, fee, "the fee is within its band")
        shapes = self.shapes(self.price_nano)
        reach = shapes.reach
        fees = self.fees(reach)
        table = self.table_among(shapes, self.price_nano) if reach.free else None
        if table is not None:
            why = f"the fee had drifted to {fee:.4g} %"
            return self._changed(Action.REWEIGHTED, self.price_nano, table, why, fees)
        moved = self._nearest_price()
        if moved is not None:
            why = f"at {ton(self.price_nano):g} TON {self._lack(reach, fees)}"
            return self._changed(Action.REPRICED, *moved, why, fees)
        reason = (
            f"{self._lack(reach, fees)} at {ton(self.price_nano):g} TON, nor at any price within {MOST_MOVE:.0%} of it"
        )
        return Rebalanced(Action.DEACTIVATED, self.price_nano, self.table, fee, reason, fees)

    def in_band(self, fee: float) -> bool:
        """Whether a fee keeps the promise well enough to leave everything alone."""
        return abs(fee - self.base_fee) <= BAND * self.base_fee + ROUNDING

    def shapes(self, price_nano: int) -> Shapes:
        """What the policy allows at a price."""
        return self.policy.at(ton(price_nano), self.rows.floors, self.rows.chances)

    def fees(self, reach: Reach) -> tuple[float, float] | None:
        """The fees of a reach at the present price, in percent."""
        if not reach.free or reach.low > reach.high:
            return None
        price = ton(self.price_nano)
        return (1 - reach.high / price) * 100, (1 - reach.low / price) * 100

    def table_among(self, shapes: Shapes, price_nano: int) -> OddsTable | None:
        """The table among these shapes that keeps the promise, exact on its tickets; None when there is none."""
        chances = shapes.solve(ton(price_nano) * (1 - self.base_fee / 100))
        if chances is None:
            return None
        rows = self.rows
        return exact_table(rows.pack_ids, rows.floors_nano, chances, shapes.bounds, price_nano, self.base_fee)

    def _changed(
        self, action: Action, price_nano: int, table: OddsTable, why: str, fees: tuple[float, float] | None
    ) -> Rebalanced:
        fee = self.rows.fee(price_nano, [row.chance for row in table.rows])
        return Rebalanced(action, price_nano, table, fee, why, fees)

    def _lack(self, reach: Reach, fees: tuple[float, float] | None) -> str:
        if not reach.free:
            return "the rows leave no choice of chances"
        if fees is None:
            return f"no chances are within the bounds of the policy {self.policy.name}"
        return (
            f"the policy {self.policy.name} reaches fees of {fees[0]:.4g} to {fees[1]:.4g} %, not {self.base_fee:g} %"
        )

    def _nearest_price(self) -> tuple[int, OddsTable] | None:
        """The nearest price step that keeps the promise (of two equally near the lower), and its table."""
        window = max(int(self.price_nano * MOST_MOVE), STEP_NANO)
        lowest, highest = max(STEP_NANO, self.price_nano - window), self.price_nano + window
        steps: list[int] = []
        for reach, span in self._reaches(lowest, highest):
            steps += self._steps_within(*self._prices(reach, span))
        for price_nano in sorted(set(steps), key=lambda nano: (abs(nano - self.price_nano), nano)):
            if price_nano == self.price_nano or not lowest <= price_nano <= highest:
                continue
            shapes = self.shapes(price_nano)
            table = self.table_among(shapes, price_nano) if shapes.reach.free else self._as_it_is(price_nano)
            if table is not None:
                return price_nano, table
        return None

    def _as_it_is(self, price_nano: int) -> OddsTable | None:
        return self.table if self.in_band(self.rows.fee(price_nano, self.rows.chances)) else None

    def _reaches(self, lowest: int, highest: int) -> list[tuple[Reach, tuple[float, float]]]:
        """The reach of every stretch of prices from ``lowest`` to ``highest`` with the stretch, in TON."""
        # From a step below, because a turn belongs to the stretch that ends there, and ``lowest`` may be one.
        low, high = ton(lowest - STEP_NANO), ton(highest)
        floors, chances = self.rows.floors, self.rows.chances
        edges = sorted({low, high, *(turn for turn in self.policy.turns(floors) if low < turn < high)})
        # Asked in the middle: at its edges a stretch may have the tiers of its neighbour.
        return [(self.policy.at((a + b) / 2, floors, chances).reach, (a, b)) for a, b in pairwise(edges)]

    def _prices(self, reach: Reach, span: tuple[float, float]) -> tuple[float, float]:
        """The prices within ``span`` at which the promise can be kept."""
        if reach.free:
            kept = 1 - self.base_fee / 100
            low, high = reach.low / kept, reach.high / kept
        else:
            value = fsum(p * v for p, v in zip(self.rows.chances, self.rows.floors, strict=True))
            most = 1 - self.base_fee * (1 + BAND) / 100
            low, high = value / (1 - self.base_fee * (1 - BAND) / 100), value / most if most > 0 else inf
        return max(low, span[0]), min(high, span[1])

    def _steps_within(self, low: float, high: float) -> list[int]:
        """The few steps nearest to the present price between two prices; one more on each side for rounding's sake."""
        if low > high + ton(STEP_NANO):
            return []
        first, last = ceil(low * NANO / STEP_NANO) - 1, floor(high * NANO / STEP_NANO) + 1
        below = min(max(self.price_nano // STEP_NANO, first), last)
        nearest = range(max(first, below - TRIES), min(last, below + TRIES) + 1)
        return [step * STEP_NANO for step in nearest]

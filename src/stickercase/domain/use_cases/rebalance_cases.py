"""Rebalance every case that is looked after: measured first, and published case by case, decided under its lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import REBALANCER, Case, CaseStatus, OffSale
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import Action, Rebalanced, rebalance
from stickercase.domain.stock.floors import Floor, doubt
from stickercase.domain.use_cases.price_syncs import QUIET, CaseLine, CaseOutcome
from stickercase.domain.use_cases.publish_cases import publish
from stickercase.domain.use_cases.shelf import fee_of

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.reading import Prices, Shelves
    from stickercase.ports.transactions import Transaction, Transactions

OUTCOMES = {
    Action.KEPT: CaseOutcome.KEPT,
    Action.REWEIGHTED: CaseOutcome.REPUBLISHED,
    Action.REPRICED: CaseOutcome.REPRICED,
    Action.DEACTIVATED: CaseOutcome.DEACTIVATED,
}
Progress = Callable[[int, int], object]
"""Told how many of how many cases are dealt with."""


def unheard(done: int, of: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a case: ``after`` is the case as it should be, its odds id not yet given."""

    outcome: CaseOutcome
    why: str
    before: Case
    after: Case
    fee_before: float | None
    fee_after: float | None

    def of(self, case: Case) -> Verdict:
        """The same verdict on a case that has another picture at most."""
        return replace(self, before=case, after=replace(self.after, image_url=case.image_url))

    def line(self, odds_after: int) -> CaseLine:
        """The verdict as it is recorded, ``odds_after`` being the version in force now."""
        return CaseLine(
            case_id=self.before.id,
            case_name=self.before.name,
            outcome=self.outcome,
            why=self.why,
            price_before_nano=self.before.price_nano,
            price_after_nano=self.after.price_nano,
            fee_before=self.fee_before,
            fee_after=self.fee_after,
            odds_before=self.before.odds_id,
            odds_after=odds_after,
        )


def decide(case: Case, floors: Mapping[int, Floor], policy: Policy, now: datetime) -> Verdict:
    """What is to become of a case at these floors, by pack id. A floor that can't be relied on lets it be."""
    doubts = {row.pack_id: why for row in case.odds.rows if (why := doubt(floors.get(row.pack_id), now)) is not None}
    if doubts:
        told = ", ".join(f"{pack_id} is {why.value}" for pack_id, why in doubts.items())
        return Verdict(CaseOutcome.SKIPPED, f"the floor of pack {told}", case, case, None, None)
    known = {row.pack_id: floors[row.pack_id].price_nano for row in case.odds.rows}
    fee = fee_of(case, known)
    result = rebalance(case.price_nano, case.base_fee, case.odds, known, policy)
    if case.status is CaseStatus.ACTIVE:
        return Verdict(OUTCOMES[result.action], result.reason, case, _after(case, result), fee, result.fee)
    if result.action is Action.DEACTIVATED:
        return Verdict(CaseOutcome.KEPT, f"still off sale: {result.reason}", case, case, fee, fee)
    return Verdict(CaseOutcome.REACTIVATED, result.reason, case, _after(case, result), fee, result.fee)


def _after(case: Case, result: Rebalanced) -> Case:
    if result.action is Action.DEACTIVATED:
        return replace(case, status=CaseStatus.INACTIVE, off_sale=OffSale(REBALANCER, result.reason))
    table = case.odds if result.table is None else result.table
    return replace(case, price_nano=result.price_nano, odds=table, status=CaseStatus.ACTIVE, off_sale=None)


def rebalance_cases(
    transactions: Transactions,
    clock: Clock,
    shelves: Shelves,
    prices: Prices,
    policy: Policy,
    sync_id: int,
    progress: Progress = unheard,
) -> Sequence[CaseLine]:
    """Deal with every case that the rebalancer looks after, for a run that has begun; the lines that changed nothing.

    A case that keeps its promise is not locked. The others are, one by one, each in a transaction of its own, and
    decided again if anything about them has moved meanwhile: what a person did in between counts. What the run has
    done already is not done again.
    """
    shelf, _ = shelves.shelf()
    floors = prices.floors()
    tended = sorted((case for case in shelf.cases.values() if case.is_tended), key=lambda case: case.id)
    quiet = []
    for done, case in enumerate(tended, 1):
        line: CaseLine | None
        verdict = decide(case, floors, policy, clock.now())
        if verdict.outcome in QUIET:
            line = verdict.line(case.odds_id)
        else:
            line = _publish(transactions, clock, verdict, floors, policy, sync_id)
        quiet += [line] if line is not None and line.outcome in QUIET else []
        progress(done, len(tended))
    return quiet


def _publish(
    transactions: Transactions,
    clock: Clock,
    looked: Verdict,
    seen: Mapping[int, Floor],
    policy: Policy,
    sync_id: int,
) -> CaseLine | None:
    """Carry out a verdict, or the one that holds now; None when the run has dealt with the case before."""
    with transactions() as tx:
        case = tx.catalogue.case(looked.before.name)
        if case is None or tx.syncs.has_line(sync_id, looked.before.id):
            return None
        if not case.is_tended:
            why = "a person took it off sale meanwhile"
            return Verdict(CaseOutcome.SKIPPED, why, case, case, None, None).line(case.odds_id)
        pack_ids = [row.pack_id for row in case.odds.rows]
        floors, now = tx.floors.floors(pack_ids), clock.now()
        # But for the picture: on the shelf a case without one has the stub's, and chances do not depend on it.
        pictured = replace(case, image_url=looked.before.image_url)
        is_same = pictured == looked.before and all(floors[pack_id] == seen.get(pack_id) for pack_id in pack_ids)
        verdict = looked.of(case) if is_same else decide(case, floors, policy, now)
        if verdict.outcome in QUIET:
            return verdict.line(case.odds_id)
        line = verdict.line(_carry_out(tx, verdict, now))
        tx.syncs.add(sync_id, line)
        return line


def _carry_out(tx: Transaction, verdict: Verdict, at: datetime) -> int:
    """Publish the odds and change the case, where either is another; the odds version in force then."""
    before = verdict.before
    published = publish(tx, replace(verdict.after, odds=before.odds), verdict.after.odds, f"sync: {verdict.why}", at)
    if replace(published, odds=before.odds, odds_id=before.odds_id) != before:
        tx.catalogue.edit_case(published)
    return published.odds_id

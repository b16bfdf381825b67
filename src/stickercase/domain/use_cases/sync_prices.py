"""Sync prices: hear every source, believe what hygiene lets pass, rebalance the cases. One run is one record.

A run that was cut short is made up for by calling it again: what it has committed is found and not done twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.cases.policies import Policy
from stickercase.domain.use_cases.hear_sources import hear_sources, weigh
from stickercase.domain.use_cases.price_syncs import BY_SCHEDULE, SourceLine, SyncHead
from stickercase.domain.use_cases.rebalance_cases import Progress, rebalance_cases, unheard
from stickercase.domain.use_cases.tasks import Done, Task

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.feeds import Feeds
    from stickercase.ports.reading import PriceHistory, Prices, Shelves
    from stickercase.ports.transactions import Transactions


def sync_prices(
    transactions: Transactions,
    clock: Clock,
    feeds: Feeds,
    shelves: Shelves,
    prices: Prices,
    history: PriceHistory,
    policy: Policy,
    task: Task,
    progress: Progress = unheard,
) -> Done:
    """Make or finish the run of the task; its note says what became of it, with an alarm when a source was not heard.

    ``progress`` is told how many of how many cases are dealt with. Raises ``StoreUnavailable`` or ``OutcomeUnknown``:
    then call it again.
    """
    started_by = str(task.payload.get("by", BY_SCHEDULE))
    hear(transactions, clock, feeds, SyncHead(task.id, started_by, clock.now()))
    quiet = rebalance_cases(transactions, clock, shelves, prices, policy, task.id, progress)
    with transactions() as tx:
        tx.syncs.finish(task.id, quiet, clock.now())
    run = history.sync(task.id)
    assert run is not None, "a run that has ended is remembered"
    told = [f"{count} {outcome.value}" for outcome, count in sorted(run.summary.counts.items())]
    told += [_unwell(source) for source in run.summary.sources if not source.is_well]
    return Done(", ".join(told) or "no cases", alarm=not run.summary.is_well)


def hear(transactions: Transactions, clock: Clock, feeds: Feeds, head: SyncHead) -> None:
    """Hear the sources and write what they changed, together with the beginning of the run; once for each run.

    A jump is confirmed by a later sync: a run that heard its sources twice would confirm itself.
    """
    with transactions() as tx:
        if tx.syncs.has_begun(head.id):
            return
    heard = hear_sources(feeds)
    with transactions() as tx:
        floors = tx.floors.lock()
        # Behind the lock: a sync that waited for another one is the later of the two.
        at: datetime = clock.now()
        hearing = weigh(heard, floors, tx.catalogue.packs(), at)
        if tx.syncs.begin(head, hearing.lines):
            tx.floors.write(hearing.floors)


def _unwell(source: SourceLine) -> str:
    return f"{source.contributor}: {source.alarm or source.failed}"

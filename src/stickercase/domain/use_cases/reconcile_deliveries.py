"""Reconcile deliveries with the gift shop, and count those that wait for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.gifts.deliveries import Delivery, Stage
from stickercase.domain.gifts.reconciliation import delivery_mismatch
from stickercase.domain.use_cases.hold_against import hold_against
from stickercase.domain.use_cases.reports import Progress, Section

if TYPE_CHECKING:
    from datetime import datetime

    from stickercase.ports.clock import Clock
    from stickercase.ports.dealings import Dealings
    from stickercase.ports.gifts import Gifts
    from stickercase.ports.reading import Work
    from stickercase.ports.transactions import Transactions

DELIVERIES = "deliveries"
"""The section's name."""
PAGE = 500


def reconcile_deliveries(
    transactions: Transactions,
    clock: Clock,
    dealings: Dealings,
    work: Work,
    gifts: Gifts,
    rest: Callable[[], object],
    span: timedelta,
    progress: Progress,
) -> Section:
    """Hold the deliveries asked for within ``span`` against the shop; nothing is changed.

    Raises ``StoreUnavailable``.
    """
    since = clock.now() - span

    def mismatch(known: Delivery) -> str | None:
        assert known.queue_id is not None, "dealings have numbers"
        state = gifts.status(known.queue_id)
        if delivery_mismatch(known, state, clock.now()) is None:
            return None
        # A worker or a person may have ended it since the page was read.
        with transactions() as tx:
            present = tx.deliveries.find(known.id)
        assert present is not None, "deliveries are never deleted"
        return delivery_mismatch(present, state, clock.now())

    total = dealings.delivery_count(since)
    held = hold_against(clock, rest, DELIVERIES, _deliveries(dealings, since), total, mismatch, progress)
    return _with_those_who_wait(held, work)


def _deliveries(dealings: Dealings, since: datetime) -> Iterator[Delivery]:
    page = dealings.deliveries(since, PAGE, None)
    while page:
        yield from page
        page = dealings.deliveries(since, PAGE, page[-1])


def _with_those_who_wait(held: Section, work: Work) -> Section:
    """The section with one finding more where deliveries are unknown, however old they are: it stands first."""
    waiting = work.dispatch().stages.get(Stage.UNKNOWN)
    if waiting is None:
        return held
    count, since = waiting
    told = f"{count} wait for a person's word, the oldest since {since:%Y-%m-%dT%H:%M:%SZ}"
    return replace(held, finding_count=held.finding_count + 1, findings=(told, *held.findings))

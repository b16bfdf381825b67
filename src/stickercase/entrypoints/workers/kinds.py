"""The kinds of tasks with what performs them, and those that come back periodically."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from stickercase.domain.use_cases.create_invoice import WATCH
from stickercase.domain.use_cases.deliver_gift import DELIVER
from stickercase.domain.use_cases.fetch_avatar import ATTEMPTS, FETCH
from stickercase.domain.use_cases.payout_task import PAY_OUT
from stickercase.domain.use_cases.price_syncs import BY_SCHEDULE, SYNC
from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.domain.use_cases.reports import RECONCILE, FiledReport, Verdict
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.entrypoints.container import Container

SCHEDULES = (
    Schedule("sweep", timedelta(seconds=10)),
    Schedule("resume_payouts", timedelta(seconds=30)),
    Schedule("forget_answers", timedelta(hours=1)),
    Schedule("forget_tasks", timedelta(hours=1), offset=timedelta(minutes=30)),
    Schedule("forget_syncs", timedelta(hours=1), offset=timedelta(minutes=45)),
    Schedule(RECONCILE, timedelta(days=1), offset=timedelta(hours=3)),
)
"""Each names the kind of its tasks. What comes back as often as a setting says is in :func:`schedules`."""


WATCH_ATTEMPTS = 400
"""Even with the shortest pauses these outlast the eight days of a watch over an invoice: no outage ends one."""

PAYOUT_ATTEMPTS = 10_000
"""No outage of the chain ends payouts. Pauses grow, but ``resume_payouts`` makes the next attempt sooner."""
NO_HOT_WALLET = "no hot wallet is set: STICKERCASE_HOT_WALLET_MNEMONIC"
DELIVERY_LEASE = timedelta(minutes=3)
"""Longer than the longest order, which has thirty seconds for each of its parts: who is late is gone."""
DELIVERY_ATTEMPTS = 250
"""With pauses of up to an hour: a shop that is away for days is waited for."""

RECONCILE_LEASE = timedelta(hours=8)
"""Longer than all that it may take: two hours for each vendor, and the audit."""

SYNC_LEASE = timedelta(minutes=3)
LONGEST_BREATH = 0.05
"""Seconds."""
SYNC_ATTEMPTS = 5
"""The next tick is a fresh start: a run that fails again and again must not stand in its way for hours."""


def schedules(container: Container) -> tuple[Schedule, ...]:
    """Everything periodic."""
    return (*SCHEDULES, Schedule(SYNC, container.settings().sync_period))


def handlers(container: Container) -> dict[str, Handler]:
    """What performs each kind. Adapters are made now, in one thread, and used by many."""
    container.transactions()
    container.messages()
    container.audits()
    container.outflows()
    container.dealings()
    container.work()
    container.payments()
    pays = container.payouts() is not None
    container.chain()
    container.gifts()
    container.feeds()
    container.reading()
    container.price_history()
    container.photos()
    container.pictures()
    return {
        WATCH: Handler(container.watch_invoice, attempts=WATCH_ATTEMPTS),
        DELIVER: Handler(container.pursue_delivery, lease=DELIVERY_LEASE, attempts=DELIVERY_ATTEMPTS),
        NOTICE: Handler(container.read_notice),
        PAY_OUT: Handler(container.pay_withdrawals if pays else _unpaid(alarm=True), attempts=PAYOUT_ATTEMPTS),
        "resume_payouts": Handler(container.resume_payouts if pays else _unpaid(alarm=False)),
        FETCH: Handler(container.fetch_avatar, lease=timedelta(minutes=2), attempts=ATTEMPTS + 1),
        "sweep": Handler(_counting(container.sweep_tasks, "sent again")),
        "forget_answers": Handler(_counting(container.forget_answers, "forgotten"), lease=timedelta(minutes=30)),
        SYNC: sync_handler(container.sync_prices),
        "forget_syncs": Handler(_counting(container.forget_syncs, "forgotten"), lease=timedelta(minutes=30)),
        "forget_tasks": Handler(_counting(container.forget_tasks, "forgotten"), lease=timedelta(minutes=30)),
        RECONCILE: Handler(partial(_reconciled, container.reconcile), lease=RECONCILE_LEASE, attempts=5),
    }


def sync_handler(run: Callable[..., Done]) -> Handler:
    """How a price sync is performed: with breath, as players are waiting."""
    return Handler(lambda task: run(task, Breath()), lease=SYNC_LEASE, attempts=SYNC_ATTEMPTS)


class Breath:
    """Rests after each case for as long as it took: between two that are published, openings have the machine."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        """So many of so many cases are dealt with."""
        if done < of:
            time.sleep(min(time.monotonic() - self._since, LONGEST_BREATH))
        self._since = time.monotonic()


def _reconciled(reconcile: Callable[[str], FiledReport], _: Task) -> Done:
    """An alarm unless all is well: somebody should read the report."""
    filed = reconcile(BY_SCHEDULE)
    note = f"report {filed.id}: {filed.report.told}"
    return Done(note, alarm=filed.report.verdict is not Verdict.WELL)


def _counting(act: Callable[[], int], what: str) -> Callable[[Task], Done]:
    """A handler whose note is how many there were."""
    return lambda _: Done(f"{act()} {what}")


def _unpaid(*, alarm: bool) -> Callable[[Task], Done]:
    """What is done about payouts where there is nothing to pay from: withdrawals stay held."""
    return lambda _: Done(NO_HOT_WALLET, alarm=alarm)

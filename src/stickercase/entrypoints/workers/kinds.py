"""The kinds of tasks with what performs them, and those that come back periodically."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from stickercase.domain.use_cases.create_invoice import WATCH
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.entrypoints.container import Container

SCHEDULES = (
    Schedule("sweep", timedelta(seconds=10)),
    Schedule("forget_answers", timedelta(hours=1)),
    Schedule("forget_tasks", timedelta(hours=1), offset=timedelta(minutes=30)),
    Schedule("forget_syncs", timedelta(hours=1), offset=timedelta(minutes=45)),
    Schedule("audit", timedelta(days=1), offset=timedelta(hours=3)),
)
"""Each names the kind of its tasks. What comes back as often as a setting says is in :func:`schedules`."""


WATCH_ATTEMPTS = 250
"""With pauses of up to an hour these outlast the week for which an invoice is watched: no outage ends a watch."""


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
    audits = container.audits()

    def audit() -> Done:
        broken = [f"{report.law}: {report.breaches}" for report in audits.audit() if report.breaches]
        return Done(", ".join(broken) or "every law held", alarm=bool(broken))

    container.payments()
    container.feeds()
    container.reading()
    container.price_history()
    return {
        WATCH: Handler(container.watch_invoice, attempts=WATCH_ATTEMPTS),
        NOTICE: Handler(container.read_notice),
        "sweep": Handler(_counting(container.sweep_tasks, "sent again")),
        "forget_answers": Handler(_counting(container.forget_answers, "forgotten"), lease=timedelta(minutes=30)),
        SYNC: sync_handler(container.sync_prices),
        "forget_syncs": Handler(_counting(container.forget_syncs, "forgotten"), lease=timedelta(minutes=30)),
        "forget_tasks": Handler(_counting(container.forget_tasks, "forgotten"), lease=timedelta(minutes=30)),
        "audit": Handler(lambda _: audit(), lease=timedelta(hours=2), attempts=5),
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


def _counting(act: Callable[[], int], what: str) -> Callable[[Task], Done]:
    """A handler whose note is how many there were."""
    return lambda _: Done(f"{act()} {what}")

"""The kinds of tasks with what performs them, and those that come back periodically."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from stickercase.domain.use_cases.create_invoice import WATCH
from stickercase.domain.use_cases.fetch_avatar import ATTEMPTS, FETCH
from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.entrypoints.container import Container

SCHEDULES = (
    Schedule("sweep", timedelta(seconds=10)),
    Schedule("forget_answers", timedelta(hours=1)),
    Schedule("forget_tasks", timedelta(hours=1), offset=timedelta(minutes=30)),
    Schedule("audit", timedelta(days=1), offset=timedelta(hours=3)),
)
"""Each names the kind of its tasks."""


WATCH_ATTEMPTS = 250
"""With pauses of up to an hour these outlast the week for which an invoice is watched: no outage ends a watch."""


def handlers(container: Container) -> dict[str, Handler]:
    """What performs each kind. Adapters are made now, in one thread, and used by many."""
    container.transactions()
    container.messages()
    audits = container.audits()

    def audit() -> Done:
        broken = [f"{report.law}: {report.breaches}" for report in audits.audit() if report.breaches]
        return Done(", ".join(broken) or "every law held", alarm=bool(broken))

    container.payments()
    container.photos()
    container.pictures()
    return {
        WATCH: Handler(container.watch_invoice, attempts=WATCH_ATTEMPTS),
        NOTICE: Handler(container.read_notice),
        FETCH: Handler(container.fetch_avatar, lease=timedelta(minutes=2), attempts=ATTEMPTS + 1),
        "sweep": Handler(_counting(container.sweep_tasks, "sent again")),
        "forget_answers": Handler(_counting(container.forget_answers, "forgotten"), lease=timedelta(minutes=30)),
        "forget_tasks": Handler(_counting(container.forget_tasks, "forgotten"), lease=timedelta(minutes=30)),
        "audit": Handler(lambda _: audit(), lease=timedelta(hours=2), attempts=5),
    }


def _counting(act: Callable[[], int], what: str) -> Callable[[Task], Done]:
    """A handler whose note is how many there were."""
    return lambda _: Done(f"{act()} {what}")

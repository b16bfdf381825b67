"""A scheduler: says when periodic work is due, and relays every task that has become due to the workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial
from threading import Event, Thread
from typing import TypeVar

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tick_schedule import Ticked
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.workers.servers import check_servers
from stickercase.ports.failures import OutcomeUnknown, QueueUnavailable, StoreUnavailable

IDLE_SECONDS = 0.25
"""How often the relay looks when there was nothing to do."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
STOP_SECONDS = 8.0
AWAY = (StoreUnavailable, QueueUnavailable, OutcomeUnknown)

T = TypeVar("T")
log = structlog.get_logger("stickercase")


def run_scheduler(container: Container, schedules: Sequence[Schedule], stop: Event) -> None:
    """Tick and relay until ``stop``. Any number of schedulers may do so at once.

    Raises ``StoreUnavailable`` or ``QueueUnavailable`` when a server is missing at the start. One that goes away later
    is waited for.
    """
    check_servers(container)
    container.transactions()
    container.messages()
    relay = Thread(target=relaying, args=(container, stop), daemon=True)
    clock = _clock(container, schedules, stop)
    relay.start()
    clock.start()
    log.info("scheduler_ready", schedules=len(schedules))
    stop.wait()
    clock.shutdown(wait=False)
    relay.join(STOP_SECONDS)
    log.info("scheduler_stopped")


def _clock(container: Container, schedules: Sequence[Schedule], stop: Event) -> BackgroundScheduler:
    """APScheduler, which says when to look. What is due then, and for whom, the database decides."""
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    threads = ThreadPoolExecutor(2 * len(schedules) + 1)
    clock = BackgroundScheduler(timezone=UTC, executors={"default": threads}, job_defaults=defaults)
    for schedule in schedules:
        tick = partial(ticking, container, schedule, stop)
        seconds = schedule.period.total_seconds()
        clock.add_job(tick, IntervalTrigger(seconds=seconds, start_date=schedule.anchor, timezone=UTC))
        # And at once, for what was missed while no scheduler ran.
        clock.add_job(tick)
    return clock


def ticking(container: Container, schedule: Schedule, stop: Event) -> None:
    """Deal with a tick, however long it takes until the database answers."""
    tick: Callable[[], Ticked | None] = partial(container.tick_schedule, schedule)
    ticked = insisting(tick, "tick", stop)
    if ticked is not None and ticked.task_id is None:
        log.warning("tick_refused", schedule=schedule.name, tick=ticked.at.isoformat(), why="the last run goes on")


def relaying(container: Container, stop: Event) -> None:
    """Relay what is due, again and again."""
    while not stop.is_set():
        if not insisting(container.relay_tasks, "relay", stop):
            stop.wait(IDLE_SECONDS)


def insisting(act: Callable[[], T], what: str, stop: Event) -> T | None:
    """What ``act`` gives, tried again while servers are away; None when stopped before."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            return act()
        except AWAY as error:
            log.warning("server_away", act=what, why=str(error))
        except Exception:
            log.exception("fault", act=what)
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return None

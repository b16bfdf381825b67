"""`worker` and `scheduler`: what goes on behind the doors."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from threading import Event
from types import FrameType

import click

from stickercase.domain.use_cases.lanes import threads_of_lanes
from stickercase.entrypoints.cli.logs import log_as_json
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import check_complete, read_settings
from stickercase.entrypoints.workers.kinds import handlers, schedules
from stickercase.entrypoints.workers.logs import library_logs_as_json
from stickercase.entrypoints.workers.scheduler import run_scheduler
from stickercase.entrypoints.workers.worker import run_worker


@click.command()
def worker() -> None:
    """Perform tasks. Any number side by side."""
    settings = check_complete(read_settings(os.environ))
    # Each thread works in a transaction of its own.
    pool = max(settings.database_pool, sum(threads_of_lanes(settings.worker_threads).values()))
    container = make_container(replace(settings, database_pool=pool))
    container.redis()  # whether its address is one is said before anything else is made
    stop = prepared()
    run_worker(container, handlers(container), stop)


@click.command()
def scheduler() -> None:
    """Say when periodic work is due, and relay tasks to the workers. Any number side by side."""
    settings = check_complete(read_settings(os.environ))
    container = make_container(settings)
    run_scheduler(container, schedules(container), prepared())


def prepared() -> Event:
    """Log as JSON, and give what SIGINT and SIGTERM set. A second signal ends the process at once."""
    log_as_json()
    library_logs_as_json()
    stop = Event()

    def stopping(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopping)
    return stop

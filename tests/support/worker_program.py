"""A worker or a scheduler as `stickercase` runs them, with kinds of tasks that note what was done to them.

``python -m support.worker_program worker|scheduler``. Leases are short, so that the work of the dead comes back soon.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, text

from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import read_settings
from stickercase.entrypoints.workers import kinds
from support.programs import serve

TABLES = """
    CREATE TABLE begun (subject text, at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE noted (subject text, at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE effects (subject text PRIMARY KEY);
"""
"""Every beginning, every end, and what is left in the world: once for each subject however often it was noted."""
LEASE = timedelta(seconds=4)
SCHEDULES = (Schedule("sweep", timedelta(seconds=2)), Schedule("minute_hand", timedelta(seconds=1)))


def noting(engine: Engine) -> Callable[[Task], Done]:
    """Takes as long as the payload says, and notes its subject (a tick's: the time)."""

    def note(task: Task) -> Done:
        subject = {"subject": str(task.payload.get("tick", task.subject))}
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO begun VALUES (:subject)"), subject)
        time.sleep(float(str(task.payload.get("seconds", 0))))
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO effects VALUES (:subject) ON CONFLICT DO NOTHING"), subject)
            connection.execute(text("INSERT INTO noted VALUES (:subject)"), subject)
        return Done()

    return note


def poison(_: Task) -> Done:
    """Never works."""
    raise ValueError("hush-hush")


def handlers(container: Container) -> dict[str, Handler]:
    """The product's, and those of the tests."""
    note = noting(container.engine())
    own = {"note": Handler(note, lease=LEASE), "minute_hand": Handler(note, lease=LEASE)}
    return kinds.handlers(container) | own | {"poison": Handler(poison, lease=LEASE, attempts=2)}


def main(what: str) -> None:
    """Run it."""
    serve(what, make_container(read_settings(os.environ)), handlers, SCHEDULES)


if __name__ == "__main__":
    main(sys.argv[1])

"""A database with workers and schedulers at it, and counts of what they did."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import text

from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import Settings, read_settings
from support import worker_program
from support.api_processes import Running, api_settings, environment, eventually

TESTS = Path(worker_program.__file__).parents[1]
PROGRAM = (sys.executable, "-m", "support.worker_program")


class Workshop:
    """Processes on one database and one Redis, all of which end with the block."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.environ = environment(**api_settings(database_url, redis_url), worker_threads="3")
        self.environ["PYTHONPATH"] = str(TESTS)
        settings: Settings = read_settings(self.environ)
        self.container = make_container(settings)
        self._processes = ExitStack()

    def __enter__(self) -> Self:
        with self.container.engine().begin() as connection:
            connection.execute(text(worker_program.TABLES))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.close()
        for engine in (self.container.engine(), self.container.reading_engine()):
            engine.dispose()

    def start(self, *what: str) -> list[Running]:
        """Start a worker or a scheduler for each word, and wait until they are ready."""
        started = [self._processes.enter_context(Running([word], self.environ, program=PROGRAM)) for word in what]
        for word, process in zip(what, started, strict=True):
            process.err.line_with(f'"{word}_ready"')
        return started

    def add(self, count: int, kind: str = "note", seconds: float = 0.0, name: str = "a") -> None:
        """Add so many tasks that are due now."""
        now = datetime.now(UTC)
        with self.container.transactions()() as tx:
            for number in range(count):
                tx.tasks.add(kind, f"{name}:{number:04}", {"seconds": seconds}, now, now)

    def counts(self, table: str, name: str = "a") -> Counter[str]:
        """How often each subject of a name stands in ``begun``, ``noted`` or ``effects``."""
        with self.container.engine().connect() as connection:
            rows = connection.execute(
                text(f"SELECT subject FROM {table} WHERE subject LIKE :like"), {"like": f"{name}:%"}
            )
            return Counter(row.subject for row in rows)

    def in_flight(self, name: str = "a") -> int:
        """How many were begun and are not noted yet."""
        return self.counts("begun", name).total() - self.counts("noted", name).total()

    def has_noted(self, count: int, name: str = "a") -> bool:
        """Whether so many different subjects were noted."""
        return len(self.counts("noted", name)) >= count

    def until_noted(self, count: int, seconds: float = 60.0, name: str = "a") -> float:
        """Wait for it; how many seconds it took."""
        before = datetime.now(UTC)
        eventually(lambda: self.has_noted(count, name), f"{count} noted {name}", seconds)
        return (datetime.now(UTC) - before) / timedelta(seconds=1)

    def states(self, kind: str) -> Counter[str]:
        """How many tasks of a kind are in which state."""
        with self.container.engine().connect() as connection:
            rows = connection.execute(
                text("SELECT state, count(*) FROM tasks WHERE kind = :kind GROUP BY state"), {"kind": kind}
            )
            return Counter({row.state: row.count for row in rows})

    def ticks(self) -> list[Any]:
        """When each run of the minute hand was noted for, in the order of the ticks."""
        with self.container.engine().connect() as connection:
            rows = connection.execute(text("SELECT subject FROM noted WHERE subject LIKE '2%' ORDER BY 1"))
            return [datetime.fromisoformat(row.subject) for row in rows]

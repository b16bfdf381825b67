"""Where ours and its limits meet: one server, one stock of cases and players, one way to measure each of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psycopg

from bench.support import one_opening
from bench.support.figures import Plan, number, say
from bench.support.ground import Api, Ground, Spent, api_command, api_process, measuring_ground
from bench.support.http_load import CONNECTIONS, Load, Measured
from bench.support.pgbench import CLIENTS, pgbench
from bench.support.population import CASES, PLAYERS, populate, write_credentials
from stickercase.adapters.postgres.audits import PostgresAudits
from stickercase.adapters.postgres.connections import connect
from stickercase.domain.ledger.laws import LAWS, LawReport

T = TypeVar("T")

OURS, LIMITS = "stickercase", "limits"
SCRIPTS = {
    "A": one_opening.script(1),
    "A1": one_opening.call_script(1),
    "A spread": one_opening.script(CASES),
    "A1 spread": one_opening.call_script(CASES),
}
CALIBRATION_SECONDS = 2
# More openings per second than any contender reaches, on one case and on each of many: the stock must outlast them.
FASTEST, FASTEST_SPREAD = 15_000, 1_200
# How long the first case is under load in one round, and each of many; see openings.py.
STRETCHES, STRETCHES_SPREAD = 3, 1
UNITS = 1_000_000
# Processors that others may take; the kernel's own threads, which write the disk, count as others.
NOISE = 0.15
# What pgbench rolls is no draw of any seed: the copy keeps every law but this one.
NOT_OF_LIMITS = {"draws_replay"}


@dataclass(frozen=True)
class Sample:
    """One measurement of one contender. pgbench tells no percentiles."""

    began_at: datetime
    ended_at: datetime
    opens: int
    per_second: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    spent: Spent


class Arena:
    """The contenders, ready to be measured. The limits write to a copy: no side grows the other's tables."""

    def __init__(self, ground: Ground, load: Load, ours: Api, without_database: Api, patience: float) -> None:
        self.load = load
        self.ours = ours
        self.without_database = without_database
        self.clients: dict[str, int] = {}
        self.problems: list[str] = []
        self._ground = ground
        self._patience = patience
        self._limits_url = ground.url_of(LIMITS)
        self._answered = 0
        self._cut_off = 0

    def over_http(
        self, api: Api, seconds: float, *, connections: int = CONNECTIONS, cases: int = 1, players: int = PLAYERS
    ) -> Sample:
        """Load one of the API processes; every answer must be a success."""
        began_at, measured, spent = self._metered(lambda: self._load(api, seconds, connections, cases, players), api)
        latencies = (measured.mean_ms, measured.p50_ms, measured.p99_ms)
        return Sample(began_at, datetime.now(UTC), measured.requests, measured.per_second, *latencies, spent)

    def by_pgbench(self, script: str, seconds: float, clients: int | None = None) -> Sample:
        """Run one of the scripts on the copy, with the number of clients that suits it best."""
        wanted = clients or self.clients[script]
        path = self._path(script)
        began_at, run, spent = self._metered(lambda: pgbench(self._limits_url, path, wanted, seconds), None)
        if run.failed:
            self.problems.append(f"{run.failed} transactions of pgbench failed")
        latencies = (run.latency_ms, 0.0, 0.0)
        return Sample(began_at, datetime.now(UTC), run.transactions, run.per_second, *latencies, spent)

    def calibrate(self) -> None:
        """Find the number of clients with the most openings per second, for every script."""
        for name, text in SCRIPTS.items():
            self._path(name).write_text(text)
            rates = {clients: self.by_pgbench(name, CALIBRATION_SECONDS, clients).per_second for clients in CLIENTS}
            self.clients[name] = max(rates, key=lambda clients: rates[clients])
            say(f"{name}: " + ", ".join(f"{number(rate)} opens/s by {clients}" for clients, rate in rates.items()))

    def warm_up(self, api: Api) -> Sample:
        """Let every player open a case, as after a start of the process; what the first seconds of that were like."""
        first = self.over_http(api, CALIBRATION_SECONDS)
        opens = first.opens
        while opens < PLAYERS:
            opens += self._load(api, CALIBRATION_SECONDS).requests
        return first

    def batches(self, sample: Sample) -> int:
        """How many batches we committed in a sample: all openings of a batch carry its one moment."""
        with psycopg.connect(self._ground.postgres.url) as connection:
            query = "SELECT count(DISTINCT at) FROM case_draws WHERE at BETWEEN %s AND %s"
            row = connection.execute(query, [sample.began_at, sample.ended_at]).fetchone()
        assert row is not None
        return int(row[0])

    def audit(self) -> Sequence[LawReport]:
        """The laws over everything we wrote; what is broken, there or in the limits' copy, is a problem."""
        reports = self._audit(self._ground.postgres.url)
        for name, found, exempt in ((OURS, reports, set()), (LIMITS, self._audit(self._limits_url), NOT_OF_LIMITS)):
            broken = [report.law for report in found if report.breaches and report.law not in exempt]
            if broken or {report.law for report in found} != set(LAWS):
                self.problems.append(f"laws broken in {name}: {', '.join(broken) or 'some were not looked at'}")
        self._count(next(report.checked for report in reports if report.law == "draws_replay"))
        return reports

    def _load(
        self, api: Api, seconds: float, connections: int = CONNECTIONS, cases: int = 1, players: int = PLAYERS
    ) -> Measured:
        measured = self.load.run(api.url, seconds, connections=connections, cases=cases, players=players)
        if measured.refused or measured.broken:
            self.problems.append(f"{measured.refused} answers were no success, {measured.broken} never came")
        if api is self.ours:
            self._answered += measured.requests
            self._cut_off += connections
        return measured

    def _count(self, draws: int) -> None:
        """Every answered opening is there; more only where a load generator left without waiting for the answer."""
        if not self._answered <= draws <= self._answered + self._cut_off:
            self.problems.append(f"{self._answered} openings were answered, {draws} were made")

    def _audit(self, url: str) -> Sequence[LawReport]:
        engine = connect(url, pool_size=1, by_key=False, statement_ms=0)
        try:
            return PostgresAudits(engine).audit()
        finally:
            engine.dispose()

    def _path(self, script: str) -> Path:
        return self._ground.folder / f"{script.replace(' ', '-')}.sql"

    def _metered(self, run: Callable[[], T], api: Api | None) -> tuple[datetime, T, Spent]:
        """Run while the machine is ours, and again if others came in between; as long as patience lasts."""
        while True:
            self._await_quiet()
            self._ground.settle()
            began_at, before = datetime.now(UTC), self._ground.spent(api)
            result = run()
            spent = self._ground.spent(api) - before
            if spent.others <= NOISE or self._patience <= 0:
                return began_at, result, spent
            self._patience -= spent.seconds
            say(f"others took {spent.others:.2f} processors: once more")

    def _await_quiet(self) -> None:
        while self._patience > 0:
            before = self._ground.spent(None)
            time.sleep(1)
            if (self._ground.spent(None) - before).others <= NOISE:
                break
            self._patience -= 1


@contextmanager
def arena(plan: Plan) -> Iterator[Arena]:
    """Servers, stock, players and both API processes."""
    seconds = plan.seconds * plan.rounds
    units = max(UNITS, int(FASTEST * STRETCHES * seconds))
    with ExitStack() as stack:
        ground = stack.enter_context(measuring_ground())
        populate(ground.settings, units=units, units_elsewhere=int(FASTEST_SPREAD * STRETCHES_SPREAD * seconds))
        with psycopg.connect(ground.copy_database(LIMITS), autocommit=True) as limits:
            limits.execute(one_opening.function())
        write_credentials(ground.settings, ground.folder / "credentials")
        load = Load(plan.load, ground.folder / "credentials")
        ours = stack.enter_context(api_process(ground, api_command()))
        stub = stack.enter_context(api_process(ground, [sys.executable, "-m", "bench.without_database"]))
        yield Arena(ground, load, ours, stub, plan.patience)

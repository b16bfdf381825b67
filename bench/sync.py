"""Price syncs of 1,000 packs and 200 cases, alone and beside openings.

Every floor moves in every sync, so that every case drifts out of its band and is published anew: the worst there is.
Runs are made by a process of its own, as a worker is. Openings over 20 of the cases are measured in turns without
any sync and with syncs one after the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from statistics import median
from typing import Any

from bench.support.figures import Bench, Plan, Ratio, Report, number, say
from bench.support.ground import Ground, api_command, api_process, measuring_ground
from bench.support.http_load import Load, Measured
from bench.support.population import CASES, CHANCES, FLOORS_NANO, PRICE_NANO, ROWS, populate, write_credentials
from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.publish_cases import NewCase
from stickercase.entrypoints.container import make_container

ALL_PACKS, ALL_CASES = 1_000, 200
UNITS = 60_000
FACTORS = (1.25, 0.8)
SYNC_SECONDS = 10.0
P99 = 1.5
CROWD, FEW = 64, 4
BESIDE = {"a crowd": CROWD, "a few": FEW}


class Syncer:
    """A process that makes runs on command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._factors = cycle(FACTORS)
        self.problems: list[str] = []

    def sync(self) -> float:
        """One run in which every case drifts; its seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{next(self._factors)}\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        if told["cases"].get("republished", 0) + told["cases"].get("repriced", 0) < ALL_CASES:
            self.problems.append(f"not every case was published: {told['cases']}")
        return float(told["seconds"])

    @contextmanager
    def syncing(self, taken: list[float]) -> Iterator[None]:
        """Runs one after the other until the block ends; their seconds go to ``taken``."""
        is_over = threading.Event()

        def go_on() -> None:
            while not is_over.is_set():
                taken.append(self.sync())

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def run(plan: Plan, report: Report) -> None:
    """Measure in turns."""
    with measuring_ground() as ground:
        populate(ground.settings, units=UNITS, units_elsewhere=UNITS)
        _add_more(ground)
        credentials = ground.folder / "credentials"
        write_credentials(ground.settings, credentials)
        load = Load(plan.load, credentials)
        report.notes.append(f"HTTP load by {load.name}; each figure is the median of {plan.rounds} rounds")
        with api_process(ground, api_command()) as api, _syncer(ground) as syncer:
            say("warming up")
            for _ in range(2):
                syncer.sync()
            load.run(api.url, plan.seconds, cases=CASES)
            alone = [syncer.sync() for _ in range(2 * plan.rounds)]
            target = Ratio("seconds", median(alone) / SYNC_SECONDS, 1.0, at_most=True)
            report.add(f"sync of {ALL_CASES} drifted cases, alone", alone, "s", target)
            for name, connections in BESIDE.items():
                _beside(plan, report, load, api.url, syncer, name, connections)
            report.problems += syncer.problems


def _beside(plan: Plan, report: Report, load: Load, url: str, syncer: Syncer, name: str, connections: int) -> None:
    """Openings by so many connections without syncs and with them, in turns."""
    without: list[Measured] = []
    beside: list[Measured] = []
    taken: list[float] = []
    for turn in range(1, plan.rounds + 1):
        without.append(load.run(url, plan.seconds, connections=connections, cases=CASES))
        with syncer.syncing(taken):
            beside.append(load.run(url, plan.seconds, connections=connections, cases=CASES))
        say(f"round {turn}, {name}: p99 {number(without[-1].p99_ms)} ms, with syncs {number(beside[-1].p99_ms)} ms")
    refused = sum(one.refused + one.broken for one in (*without, *beside))
    if refused:
        report.problems.append(f"{refused} openings were refused or lost")
    p99 = median(one.p99_ms for one in without)
    report.add(f"openings by {name}, p99 without syncs", [one.p99_ms for one in without], "ms")
    ratio = Ratio("without", median(one.p99_ms for one in beside) / p99, P99, at_most=True)
    report.add(f"openings by {name}, p99 with syncs", [one.p99_ms for one in beside], "ms", ratio)
    rate = median(one.per_second for one in without)
    report.add(f"openings by {name} without syncs", [one.per_second for one in without], "opens/s")
    ratio = Ratio("without", median(one.per_second for one in beside) / rate)
    report.add(f"openings by {name} with syncs", [one.per_second for one in beside], "opens/s", ratio)
    report.add(f"sync beside {name}", taken, "s")


@contextmanager
def _syncer(ground: Ground) -> Iterator[Syncer]:
    command = [sys.executable, "-m", "bench.support.syncing", ground.settings.database_url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Syncer(process)
    finally:
        process.terminate()
        process.wait()


def _add_more(ground: Ground) -> None:
    """Packs and cases beside those that are opened: each case has ten packs of ten collections."""
    say(f"adding packs up to {ALL_PACKS:,} and cases up to {ALL_CASES}")
    container = make_container(ground.settings)
    who = Caller("service:bench")
    for pack_id in range(CASES * ROWS + 1, ALL_PACKS + 1):
        floor_nano = FLOORS_NANO[(pack_id - 1) % ROWS]
        name, collection = f"Pack {pack_id}", f"Collection {pack_id // ROWS}"
        pack = Pack(0, name, collection, "Bench", floor_nano, "/media/b.svg", PackStatus.ACTIVE)
        container.add_pack(who, pack, lambda made: str(made.id).encode())
    for number_ in range(CASES + 1, ALL_CASES + 1):
        first = number_ * ROWS * 7 % (ALL_PACKS - ROWS * ROWS)
        items = [(first // ROWS * ROWS + row * (ROWS + 1) + 1, chance) for row, chance in enumerate(CHANCES)]
        new = NewCase(f"Bench {number_}", PRICE_NANO, 20.0, "/media/b.svg", CaseStatus.ACTIVE, items)
        container.add_case(who, new, lambda made: str(made.id).encode())
    for engine in (container.engine(), container.reading_engine()):
        engine.dispose()


BENCH = Bench("sync", "price syncs of a large catalogue, alone and beside openings", run)

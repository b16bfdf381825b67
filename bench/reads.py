"""Reads over HTTP: the shop and an inventory, against the same server with the answers at hand.

One `stickercase api` process, 200 packs, 20 cases of ten rows, 64 keep-alive connections. Every address is measured

- while nothing changes: what was rendered is served again, after a glance at the database;
- with If-None-Match, answered with 304;
- while something that it shows changes as fast as one writer can change it, so that what was rendered is thrown away.

Limits of the same run: *H*, the same server process with the bytes at hand (bench/answers_at_hand.py), and *Q*,
pgbench asking what the API has to ask, once for each answer, by 8 clients.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg

from bench.support.figures import Bench, Plan, Ratio, Report, number, say
from bench.support.ground import Api, Ground, api_command, api_process, measuring_ground
from bench.support.http_load import chosen
from bench.support.pgbench import pgbench
from bench.support.population import case_name, populate, profile
from bench.support.read_load import read
from stickercase.adapters.postgres.read_sql import GLANCE
from stickercase.entrypoints.container import make_container

CLIENTS = 8
UNITS, UNITS_ELSEWHERE = 10_000, 100
OPENINGS = 5  # of ten: a page of the inventory

PATHS = {
    "cases": "/api/cases/",
    "items": f"/api/cases/{case_name(1).replace(' ', '%20')}/items/",
    "packs": "/api/packs/",
    "contributor": "/api/packs/contributor/Bench/",
}
# Each changes something that the reader shows, and changes it back.
STOCK: LiteralString = "UPDATE stock SET free = free + %s WHERE pack_id = 1"
CATALOGUE: LiteralString = "UPDATE catalogue SET version = version + abs(%s)"
MOVES = {"cases": CATALOGUE, "items": CATALOGUE, "packs": STOCK, "contributor": STOCK}

OF_HAND, OF_HAND_INVENTORY = 0.5, 0.1
OF_ASKING = 1.0

# What an inventory takes: the count, the page, and a glance for the packs.
INVENTORY = """
SELECT count(*) FROM items WHERE player_id = :player AND state = 'owned';
SELECT i.item_id, u.pack_id, u.number FROM items i JOIN units u ON u.id = i.unit_id
WHERE i.player_id = :player AND i.state = 'owned' ORDER BY i.item_id DESC LIMIT 50;
"""


@dataclass(frozen=True)
class Sample:
    """One measurement: answers per second, and what each took of the API's processor time in microseconds."""

    per_second: float
    cpu_us: float = 0.0
    others: float = 0.0


@dataclass
class Place:
    """The contenders, ready to be measured."""

    ground: Ground
    load: str
    ours: Api
    at_hand: Api
    player: int
    credential: str
    problems: list[str] = field(default_factory=list)

    @property
    def inventory(self) -> str:
        """The address of the inventory."""
        return f"/api/users/{profile(0).telegram_id}/inventory/"

    def reads(self, api: Api, path: str, seconds: float, etag: str | None = None) -> Sample:
        """Load one address of an API; every answer must be a success."""
        headers = {"If-None-Match": etag} if etag else {}
        if path == self.inventory:
            headers["Authorization"] = self.credential
        before = self.ground.spent(api)
        measured = read(self.load, api.url + path, seconds, headers)
        spent = self.ground.spent(api) - before
        if measured.refused or measured.broken:
            self.problems.append(f"{path}: {measured.refused} answers were no success, {measured.broken} never came")
        return Sample(measured.per_second, spent.api_cpu / measured.requests * 1e6, spent.others)

    def asked(self, script: str, seconds: float) -> Sample:
        """How often pgbench runs a script in a second."""
        path = self.ground.folder / "reads.sql"
        path.write_text(f"\\set player {self.player}\n{script.strip().rstrip(';')};\n")
        run = pgbench(self.ground.settings.database_url, path, CLIENTS, seconds)
        if run.failed:
            self.problems.append(f"{run.failed} transactions of pgbench failed")
        return Sample(run.per_second)

    @contextmanager
    def moving(self, statement: LiteralString) -> Iterator[list[int]]:
        """Change something over and over; the list has how often."""
        changes, stop = [0], threading.Event()

        def move() -> None:
            with psycopg.connect(self.ground.settings.database_url, autocommit=True) as connection:
                connection.execute("SET synchronous_commit = off")
                while not stop.is_set():
                    for step in (1, -1):
                        connection.execute(statement, [step])
                    changes[0] += 2

        thread = threading.Thread(target=move)
        thread.start()
        try:
            yield changes
        finally:
            stop.set()
            thread.join()


def run(plan: Plan, report: Report) -> None:
    """Measure in turns."""
    with _place(plan) as place:
        report.notes.append(f"HTTP load by {place.load}; each figure is the median of {plan.rounds} rounds")
        samples: dict[str, list[Sample]] = defaultdict(list)
        for turn in range(1, plan.rounds + 1):
            for name, measure in _contenders(place, plan.seconds).items():
                samples[name].append(measure())
                say(f"round {turn}: {name} {number(samples[name][-1].per_second)} a second")
        _check_nothing_is_stale(place)
        report.problems += place.problems
    _figures(report, samples)


def _contenders(place: Place, seconds: float) -> dict[str, Callable[[], Sample]]:
    """What is measured in one round, in this order."""
    found: dict[str, Callable[[], Sample]] = {
        "Q glance": lambda: place.asked(GLANCE, seconds),
        "Q inventory": lambda: place.asked(INVENTORY + GLANCE, seconds),
    }
    for name, path in (PATHS | {"inventory": place.inventory}).items():
        found[f"H {name}"] = lambda path=path: place.reads(place.at_hand, path, seconds)
        found[name] = lambda path=path: place.reads(place.ours, path, seconds)
    for name, path in PATHS.items():
        etag = _get(place.ours, path)[1]
        found[f"H {name}, 304"] = lambda path=path: place.reads(place.at_hand, path, seconds, '"x"')
        found[f"{name}, 304"] = lambda path=path, etag=etag: place.reads(place.ours, path, seconds, etag)
        found[f"{name}, moving"] = lambda name=name, path=path: _while_moving(place, name, path, seconds)
    return found


def _while_moving(place: Place, name: str, path: str, seconds: float) -> Sample:
    with place.moving(MOVES[name]) as changes:
        measured = place.reads(place.ours, path, seconds)
    if not changes[0]:
        place.problems.append(f"{name}: nothing was changed meanwhile")
    return measured


def _figures(report: Report, samples: dict[str, list[Sample]]) -> None:
    rates = {name: [sample.per_second for sample in found] for name, found in samples.items()}
    middle = {name: median(found) for name, found in rates.items()}

    def add(title: str, name: str, *ratios: Ratio) -> None:
        report.add(title, rates[name], "reads/s", *ratios)

    def over(limit: str, name: str, other: str, target: float | None = None) -> Ratio:
        return Ratio(limit, middle[name] / middle[other], target)

    add(f"limit Q, glances (pgbench, {CLIENTS} clients)", "Q glance")
    add(f"limit Q, inventories (pgbench, {CLIENTS} clients)", "Q inventory")
    for name in PATHS:
        still, known, moving = name, f"{name}, 304", f"{name}, moving"
        add(f"limit H, {name}", f"H {name}")
        add(f"{name}, rendered before", still, over("H", still, f"H {name}", OF_HAND), over("Q", still, "Q glance"))
        add(f"{name}, not modified (304)", known, over("H's 304", known, f"H {known}", OF_HAND))
        what = "the stock" if MOVES[name] is STOCK else "the catalogue"
        add(f"{name}, while {what} moves", moving, over("rendered before", moving, still))
    mine = over("H", "inventory", "H inventory", OF_HAND_INVENTORY), over("Q", "inventory", "Q inventory")
    add("limit H, inventory", "H inventory")
    add("inventory of 50", "inventory", *mine)
    _costs(report, samples)


def _costs(report: Report, samples: dict[str, list[Sample]]) -> None:
    """Processor time of the API: it suffers less from others on the machine than the rates do."""
    costs = {name: [sample.cpu_us for sample in found] for name, found in samples.items()}
    for name in (*PATHS, *(f"{name}, 304" for name in PATHS), "inventory"):
        ratio = Ratio("H", median(costs[name]) / median(costs[f"H {name}"]))
        report.add(f"processor time per read, {name}", costs[name], "µs", ratio)
    report.add("processors taken by others", [one.others for found in samples.values() for one in found], "processors")


def _check_nothing_is_stale(place: Place) -> None:
    """What is shown in the end is what a process that has just started shows."""
    with api_process(place.ground, api_command()) as fresh:
        for name, path in PATHS.items():
            if _get(place.ours, path) != _get(fresh, path):
                place.problems.append(f"{name}: what was kept is not what there is")


@contextmanager
def _place(plan: Plan) -> Iterator[Place]:
    with ExitStack() as stack:
        ground = stack.enter_context(measuring_ground())
        populate(ground.settings, units=UNITS, units_elsewhere=UNITS_ELSEWHERE)
        ours = stack.enter_context(api_process(ground, api_command()))
        container = make_container(ground.settings)
        credential = f"tma {container.sign_init_data(profile(0))}"
        path, body = f"/api/cases/{case_name(1).replace(' ', '%20')}/open", {"telegram_id": profile(0).telegram_id}
        for _ in range(OPENINGS):
            _ask(ours, "POST", path, credential, json.dumps({**body, "count": 10}))
        player = ground_player(ground)
        paths = [*PATHS.values(), f"/api/users/{profile(0).telegram_id}/inventory/"]
        answers = ground.folder / "answers.json"
        answers.write_text(json.dumps({path: _ask(ours, "GET", path, credential)[0] for path in paths}))
        at_hand = stack.enter_context(api_process(ground, [sys.executable, "-m", "bench.answers_at_hand", answers]))
        yield Place(ground, chosen(plan.load), ours, at_hand, player, credential)


def ground_player(ground: Ground) -> int:
    """Our id of the player whose inventory is read."""
    with psycopg.connect(ground.settings.database_url) as connection:
        query = "SELECT id FROM players WHERE telegram_id = %s"
        row = connection.execute(query, [profile(0).telegram_id]).fetchone()
    assert row is not None
    return int(row[0])


def _get(api: Api, path: str) -> tuple[str, str]:
    return _ask(api, "GET", path)


def _ask(api: Api, method: str, path: str, credential: str = "", body: str | None = None) -> tuple[str, str]:
    """Body and validator of an answer."""
    connection = http.client.HTTPConnection(str(urlsplit(api.url).netloc), timeout=30)
    connection.request(method, path, body, {"Authorization": credential} if credential else {})
    answer = connection.getresponse()
    content = answer.read().decode()
    assert answer.status == 200, f"{path}: {answer.status} {content[:300]}"
    return content, answer.headers.get("ETag", "")


BENCH = Bench("reads", "reads over HTTP, against the same server with the answers at hand", run)

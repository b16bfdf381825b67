"""Price syncs in the running product: a floor moves outside, and the cases follow. A killed worker publishes nothing twice."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

from support.api_processes import ApiProcess, Running, Tell, api_settings, environment, eventually
from support.command_line import command, inside
from support.databases import copied_database
from support.players import Operator, SoldCase
from support.sandboxes import Outside, outside

KILLS = 50 if os.environ.get("STICKERCASE_LONG") else 3
SYNCS = "/api/operator/price-syncs"
PACKS = {"Cook": "5.969", "Not Cap": "430.52"}

pytestmark = pytest.mark.timeout(180 + 20 * KILLS)


@dataclass
class House:
    """The product with a worker and a scheduler, and what is outside."""

    api: ApiProcess
    outside: Outside
    operator: Operator
    pack_ids: dict[str, int]
    settings: dict[str, str]
    workers: list[Running]
    stack: ExitStack

    @property
    def client(self) -> httpx.Client:
        return self.api.client

    def told(self, method: str, path: str) -> Any:
        answer = self.operator.send(method, path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def start_worker(self) -> Running:
        """One more worker."""
        worker = self.stack.enter_context(Running(["worker"], environment(**self.settings)))
        worker.err.line_with('"worker_ready"')
        self.workers.append(worker)
        return worker

    def set_floor(self, pack: str, ton: float, collection: str = "DOGS OG") -> None:
        self.outside.control("floors", collection=collection, pack=pack, ton=ton)

    def sync(self) -> Any:
        """One run, to its end; what is remembered of it."""
        sync_id = self.told("POST", SYNCS)["sync"]["id"]
        return self.ended(sync_id)

    def ended(self, sync_id: int) -> Any:
        eventually(lambda: self.is_ended(sync_id), f"the end of price sync {sync_id}", 40)
        return self.told("GET", f"{SYNCS}/{sync_id}")

    def is_begun(self, sync_id: int) -> bool:
        return self.operator.send("GET", f"{SYNCS}/{sync_id}").status_code == 200

    def is_ended(self, sync_id: int) -> bool:
        answer = self.operator.send("GET", f"{SYNCS}/{sync_id}")
        return answer.status_code == 200 and answer.json()["sync"]["finished_at"] is not None

    def case(self, case: SoldCase) -> Any:
        """The case as anyone sees it."""
        return self.client.get("/api/cases/", params={"name": case.name}).json()["case"]

    def table(self, case: SoldCase) -> Any:
        """The case's odds as anyone sees them."""
        return self.client.get(case.path("/items/")).json()

    def versions(self, case: SoldCase) -> Any:
        return self.told("GET", f"/api/operator{case.path('/versions').removeprefix('/api')}")

    def new_case(self) -> SoldCase:
        """A case at 10 TON with the two packs of the feed and one of Fuse's, that keeps its promise of 20 %."""
        rare = (8 - 0.5 * 7.7 - 0.5 * 5.969) / (430.52 - 5.969)
        chances = {"Blue Pengu": 0.5, "Cook": 0.5 - rare, "Not Cap": rare}
        return self.operator.new_case([(self.pack_ids[name], chance) for name, chance in chances.items()], "10")


@pytest.fixture(scope="module")
def house(database_url: str, template_database: str, redis_url: str) -> Iterator[House]:
    with ExitStack() as stack:
        url = stack.enter_context(copied_database(database_url, template_database))
        world = stack.enter_context(outside(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        feeds = {
            "floors_url": f"{world.url}/stickers.tools/api/stats-new",
            "floors_sources": f"Fuse={world.url}/tables/Fuse.csv",
        }
        settings = api_settings(url, redis_url) | feeds
        api = stack.enter_context(ApiProcess(url, redis_url, **feeds))
        operator = Operator(api.client)
        pack_ids = {
            name: operator.new_pack(5, floor, pack_name=name, collection_name="DOGS OG")
            for name, floor in PACKS.items()
        }
        fuse = {"pack_name": "Blue Pengu", "collection_name": "Pudgy Penguins", "contributor": "Fuse"}
        pack_ids["Blue Pengu"] = operator.new_pack(5, "7.7", **fuse)
        made = House(api, world, operator, pack_ids, settings, [], stack)
        made.start_worker()
        scheduler = stack.enter_context(Running(["scheduler"], environment(**settings)))
        scheduler.err.line_with('"scheduler_ready"')
        # The scheduler's own first run, so that none is in the way.
        eventually(lambda: bool(made.told("GET", SYNCS)["syncs"]), "the first run", 40)
        made.ended(made.told("GET", SYNCS)["syncs"][0]["id"])
        yield made
        operator.assert_every_law_held()


def test_the_scheduler_syncs_at_its_start(house: House) -> None:
    """So a demo that is older than a day has fresh floors after its first sync."""
    first = house.told("GET", SYNCS)["syncs"][-1]
    assert (first["started_by"], first["is_well"]) == ("schedule", True)
    assert {source["contributor"] for source in first["sources"]} == {"Sticker Pack", "Fuse"}


def test_a_floor_moves_and_the_case_follows(house: House) -> None:
    case = house.new_case()
    before, table = house.case(case), house.table(case)
    assert before["current_fee"] == pytest.approx(20)
    house.set_floor("Not Cap", 480)
    done = house.sync()
    assert done["sync"]["started_by"] == "service:service"
    [line] = [line for line in done["cases"] if line["name"] == case.name]
    assert line["outcome"] == "republished"
    assert line["fee_before"] == pytest.approx(18.64, abs=0.01)
    after, new = house.case(case), house.table(case)
    assert abs(after["current_fee"] - after["base_fee"]) < 1e-6
    assert (after["price"], after["status"]) == (10, "active")
    assert new["table_id"] != table["table_id"]
    chances = {item["pack_id"]: item["tickets"] for item in new["items"]}
    old = {item["pack_id"]: item["tickets"] for item in table["items"]}
    assert chances[house.pack_ids["Not Cap"]] < old[house.pack_ids["Not Cap"]]
    history = house.versions(case)
    newest, first = history["versions"]
    assert (history["version_count"], newest["version"], newest["table_id"]) == (2, 2, new["table_id"])
    assert (newest["reason"], newest["sync_id"]) == (f"sync: {line['why']}", done["sync"]["id"])
    assert newest["fee"] == pytest.approx(20)
    assert (first["table_id"], first["reason"]) == (table["table_id"], "created")
    house.set_floor("Not Cap", 430.52)
    house.sync()


def test_the_command_line_tells_and_syncs(house: House, tmp_path: Path) -> None:
    ask = partial(inside, "prices", cwd=tmp_path, **house.settings)
    case = house.new_case()
    house.set_floor("Cook", 9)
    done = command("prices", "sync", **house.settings)
    assert done.returncode == 0, done.stderr
    assert "DOGS OG / Cook: 5.969 → 9 TON" in done.stdout
    assert f"{case.name}" in done.stdout
    sync_id = house.told("GET", SYNCS)["syncs"][0]["id"]
    assert f"price sync {sync_id} of service:command-line" in done.stdout
    assert ask("show", str(sync_id)).stdout == done.stdout
    listed = ask("list", "--limit", "1").stdout
    assert f"{sync_id}  " in listed
    assert "Fuse: well, Sticker Pack: well" in listed
    house.set_floor("Cook", 90)
    house.sync()
    waiting = ask("quarantined").stdout
    assert waiting.rstrip().endswith("1 of 3 packs have a floor that cannot be relied on")
    assert "quarantined" in waiting
    pack_id = str(house.pack_ids["Cook"])
    wrong = ask("accept", pack_id, "91")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    accepted = ask("accept", pack_id, "90")
    assert accepted.stdout == f"the floor of pack {pack_id} is 90 TON now\n"
    house.set_floor("Cook", 5.969)
    for _ in range(2):
        house.sync()
    assert ask("show", "999999").returncode == 2


def test_a_source_that_is_away_is_named_and_spoils_nothing(house: House) -> None:
    house.outside.fault("floors", "garbage")
    done = house.sync()
    well = {source["contributor"]: not source["failed"] for source in done["sync"]["sources"]}
    assert sorted(well.values()) == [False, True]
    assert done["sync"]["is_well"] is False
    metrics = house.client.get("/metrics").text
    assert 'stickercase_schedule_unwell{schedule="sync_prices"} 1.0' in metrics
    assert house.sync()["sync"]["is_well"] is True
    metrics = house.client.get("/metrics").text
    assert 'stickercase_schedule_unwell{schedule="sync_prices"} 0.0' in metrics
    assert 'stickercase_packs_doubtful{why="quarantined"} 0.0' in metrics


def test_a_killed_worker_publishes_nothing_twice(house: House, tell: Tell) -> None:
    made = [house.new_case() for _ in range(40)]
    dice, midway = Random(20), 0
    for trial in range(KILLS):
        house.set_floor("Not Cap", 480 if trial % 2 == 0 else 430.52)
        sync_id = house.told("POST", SYNCS)["sync"]["id"]
        eventually(lambda sync_id=sync_id: house.is_begun(sync_id), "the run has begun")
        time.sleep(dice.uniform(0, 0.15))
        house.workers.pop().kill()
        left = house.told("GET", f"{SYNCS}/{sync_id}")
        midway += left["sync"]["finished_at"] is None
        _end_of_the_lease(house, sync_id)
        house.start_worker()
        done = house.ended(sync_id)
        # What had been published before the kill is what it was.
        assert [line for line in done["cases"] if line in left["cases"]] == left["cases"]
        assert done["sync"]["cases"].get("republished", 0) >= len(made)
        for case in made:
            told = house.case(case)
            assert abs(told["current_fee"] - told["base_fee"]) < 1e-6
    assert midway, "no kill came midway"
    for case in made:
        versions = house.versions(case)["versions"]
        tables = [version["table_id"] for version in versions]
        assert all(one != next_one for one, next_one in pairwise(tables)), "published twice"
        syncs = [version["sync_id"] for version in versions[:-1]]
        assert len(syncs) == len(set(syncs)) == KILLS
    tell(f"{KILLS} syncs of {len(made)} cases, {midway} killed midway: versions published twice 0")


def _end_of_the_lease(house: House, task_id: int) -> None:
    """Nobody waits for minutes here: the task of the killed worker is free at once, as it is after its lease."""
    with psycopg.connect(house.settings["database_url"]) as connection:
        connection.execute(
            "UPDATE tasks SET claimed_until = NULL, sent_at = NULL WHERE id = %s AND state = 'waiting'", [task_id]
        )

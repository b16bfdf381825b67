"""The night shift under fire: workers, schedulers and Redis killed, answers lost, while gifts go out and prices move.

Each unit ends once and no gift is ordered twice; no odds are published twice; and what waits is done in the end.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from redis import Redis

from stickercase.adapters.embedded import EmbeddedRedis
from support.api_processes import Running, Tell, eventually
from support.players import SoldCase
from support.post_offices import Owner, PostOffice, post_office

LONG = bool(os.environ.get("STICKERCASE_LONG"))
DELIVERIES = 200 if LONG else 30
SYNCS = 50 if LONG else 4
ITEMS = 10
CASES = 8
WORKERS = 2
KILLS = 60 if LONG else 4
FAULTS = ("lost_answer", "lost_answer", "garbage", "error")
FLOORS = {"Cook": "5.969", "Not Cap": "430.52"}

pytestmark = pytest.mark.timeout(120 + DELIVERIES * 4)

Names = dict[int, tuple[Owner, str]]


@dataclass
class NightShift:
    """The product at work, and who makes trouble for it."""

    office: PostOffice
    redis: EmbeddedRedis
    dice: Random = field(default_factory=lambda: Random(8))
    cases: list[SoldCase] = field(default_factory=list)
    syncs: set[int] = field(default_factory=set)
    killed: Counter[str] = field(default_factory=Counter)

    def stock_cases(self) -> None:
        """Cases at 10 TON with two packs of the feed, that keep their promise of 20 %."""
        packs = {
            name: self.office.operator.new_pack(5, floor, pack_name=name, collection_name="DOGS OG")
            for name, floor in FLOORS.items()
        }
        rare = (8 - 5.969) / (430.52 - 5.969)
        for _ in range(CASES):
            rows = [(packs["Cook"], 1 - rare), (packs["Not Cap"], rare)]
            self.cases.append(self.office.operator.new_case(rows, "10"))

    def move_a_floor(self) -> None:
        """Another floor outside, and a sync for it; or word of the sync that is under way."""
        if len(self.syncs) >= SYNCS:
            return
        ton = 480 if len(self.syncs) % 2 == 0 else 430.52
        self.office.world.control("floors", collection="DOGS OG", pack="Not Cap", ton=ton)
        self.syncs.add(self.office.ask("POST", "/price-syncs").json()["sync"]["id"])

    def kill_somebody(self) -> None:
        """A worker; and now and then the scheduler, whose relay dies with it, or Redis, or all that Redis holds."""
        victim: Running = self.office.workers.pop(0)
        victim.kill()
        self.office.hire()
        self.killed["worker"] += 1
        luck = self.dice.random()
        if luck < 0.3:
            self.office.scheduler.kill()
            self.office.schedule()
            self.killed["scheduler"] += 1
        elif luck < 0.6:
            os.kill(self.redis.pid, signal.SIGKILL)
            self.redis.stop()
            self.redis.start()
            self.killed["redis"] += 1
        elif luck < 0.9:
            with Redis.from_url(self.redis.url) as emptied:
                emptied.flushall()
            self.killed["all that Redis held"] += 1

    def is_settled(self) -> bool:
        """Whether nothing is under way any more."""
        under_way = ("requested", "ordering", "ordered")
        return not any(self.office.deliveries(status=stage, limit=1)["delivery_count"] for stage in under_way)

    def make_trouble(self) -> None:
        """Kill, lose answers, move floors and end gifts at random while anything is under way."""
        rounds = 0
        while rounds < KILLS * 2 and not (self.is_settled() and len(self.syncs) >= SYNCS):
            rounds += 1
            self.office.world.client.delete("/control/faults")
            if self.dice.random() < 0.7:
                self.office.world.fault("giftly", self.dice.choice(FAULTS), self.dice.randint(1, 2))
            self.office.world.fault("giftly", "delay", 10**6, seconds=0.15)
            self.move_a_floor()
            time.sleep(self.dice.uniform(0, 0.4))
            if self.killed["worker"] < KILLS:
                self.kill_somebody()
            self.send_some()

    def send_some(self) -> None:
        """Let some gifts arrive and some fail."""
        gifts = self.office.world.state()["giftly"]["gifts"]
        for number, gift in gifts.items():
            if gift["status"] == "PENDING" and self.dice.random() < 0.3:
                status = "SENT" if self.dice.random() < 0.75 else "FAILED"
                self.office.world.control(f"gifts/{number}", status=status)

    def end_of_trouble(self) -> None:
        """No more faults, and every gift ends when it is looked at; wait until all has been done."""
        self.office.world.client.delete("/control/faults")
        self.send_some()
        self.office.world.control("giftly", delivery_seconds=0)
        while len(self.syncs) < SYNCS:
            self.move_a_floor()
            eventually(lambda: self.runs()[0]["finished_at"] is not None, "the run has ended", 60)
        eventually(self.is_settled, "all have ended, or wait for a person", 120)
        eventually(lambda: all(run["finished_at"] for run in self.runs()), "every run has ended", 60)

    def runs(self) -> list[dict[str, Any]]:
        """The price syncs, newest first."""
        listed = self.office.ask("GET", "/price-syncs?limit=200").json()["syncs"]
        return [run for run in listed if run["id"] in self.syncs] or [{"finished_at": None}]


def test_killed_workers_and_lost_answers_double_and_lose_nothing(
    fresh_database: str, mortal_redis: EmbeddedRedis, tell: Tell
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        post_office(fresh_database, mortal_redis.url, Path(folder), workers=WORKERS) as office,
    ):
        shift = NightShift(office, mortal_redis)
        shift.stock_cases()
        # Answers take a while, so that kills meet orders under way.
        office.world.fault("giftly", "delay", 10**6, seconds=0.15)
        names = _asked_for(office)
        shift.make_trouble()
        shift.end_of_trouble()
        ends = Counter(office.operator_view())
        unknown = _judge(office)
        why = dict(Counter(one["why"] for one in unknown))
        gone = sum(_ended_once(office, owner, item_id, name) for item_id, (owner, name) in names.items())
        versions = sum(_published_once(shift, case) for case in shift.cases)
        tell(
            f"{DELIVERIES} deliveries, killed {dict(shift.killed)}: {dict(ends)} by themselves, unknown: {why}; "
            f"{gone} gone, {DELIVERIES - gone} back, ordered twice 0; "
            f"{len(shift.syncs)} syncs published {versions} tables, twice 0"
        )
        assert ends.total() == DELIVERIES
        assert len(unknown) == ends["unknown"] >= 1, "no order was hit"
        assert shift.killed["worker"] >= KILLS, "hardly anybody was killed"
        assert gone > DELIVERIES / 3
        assert versions >= CASES, "hardly anything was published"


def _asked_for(office: PostOffice) -> Names:
    """Every unit asked for, each for a username of its own. No feed speaks of these packs."""
    names: Names = {}
    for _ in range(DELIVERIES // ITEMS):
        owner = office.owner(ITEMS, contributor="Nobody")
        for item_id, _ in owner.items:
            names[item_id] = owner, owner.new_name()
            owner.take_out(item_id, names[item_id][1])
    return names


def _judge(office: PostOffice) -> list[dict[str, Any]]:
    """What a person does with the unknown ones: look into Giftly's books, and say what is there."""
    unknown: list[dict[str, Any]] = office.deliveries(status="unknown", limit=200)["deliveries"]
    for one in unknown:
        arrived = any(gift["status"] == "SENT" for gift in office.gifts_for(one["recipient"]))
        word = "delivered" if arrived else "returned"
        assert office.ask("POST", f"/deliveries/{one['id']}/{word}").status_code == 200
    return unknown


def _ended_once(office: PostOffice, owner: Owner, item_id: int, name: str) -> bool:
    """Whether the unit is gone. It is gone or back, as Giftly's books have it, and was ordered once at most."""
    gifts = office.gifts_for(name)
    assert len(gifts) <= 1, f"ordered twice: {gifts}"
    arrived = [gift["status"] for gift in gifts] == ["SENT"]
    state = owner.look(item_id)["state"]
    assert state == ("delivered" if arrived else "returned"), (state, gifts)
    inventory = dict(owner.items)
    assert inventory.get(item_id) == (None if arrived else "owned")
    return arrived


def _published_once(shift: NightShift, case: SoldCase) -> int:
    """How many tables syncs have published for the case: each another, each by another run, and the promise is kept."""
    path = f"{case.path('/versions').removeprefix('/api')}?limit=200"
    versions = shift.office.ask("GET", path).json()["versions"]
    tables = [version["table_id"] for version in versions]
    assert all(one != next_one for one, next_one in pairwise(tables)), "published twice"
    by = [version["sync_id"] for version in versions[:-1]]
    assert len(by) == len(set(by)), "published twice by one run"
    told = shift.office.client.get("/api/cases/", params={"name": case.name}).json()["case"]
    assert abs(told["current_fee"] - told["base_fee"]) <= told["base_fee"] * 0.05
    return len(by)

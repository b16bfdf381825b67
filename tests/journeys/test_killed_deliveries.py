"""Workers killed and answers lost while gifts are ordered: each unit ends once, and no gift is ordered twice."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.api_processes import Running, Tell, eventually
from support.post_offices import Owner, PostOffice, post_office

LONG = bool(os.environ.get("STICKERCASE_LONG"))
DELIVERIES = 200 if LONG else 30
ITEMS = 10
WORKERS = 2
KILLS = 60 if LONG else 4
FAULTS = ("lost_answer", "lost_answer", "garbage", "error")

pytestmark = pytest.mark.timeout(60 + DELIVERIES * 3)


def test_killed_workers_and_lost_answers_double_and_lose_nothing(
    fresh_database: str, redis_url: str, tell: Tell
) -> None:
    dice = Random(8)
    with (
        tempfile.TemporaryDirectory() as folder,
        post_office(fresh_database, redis_url, Path(folder), workers=WORKERS) as office,
    ):
        # Answers take a while, so that kills meet orders under way.
        office.world.fault("giftly", "delay", 10**6, seconds=0.15)
        names = _asked_for(office)
        kills = _trouble(office, dice, lambda: _is_settled(office))
        office.world.client.delete("/control/faults")
        _send_all(office, dice)
        eventually(lambda: _is_settled(office), "all have ended, or wait for a person", 120)
        ends = Counter(office.operator_view())
        unknown = _judge(office)
        why = dict(Counter(one["why"] for one in unknown))
        gone = sum(_ended_once(office, owner, item_id, name) for (owner, item_id), name in _each(names))
        tell(
            f"{DELIVERIES} deliveries, {kills} kills: {dict(ends)} by themselves, unknown: {why}; "
            f"{gone} gone, {DELIVERIES - gone} back, ordered twice 0"
        )
        assert ends.total() == DELIVERIES
        assert len(unknown) == ends["unknown"] >= 1, "no order was hit"
        assert kills >= KILLS, "hardly anybody was killed"
        assert gone > DELIVERIES / 3
        assert office.scheduler.is_alive


Names = dict[int, tuple[Owner, str]]


def _asked_for(office: PostOffice) -> Names:
    """Every unit asked for, each for a username of its own."""
    names: Names = {}
    for _ in range(DELIVERIES // ITEMS):
        owner = office.owner(ITEMS)
        for item_id, _ in owner.items:
            names[item_id] = owner, owner.new_name()
            owner.take_out(item_id, names[item_id][1])
    return names


def _each(names: Names) -> list[tuple[tuple[Owner, int], str]]:
    return [((owner, item_id), name) for item_id, (owner, name) in names.items()]


def _is_settled(office: PostOffice) -> bool:
    """Whether nothing is under way any more."""
    return not any(
        office.deliveries(status=stage, limit=1)["delivery_count"] for stage in ("requested", "ordering", "ordered")
    )


def _trouble(office: PostOffice, dice: Random, is_settled: Callable[[], bool]) -> int:
    """Kill workers, lose answers and end gifts at random while anything is under way; how many were killed."""
    kills, rounds = 0, 0
    while not is_settled() and rounds < KILLS * 2:
        rounds += 1
        office.world.client.delete("/control/faults")
        if dice.random() < 0.7:
            office.world.fault("giftly", dice.choice(FAULTS), dice.randint(1, 2))
        office.world.fault("giftly", "delay", 10**6, seconds=0.15)
        time.sleep(dice.uniform(0, 0.4))
        if kills < KILLS:
            victim: Running = office.workers.pop(0)
            victim.kill()
            office.hire()
            kills += 1
        _send_some(office, dice)
    return kills


def _send_some(office: PostOffice, dice: Random) -> None:
    gifts = office.world.state()["giftly"]["gifts"]
    for number in (number for number, gift in gifts.items() if gift["status"] == "PENDING" and dice.random() < 0.3):
        office.world.control(f"gifts/{number}", status="SENT" if dice.random() < 0.75 else "FAILED")


def _send_all(office: PostOffice, dice: Random) -> None:
    """From now on every gift ends when it is looked at."""
    _send_some(office, dice)
    office.world.control("giftly", delivery_seconds=0)


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

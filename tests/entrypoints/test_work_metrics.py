"""What the page of metrics says of tasks and schedules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from stickercase.adapters.memory import MemoryWork
from stickercase.domain.gifts.orders import NotOrdered, OrderTrouble, Unknown
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import set_aside
from stickercase.entrypoints.http.work_metrics import of_work
from support.clock import NOON
from support.parcels import Post
from support.worlds import World, memory_world

TOO_LOW = NotOrdered(OrderTrouble.HOUSE_BALANCE_TOO_LOW, "too little")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def page(world: World) -> dict[str, float]:
    """The figures by their names with labels, as Prometheus reads them."""

    class Families:
        def collect(self) -> object:
            return of_work(world.work, NOON)

    registry = CollectorRegistry()
    registry.register(Families())  # type: ignore[arg-type]  # a collector by its one method
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def world() -> World:
    """Tasks of two kinds, and two schedules."""
    world = memory_world()
    assert isinstance(world.work, MemoryWork)
    with world.transactions() as tx:
        for subject, after in (("a", -90 * SECOND), ("b", -SECOND), ("c", HOUR)):
            tx.tasks.add("poll", subject, {}, NOON + after, NOON)
        for subject in "de":
            task = tx.tasks.lock(tx.tasks.add("pay", subject, {}, NOON, NOON))
            assert task is not None
            tx.tasks.write(set_aside(task, NOON, "why"))
        well = replace(tx.schedules.lock("sweep"), last_tick=NOON, refused=3, outcome="done")
        tx.schedules.write(replace(well, started_at=NOON - 5 * SECOND, finished_at=NOON - 3 * SECOND))
        tx.schedules.write(replace(tx.schedules.lock("audit"), last_tick=NOON, outcome="alarm"))
        tx.schedules.write(ScheduleRecord("new", HOUR, NOON))
    return world


def test_the_depth_and_the_age_of_the_queue(world: World) -> None:
    figures = page(world)
    found = {
        (name, kind): figures[f'stickercase_tasks_{name}{{kind="{kind}"}}']
        for name in ("waiting", "due", "oldest_due_seconds", "set_aside")
        for kind in ("poll", "pay")
    }
    assert found == {
        ("waiting", "poll"): 3,
        ("due", "poll"): 2,
        ("oldest_due_seconds", "poll"): 90,
        ("set_aside", "poll"): 0,
        ("waiting", "pay"): 0,
        ("due", "pay"): 0,
        ("oldest_due_seconds", "pay"): 0,
        ("set_aside", "pay"): 2,
    }


def test_how_deliveries_stand() -> None:
    post = Post(memory_world())
    post.gifts.mishaps = [lambda: Unknown("lost"), lambda: TOO_LOW]
    post.starred()
    post.world.clock.pass_time(hours=-1)
    for _ in range(3):
        post.starred()
    post.world.clock.pass_time(hours=1)
    quiet = page(Post(memory_world()).world)
    post.work()
    figures = page(post.world)

    def told(shown: dict[str, float], name: str) -> dict[str, float]:
        stages = ("requested", "ordering", "ordered", "unknown")
        return {stage: shown[f'stickercase_deliveries{name}{{stage="{stage}"}}'] for stage in stages}

    assert told(figures, "") == {"requested": 3, "ordering": 0, "ordered": 0, "unknown": 1}
    assert told(figures, "_oldest_seconds")["requested"] == 3600
    assert set(told(quiet, "").values()) == set(told(quiet, "_oldest_seconds").values()) == {0}
    assert (figures["stickercase_deliveries_paused"], quiet["stickercase_deliveries_paused"]) == (1, 0)


def test_how_schedules_fare(world: World) -> None:
    figures = page(world)
    assert figures['stickercase_schedule_run_seconds{schedule="sweep"}'] == 2
    assert figures['stickercase_schedule_since_run_seconds{schedule="sweep"}'] == 3
    assert figures['stickercase_schedule_refused_total{schedule="sweep"}'] == 3
    unwell = {name: figures[f'stickercase_schedule_unwell{{schedule="{name}"}}'] for name in ("sweep", "audit", "new")}
    assert unwell == {"sweep": 0, "audit": 1, "new": 0}
    assert 'stickercase_schedule_run_seconds{schedule="new"}' not in figures

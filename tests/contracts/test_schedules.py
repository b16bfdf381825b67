"""Ticks: each once however many schedulers there are, never two runs at a time, what was missed made up for once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stickercase.domain.use_cases.perform_task import perform_task
from stickercase.domain.use_cases.schedules import TICK, Schedule, ScheduleRecord
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.domain.use_cases.tick_schedule import Ticked, tick_schedule
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURLY = Schedule("hourly", HOUR)


def tick(world: World, schedule: Schedule = HOURLY) -> Ticked | None:
    """A scheduler looks at the clock."""
    return tick_schedule(world.transactions, world.clock, schedule)


def record(world: World) -> ScheduleRecord:
    """What is known of the schedule."""
    [found] = world.work.schedules()
    return found


def run(world: World, handler: Handler | None = None) -> Task:
    """Perform the one task that waits."""
    with world.transactions() as tx:
        [task_id] = tx.queue.to_send(world.clock.now(), 9)
    handlers = {"hourly": handler or Handler(lambda task: Done("all well"))}
    performed = perform_task(world.transactions, world.clock, lambda: 0.0, handlers, task_id)
    assert performed is not None
    return performed.task


def fail(task: Task) -> Done:
    raise ValueError("a secret")


def test_a_tick_adds_its_task(world: World) -> None:
    ticked = tick(world)
    [task] = world.work.tasks("waiting", 9, None)[1]
    assert ticked == Ticked(NOON, task.id)
    assert (task.kind, task.subject, task.payload) == ("hourly", TICK, {"tick": NOON.isoformat()})
    assert record(world) == ScheduleRecord("hourly", HOUR, NOON)


def test_a_tick_happens_once(world: World) -> None:
    assert tick(world) is not None
    assert tick(world) is None
    run(world)
    world.clock.pass_time(minutes=59)
    assert tick(world) is None
    assert world.work.tasks(None, 9, None)[0] == 1


def test_an_interrupted_tick_is_still_due(world: World) -> None:
    with pytest.raises(Interrupted):
        tick_schedule(interrupted(world.transactions), world.clock, HOURLY)
    assert world.work.tasks(None, 9, None)[0] == 0
    assert tick(world) is not None


def test_ticks_that_were_missed_are_made_up_for_once(world: World) -> None:
    tick(world)
    run(world)
    world.clock.pass_time(hours=7, minutes=5)
    ticked = tick(world)
    assert ticked is not None
    assert (ticked.at, ticked.task_id is None) == (NOON + 7 * HOUR, False)
    assert tick(world) is None
    assert world.work.tasks(None, 9, None)[0] == 2


def test_a_tick_is_refused_while_the_run_before_goes_on(world: World) -> None:
    tick(world)
    for hour in (1, 2):
        world.clock.pass_time(hours=1)
        assert tick(world) == Ticked(NOON + hour * HOUR, None)
    assert (record(world).refused, record(world).last_tick) == (2, NOON + 2 * HOUR)
    assert world.work.tasks(None, 9, None)[0] == 1
    run(world)
    world.clock.pass_time(hours=1)
    ticked = tick(world)
    assert ticked is not None
    assert ticked.task_id is not None


def test_a_run_that_never_reached_a_worker_is_sent_again_by_a_later_tick(world: World) -> None:
    """Also the sweep may be lost on its way, and nothing else would bring it back."""
    tick(world)
    with world.transactions() as tx:
        lost = tx.queue.to_send(world.clock.now(), 9)
        assert tx.queue.to_send(world.clock.now(), 9) == []
    world.clock.pass_time(hours=1)
    tick(world)
    with world.transactions() as tx:
        assert tx.queue.to_send(world.clock.now(), 9) == lost


class Killed(BaseException):
    """Nobody of ours catches it."""


def test_a_run_whose_worker_was_killed_is_sent_again_when_its_lease_is_over(world: World) -> None:
    """Also the sweep: it can't sweep itself up, and its message may have been dropped while the lease still ran."""
    tick(world)

    def die(task: Task) -> Done:
        raise Killed

    with pytest.raises(Killed):
        run(world, Handler(die, lease=2 * HOUR))
    sendable = []
    for _ in range(2):
        world.clock.pass_time(hours=1)
        tick(world)
        with world.transactions() as tx:
            sendable.append(len(tx.queue.to_send(world.clock.now(), 9)))
    assert sendable == [0, 1]


def test_a_run_that_a_worker_is_at_is_not_sent_again(world: World) -> None:
    tick(world)

    def meanwhile(task: Task) -> Done:
        world.clock.pass_time(hours=1)
        assert tick(world) == Ticked(NOON + HOUR, None)
        with world.transactions() as tx:
            assert tx.queue.to_send(world.clock.now(), 9) == []
        return Done()

    assert run(world, Handler(meanwhile, lease=2 * HOUR)).state == "done"


def test_the_last_run_and_how_long_it_took_are_known(world: World) -> None:
    tick(world)

    def work(task: Task) -> Done:
        world.clock.pass_time(seconds=90)
        return Done("12 forgotten")

    run(world, Handler(work, lease=HOUR))
    seen = record(world)
    assert (seen.started_at, seen.finished_at) == (NOON, NOON + timedelta(seconds=90))
    assert (seen.outcome, seen.why) == ("done", "12 forgotten")


def test_a_run_that_found_something_wrong_is_an_alarm(world: World) -> None:
    tick(world)
    run(world, Handler(lambda task: Done("zero_sum: 3", alarm=True)))
    assert (record(world).outcome, record(world).why) == ("alarm", "zero_sum: 3")


def test_a_failed_run_says_so_without_its_secrets(world: World) -> None:
    tick(world)
    run(world, Handler(fail, attempts=2))
    assert record(world).outcome == "failed"
    assert record(world).why.startswith("ValueError")
    assert "secret" not in record(world).why
    world.clock.pass_time(minutes=1)
    run(world, Handler(fail, attempts=2))
    assert record(world).outcome == "set_aside"
    world.clock.pass_time(hours=1)
    assert tick(world) is not None, "what was set aside stops no later tick"
    run(world)
    assert (record(world).outcome, record(world).refused) == ("done", 0)


# --- races


def test_many_schedulers_tick_once(world: World) -> None:
    for hour in range(5):
        ticked = at_once([lambda: tick(world)] * 8)
        found = [one for one in ticked if one is not None]
        assert [one.at for one in found] == [NOON + hour * HOUR]
        run(world)
        world.clock.pass_time(hours=1)
    assert world.work.tasks("done", 99, None)[0] == 5


def test_a_tick_and_the_end_of_the_run_before_never_wait_for_each_other(world: World) -> None:
    tick(world)
    for _ in range(10):
        world.clock.pass_time(hours=1)
        at_once([lambda: run(world), lambda: tick(world)])
        with world.transactions() as tx:
            is_open = tx.tasks.open("hourly", TICK) is not None
        if not is_open:
            world.clock.pass_time(hours=1)
            tick(world)
    done = world.work.tasks("done", 99, None)[0]
    assert done == 10

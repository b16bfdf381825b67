"""Reading what goes on behind the doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.tasks import TaskState
from stickercase.ports.reading import Backlog
from support.clock import NOON
from support.worlds import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def add(world: World, kind: str, due_after: timedelta, state: TaskState = TaskState.WAITING) -> int:
    """A task of a kind in a state."""
    with world.transactions() as tx:
        task_id = tx.tasks.add(kind, f"{due_after}", {}, NOON + due_after, NOON)
        if state is not TaskState.WAITING:
            task = tx.tasks.lock(task_id)
            assert task is not None
            tx.tasks.write(replace(task, state=state, finished_at=NOON))
    return task_id


def test_there_is_nothing_at_first(world: World) -> None:
    assert world.work.tasks(None, 9, None) == (0, [])
    assert list(world.work.backlog(NOON)) == []
    assert list(world.work.schedules()) == []


def test_tasks_are_shown_newest_first_in_pages(world: World) -> None:
    ids = [add(world, "poll", n * MINUTE, TaskState.SET_ASIDE) for n in range(4)]
    done, waiting = add(world, "poll", HOUR, TaskState.DONE), add(world, "pay", HOUR)
    total, page = world.work.tasks("set_aside", 3, None)
    assert (total, [task.id for task in page]) == (4, ids[:0:-1])
    assert [task.id for task in world.work.tasks("set_aside", 3, page[-1].id)[1]] == ids[:1]
    assert [task.id for task in world.work.tasks(None, 2, None)[1]] == [waiting, done]
    assert [world.work.tasks(state, 9, None)[0] for state in ("waiting", "done", None)] == [1, 1, 6]


def test_the_backlog_counts_what_is_not_done(world: World) -> None:
    for after in (-HOUR, -MINUTE, MINUTE):
        add(world, "poll", after)
    add(world, "pay", MINUTE)
    add(world, "audit", -HOUR, TaskState.SET_ASIDE)
    add(world, "sweep", -HOUR, TaskState.DONE)
    assert list(world.work.backlog(NOON)) == [
        Backlog("audit", 0, 0, None, 1),
        Backlog("pay", 1, 0, None, 0),
        Backlog("poll", 3, 2, NOON - HOUR, 0),
    ]


def test_schedules_are_shown_once_they_have_ticked(world: World) -> None:
    full = ScheduleRecord("b", HOUR, NOON, 3, NOON - HOUR, NOON - MINUTE, "failed", "why")
    bare = ScheduleRecord("a", timedelta(seconds=0.25), NOON)
    with world.transactions() as tx:
        assert tx.schedules.lock("c") == ScheduleRecord("c")
        for record in (full, bare):
            tx.schedules.lock(record.name)
            tx.schedules.write(record)
    assert list(world.work.schedules()) == [bare, full]
    with world.transactions() as tx:
        assert tx.schedules.lock("b") == full

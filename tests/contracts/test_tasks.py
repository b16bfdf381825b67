"""Tasks: added with what causes them or not at all, one for each piece of work, never lost between the two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.use_cases.tasks import Task, TaskState, claimed, set_aside
from stickercase.ports.failures import BrokenLaw
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def add(world: World, subject: str = "invoice:1", due_after: timedelta = timedelta(), kind: str = "poll") -> int:
    """Add a task in a transaction of its own."""
    with world.transactions() as tx:
        return tx.tasks.add(kind, subject, {"n": 1}, NOON + due_after, NOON)


def task(world: World, task_id: int) -> Task:
    """The task as it stands."""
    with world.transactions() as tx:
        found = tx.tasks.lock(task_id)
    assert found is not None
    return found


def change(world: World, task_id: int, **changes: object) -> Task:
    """The task with other values."""
    left = replace(task(world, task_id), **changes)
    with world.transactions() as tx:
        tx.tasks.write(left)
    return left


def begin(world: World, task_id: int) -> Task:
    """The task, sent and claimed."""
    left = claimed(replace(task(world, task_id), sent_at=NOON), NOON, MINUTE)
    with world.transactions() as tx:
        tx.tasks.write(left)
    return left


def test_a_task_is_kept_as_it_was_added(world: World) -> None:
    payload: dict[str, object] = {"id": "ж", "amount": 10**18, "deep": [{"x": None}]}
    with world.transactions() as tx:
        task_id = tx.tasks.add("poll", "invoice:1", payload, NOON + MINUTE, NOON)
        payload["id"] = "changed later"
    expected = Task(task_id, "poll", "invoice:1", payload | {"id": "ж"}, NOON + MINUTE, NOON)
    assert task(world, task_id) == expected
    with world.transactions() as tx:
        assert tx.tasks.open("poll", "invoice:1") == expected
        assert tx.tasks.open("poll", "invoice:2") is None
        assert tx.tasks.open("pay", "invoice:1") is None
        assert tx.tasks.lock(task_id + 1) is None


def test_every_change_is_kept(world: World) -> None:
    left = change(
        world,
        add(world),
        attempts=3,
        last_error="why",
        due_at=NOON + HOUR,
        again_at=NOON + SECOND,
        sent_at=NOON + 2 * SECOND,
        started_at=NOON + 3 * SECOND,
        claimed_until=NOON + MINUTE,
    )
    assert task(world, left.id) == left
    aside = set_aside(left, NOON + HOUR, "enough")
    with world.transactions() as tx:
        tx.tasks.write(aside)
    assert task(world, left.id) == aside


def test_what_is_rolled_back_was_never_wanted(world: World) -> None:
    kept = add(world, "kept")
    for subject, due_at in (("lost", NOON), ("kept", NOON - HOUR)):
        with pytest.raises(Interrupted), interrupted(world.transactions)() as tx:
            tx.tasks.add("poll", subject, {}, due_at, NOON)
    total, found = world.work.tasks(None, 10, None)
    assert (total, [(t.id, t.due_at) for t in found]) == (1, [(kept, NOON)])


def test_wanted_twice_is_one_task_at_the_earlier_time(world: World) -> None:
    first = add(world, due_after=HOUR)
    assert [add(world, due_after=after) for after in (2 * HOUR, MINUTE, HOUR)] == [first] * 3
    assert task(world, first).due_at == NOON + MINUTE
    assert add(world, "invoice:2") != first
    assert add(world, kind="pay") != first


def test_a_task_on_its_way_is_sent_again_only_when_it_becomes_due_sooner(world: World) -> None:
    task_id = add(world)
    change(world, task_id, sent_at=NOON)
    add(world, due_after=HOUR)
    assert task(world, task_id).sent_at == NOON
    add(world, due_after=-SECOND)
    assert (task(world, task_id).sent_at, task(world, task_id).due_at) == (None, NOON - SECOND)


def test_what_is_being_worked_on_is_wanted_once_more(world: World) -> None:
    """The work in progress may have looked before the new cause came."""
    begun = begin(world, add(world))
    assert [add(world, due_after=after) for after in (HOUR, MINUTE, HOUR)] == [begun.id] * 3
    assert task(world, begun.id) == replace(begun, again_at=NOON + MINUTE)


@pytest.mark.parametrize("state", [TaskState.DONE, TaskState.SET_ASIDE])
def test_after_the_end_there_may_be_another(world: World, state: TaskState) -> None:
    first = add(world)
    change(world, first, state=state, finished_at=NOON)
    with world.transactions() as tx:
        assert tx.tasks.open("poll", "invoice:1") is None
    second = add(world)
    assert second != first
    assert task(world, first).state is state


def test_two_like_tasks_never_wait_together(world: World) -> None:
    first = add(world)
    aside = change(world, first, state=TaskState.SET_ASIDE, finished_at=NOON)
    second = add(world)
    with pytest.raises(BrokenLaw), world.transactions() as tx:
        tx.tasks.write(replace(aside, state=TaskState.WAITING, finished_at=None))
    assert task(world, first) == aside
    assert task(world, second).state is TaskState.WAITING


def test_only_what_was_done_long_ago_is_forgotten(world: World) -> None:
    old = [add(world, f"old:{number}") for number in range(3)]
    for task_id in old:
        change(world, task_id, state=TaskState.DONE, finished_at=NOON - SECOND)
    aside, fresh, waiting = add(world, "aside"), add(world, "fresh"), add(world, "waiting")
    change(world, aside, state=TaskState.SET_ASIDE, finished_at=NOON - HOUR)
    change(world, fresh, state=TaskState.DONE, finished_at=NOON)

    def forget() -> int:
        with world.transactions() as tx:
            return tx.tasks.forget(NOON, 2)

    assert [forget(), forget(), forget()] == [2, 1, 0]
    assert [t.id for t in world.work.tasks(None, 10, None)[1]] == [waiting, fresh, aside]


def test_forgetting_is_rolled_back(world: World) -> None:
    change(world, add(world), state=TaskState.DONE, finished_at=NOON - SECOND)
    with pytest.raises(Interrupted), interrupted(world.transactions)() as tx:
        assert tx.tasks.forget(NOON, 9) == 1
    assert world.work.tasks(None, 10, None)[0] == 1


# --- races


def test_the_same_wanted_by_many_at_once_is_one_task(world: World) -> None:
    ids = at_once([lambda after=after: add(world, due_after=after * SECOND) for after in range(12)])
    assert len(set(ids)) == 1
    assert task(world, ids[0]).due_at == NOON
    assert world.work.tasks(None, 10, None)[0] == 1


def test_what_is_wanted_while_it_ends_is_never_lost(world: World) -> None:
    """Either it was still at work and is wanted once more, or it was done and there is another."""
    for number in range(20):
        begun = begin(world, add(world, f"invoice:{number}"))

        def end(begun: Task = begun) -> int:
            with world.transactions() as tx:
                present = tx.tasks.lock(begun.id)
                assert present is not None
                if present.again_at is None:
                    present = replace(present, state=TaskState.DONE, finished_at=NOON, sent_at=None, claimed_until=None)
                else:
                    present = replace(present, due_at=present.again_at, again_at=None, claimed_until=None)
                tx.tasks.write(present)
            return begun.id

        at_once([end, lambda subject=begun.subject: add(world, subject)])
        with world.transactions() as tx:
            left = tx.tasks.open("poll", begun.subject)
        assert left is not None
        assert left.claimed_until is None

"""The way of tasks to the workers: what is due is taken once, what got lost is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.use_cases.tasks import TaskState, claimed
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def added(world: World, *due_after: timedelta) -> list[int]:
    """Tasks that are due so long after noon."""
    with world.transactions() as tx:
        return [tx.tasks.add("poll", f"{n}", {}, NOON + after, NOON) for n, after in enumerate(due_after)]


def sent(world: World, at: timedelta = timedelta(), limit: int = 100) -> Sequence[int]:
    """What is to be sent so long after noon."""
    with world.transactions() as tx:
        return tx.queue.to_send(NOON + at, limit)


def lost(world: World, sent_before: timedelta, at: timedelta) -> set[int]:
    """What counts as lost."""
    with world.transactions() as tx:
        return set(tx.queue.lost(NOON + sent_before, NOON + at))


def claim(world: World, task_id: int, lease: timedelta) -> None:
    """Begin a task at noon."""
    with world.transactions() as tx:
        task = tx.tasks.lock(task_id)
        assert task is not None
        tx.tasks.write(claimed(task, NOON, lease))


def test_what_is_due_is_sent_once_and_the_longest_due_first(world: World) -> None:
    later, now, before, future = added(world, -SECOND, timedelta(), -HOUR, SECOND)
    assert sent(world, limit=2) == [before, later]
    assert sent(world) == [now]
    assert sent(world) == []
    assert sent(world, SECOND) == [future]


def test_nothing_is_sent_by_a_transaction_that_is_rolled_back(world: World) -> None:
    [task_id] = added(world, timedelta())
    with pytest.raises(Interrupted), interrupted(world.transactions)() as tx:
        assert tx.queue.to_send(NOON, 9) == [task_id]
    assert sent(world) == [task_id]


def test_what_is_put_back_is_sent_again(world: World) -> None:
    first, second = added(world, -SECOND, timedelta())
    assert sent(world) == [first, second]
    with world.transactions() as tx:
        tx.queue.put_back([second, 10**9])
        tx.queue.put_back([])
    assert sent(world) == [second]


def test_what_somebody_works_on_is_not_sent(world: World) -> None:
    [task_id] = added(world, timedelta())
    sent(world)
    claim(world, task_id, MINUTE)
    with world.transactions() as tx:
        tx.queue.put_back([task_id])
    assert sent(world, MINUTE - SECOND) == []
    assert sent(world, MINUTE) == [task_id]


def test_what_has_ended_is_not_sent(world: World) -> None:
    for task_id, state in zip(added(world, timedelta(), timedelta()), ("done", "set_aside"), strict=True):
        with world.transactions() as tx:
            task = tx.tasks.lock(task_id)
            assert task is not None
            tx.tasks.write(replace(task, state=TaskState(state), finished_at=NOON))
            tx.queue.put_back([task_id])
    assert sent(world) == []
    assert lost(world, HOUR, HOUR) == set()


def test_under_way_is_what_was_sent_and_not_settled(world: World) -> None:
    first, second, *_ = added(world, timedelta(), timedelta(), SECOND, HOUR)
    sent(world)
    sent(world, SECOND)
    claim(world, first, MINUTE)
    with world.transactions() as tx:
        assert [tx.queue.under_way(NOON + after) for after in (-SECOND, timedelta(), SECOND)] == [0, 2, 3]
        task = tx.tasks.lock(second)
        assert task is not None
        tx.tasks.write(replace(task, state=TaskState.DONE, finished_at=NOON, sent_at=None))
        assert tx.queue.under_way(NOON + HOUR) == 2


def test_lost_is_what_nobody_has_begun_and_whose_lease_is_over(world: World) -> None:
    begun, waiting, dead, unsent = added(world, timedelta(), timedelta(), timedelta(), HOUR)
    sent(world)
    claim(world, begun, HOUR)
    claim(world, dead, SECOND)
    assert lost(world, -SECOND, timedelta()) == set()
    assert lost(world, timedelta(), timedelta()) == {waiting}
    assert lost(world, -SECOND, SECOND) == {dead}
    assert lost(world, timedelta(), SECOND) == {waiting, dead}
    assert unsent not in lost(world, HOUR, HOUR)


# --- races


def test_many_relays_share_what_is_due(world: World) -> None:
    ids = added(world, *[timedelta()] * 60)
    shares = at_once([lambda: sent(world, limit=20)] * 8)
    taken = [task_id for share in shares for task_id in share]
    assert len(taken) == len(set(taken)) <= 60
    while left := sent(world):
        taken += left
    assert sorted(taken) == ids

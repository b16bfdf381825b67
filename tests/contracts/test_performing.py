"""From a transaction to a worker and back: done once for all who look, retried, set aside, found again when lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

import pytest

from stickercase.adapters.memory import MemoryMessages
from stickercase.domain.refusal import AlreadyExists, NotFound, Refused, TaskNotSetAside
from stickercase.domain.use_cases.lanes import HOUSE
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.perform_task import Performed, WorkersDied, perform_task
from stickercase.domain.use_cases.relay_tasks import relay_tasks
from stickercase.domain.use_cases.retry_task import retry_task
from stickercase.domain.use_cases.sweep_tasks import GIVEN_UP, GRACE, sweep_tasks
from stickercase.domain.use_cases.tasks import Again, Done, Handler, Task, TaskState
from stickercase.ports.failures import QueueUnavailable, StoreUnavailable
from support.clock import NOON
from support.races import at_once
from support.worlds import OPERATOR, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECRET = "postgresql://casino:hush@db"


class Workshop:
    """A world with a line of messages and handlers that count what they did."""

    def __init__(self, world: World, run: Callable[[Task], Done | Again] | None = None, attempts: int = 3) -> None:
        self.world = world
        self.messages = MemoryMessages()
        self.runs: Counter[str] = Counter()
        self.attempts = attempts
        self._run = run
        self._lock = Lock()

    def _count(self, task: Task) -> Done | Again:
        with self._lock:
            self.runs[task.subject] += 1
        return Done() if self._run is None else self._run(task)

    def add(self, *subjects: str, after: timedelta = timedelta()) -> list[int]:
        """Add tasks that are due so long from now."""
        now = self.world.clock.now()
        with self.world.transactions() as tx:
            return [tx.tasks.add("work", subject, {}, now + after, now) for subject in subjects]

    def relay(self) -> int:
        """A turn of the relay."""
        return relay_tasks(self.world.transactions, self.world.clock, self.messages)

    def perform(self, task_id: int) -> Performed | None:
        """What a worker does with a message."""
        handlers = {"work": Handler(self._count, lease=MINUTE, attempts=self.attempts)}
        return perform_task(self.world.transactions, self.world.clock, lambda: 0.0, handlers, task_id)

    def drain(self) -> int:
        """Relay and perform until nothing is due; how many messages that were."""
        delivered = 0
        while self.relay() or self.messages.count():
            delivered += self.messages.deliver(self.perform)
        return delivered

    def sweep(self) -> int:
        """A turn of the sweep."""
        return sweep_tasks(self.world.transactions, self.world.clock, self.messages)

    def state(self, task_id: int) -> Task:
        """The task as it stands."""
        [task] = [task for task in self.world.work.tasks(None, 999, None)[1] if task.id == task_id]
        return task


def fail(task: Task) -> Done:
    raise ValueError(SECRET)


# --- doing


def test_what_is_due_is_sent_once_and_done_once(world: World) -> None:
    shop = Workshop(world)
    later = shop.add("later", after=HOUR)
    shop.add("a", "b", "c")
    assert (shop.drain(), shop.drain()) == (3, 0)
    assert shop.runs == Counter("abc")
    world.clock.pass_time(hours=1)
    assert shop.drain() == 1
    assert shop.state(later[0]).state is TaskState.DONE


def test_a_message_that_comes_twice_does_nothing_the_second_time(world: World) -> None:
    shop = Workshop(world)
    [task_id] = shop.add("a")
    shop.relay()
    assert shop.perform(task_id) is not None
    assert [shop.perform(task_id), shop.perform(task_id), shop.perform(10**9)] == [None] * 3
    assert shop.runs == Counter("a")


def test_a_message_before_its_time_does_nothing(world: World) -> None:
    shop = Workshop(world)
    [task_id] = shop.add("a", after=HOUR)
    assert shop.perform(task_id) is None
    assert shop.state(task_id).attempts == 0


def test_polling_comes_back_at_its_time(world: World) -> None:
    shop = Workshop(world, lambda task: Again(world.clock.now() + MINUTE) if shop.runs["a"] < 4 else Done())
    [task_id] = shop.add("a")
    for _ in range(6):
        assert shop.drain() <= 1
        world.clock.pass_time(minutes=1)
    assert shop.runs["a"] == 4
    assert (shop.state(task_id).state, shop.state(task_id).attempts) == (TaskState.DONE, 1)


def test_what_is_wanted_during_the_work_is_done_once_more(world: World) -> None:
    shop = Workshop(world, lambda task: Done() if shop.runs["a"] > 1 else (shop.add("a"), Done())[1])
    [task_id] = shop.add("a")
    shop.drain()
    assert shop.runs["a"] == 2
    assert shop.state(task_id).state is TaskState.DONE


@pytest.mark.parametrize("dies", [False, True])
def test_what_is_wanted_during_the_last_attempt_is_not_set_aside_with_it(world: World, dies: bool) -> None:
    class PowerCut(BaseException):
        pass

    def wanted(task: Task) -> Done:
        if shop.runs["a"] > 1:
            return Done()
        shop.add("a")
        raise PowerCut if dies else ValueError

    shop = Workshop(world, wanted, attempts=1)
    [task_id] = shop.add("a")
    shop.relay()
    try:
        shop.messages.deliver(shop.perform)
    except PowerCut:
        world.clock.pass_time(minutes=2)
        assert shop.sweep() == 1
    shop.drain()
    assert (shop.state(task_id).state, shop.runs["a"]) == (TaskState.SET_ASIDE, 2)
    [after] = world.work.tasks("done", 9, None)[1]
    assert (after.kind, after.subject, after.payload) == ("work", "a", {})


# --- failing


def test_a_failure_is_tried_again_after_a_pause_and_then_set_aside(world: World) -> None:
    shop = Workshop(world, fail)
    [task_id] = shop.add("a")
    seen = []
    for _ in range(5):
        shop.drain()
        task = shop.state(task_id)
        seen.append((task.state.value, task.attempts, (task.due_at - world.clock.now()).total_seconds()))
        world.clock.pass_time(seconds=10)
    assert seen[:3] == [("waiting", 1, 2), ("waiting", 2, 4), ("set_aside", 3, -6)]
    assert shop.runs["a"] == 3


def test_the_error_is_kept_without_what_strangers_said(world: World) -> None:
    shop = Workshop(world, fail)
    [task_id] = shop.add("a")
    shop.drain()
    error = shop.state(task_id).last_error
    assert error.startswith("ValueError (stickercase.domain.use_cases.perform_task:")
    assert SECRET not in error


def test_our_own_words_are_kept(world: World) -> None:
    def away(task: Task) -> Done:
        raise StoreUnavailable("the vendor is away")

    shop = Workshop(world, away)
    [task_id] = shop.add("a")
    shop.drain()
    assert shop.state(task_id).last_error.startswith("StoreUnavailable: the vendor is away (")


def test_a_poisoned_task_does_not_stop_the_rest(world: World) -> None:
    shop = Workshop(world, lambda task: fail(task) if task.subject == "poison" else Done())
    shop.add("a", "poison", "b")
    for _ in range(4):
        shop.drain()
        world.clock.pass_time(minutes=1)
    [backlog] = world.work.backlog(world.clock.now())
    assert (backlog.waiting, backlog.set_aside) == (0, 1)
    assert shop.runs == Counter({"a": 1, "b": 1, "poison": 3})


def test_a_kind_that_nobody_knows_is_set_aside_too(world: World) -> None:
    with world.transactions() as tx:
        task_id = tx.tasks.add("unheard of", "x", {}, NOON, NOON)
    shop = Workshop(world)
    shop.drain()
    assert shop.state(task_id).last_error.startswith("UnknownKind: unheard of")


def test_a_task_that_takes_its_worker_down_every_time_is_set_aside(world: World) -> None:
    class PowerCut(BaseException):
        pass

    def die(task: Task) -> Done:
        raise PowerCut

    shop = Workshop(world, die)
    [task_id] = shop.add("a")
    for _ in range(3):
        shop.relay()
        with pytest.raises(PowerCut):
            shop.messages.deliver(shop.perform)
        world.clock.pass_time(minutes=2)
        assert shop.sweep() == 1
    shop.relay()
    given_up = shop.perform(task_id)
    assert given_up is not None
    assert isinstance(given_up.result, WorkersDied)
    assert (shop.state(task_id).state, shop.runs["a"]) == (TaskState.SET_ASIDE, 3)


def test_one_who_overran_the_lease_changes_nothing(world: World) -> None:
    """Somebody else has taken over: the first one's word no longer counts."""

    def slow(task: Task) -> Done:
        if shop.runs["a"] == 1:
            world.clock.pass_time(minutes=2)
            assert shop.sweep() == 1
            shop.relay()
            second = shop.perform(task.id)
            assert second is not None
            assert not second.was_late
            raise ValueError("too late to matter")
        return Done()

    shop = Workshop(world, slow)
    [task_id] = shop.add("a")
    shop.relay()
    first = shop.perform(task_id)
    assert first is not None
    assert first.was_late
    assert (shop.state(task_id).state, shop.state(task_id).last_error) == (TaskState.DONE, "")


# --- losing


def test_what_was_lost_is_found_when_the_line_is_shorter_than_it_should_be(world: World) -> None:
    shop = Workshop(world)
    ids = shop.add("a", "b", "c")
    shop.relay()
    shop.messages.clear()
    assert shop.sweep() == 0, "they may still be arriving"
    world.clock.pass_time(seconds=GRACE.total_seconds())
    assert shop.sweep() == 3
    assert shop.drain() == 3
    assert [shop.state(task_id).state for task_id in ids] == [TaskState.DONE] * 3


def test_a_long_line_is_not_made_longer(world: World) -> None:
    shop = Workshop(world)
    shop.add("a", "b", "c")
    shop.relay()
    world.clock.pass_time(seconds=GIVEN_UP.total_seconds() - 1)
    assert (shop.sweep(), shop.relay(), shop.messages.count()) == (0, 0, 3)


def test_even_a_line_that_looks_right_is_doubted_in_the_end(world: World) -> None:
    shop = Workshop(world)
    [task_id] = shop.add("a")
    shop.relay()
    shop.messages.clear()
    shop.messages.send(HOUSE, [10**9])
    world.clock.pass_time(seconds=GIVEN_UP.total_seconds())
    assert shop.sweep() == 1
    shop.drain()
    assert shop.state(task_id).state is TaskState.DONE


def test_a_queue_that_is_away_loses_nothing(world: World) -> None:
    class Away(MemoryMessages):
        def send(self, lane: str, task_ids: object) -> None:
            raise QueueUnavailable("away")

    shop = Workshop(world)
    shop.add("a", "b")
    back, shop.messages = shop.messages, Away()
    for _ in range(2):
        with pytest.raises(QueueUnavailable):
            shop.relay()
    shop.messages = back
    assert shop.drain() == 2
    assert shop.runs == Counter("ab")


# --- people


def revive(world: World, task_id: int, key: str | None = None) -> Answered:
    caller = Caller(OPERATOR.name, key, b"")
    return retry_task(world.transactions, world.clock, caller, task_id, lambda task: task.state.value.encode())


def aside(shop: Workshop) -> int:
    """A task that was set aside."""
    [task_id] = shop.add("a")
    for _ in range(3):
        shop.drain()
        shop.world.clock.pass_time(minutes=1)
    assert shop.state(task_id).state is TaskState.SET_ASIDE
    return task_id


def test_a_person_has_it_tried_again(world: World) -> None:
    shop = Workshop(world, lambda task: fail(task) if shop.runs["a"] <= 3 else Done())
    task_id = aside(shop)
    assert revive(world, task_id, "k") == Answered(b"waiting", replayed=False)
    assert revive(world, task_id, "k") == Answered(b"waiting", replayed=True)
    shop.drain()
    assert (shop.state(task_id).state, shop.runs["a"]) == (TaskState.DONE, 4)
    [(who, action, subject, before, after, _)] = world.back_door.operator_log()
    assert (who, action, subject) == (OPERATOR.name, "retry_task", f"task:{task_id}")
    assert before is not None
    assert (before["state"], before["attempts"], after) == ("set_aside", 3, {"state": "waiting", "attempts": 0})


def test_only_what_was_set_aside_is_tried_again(world: World) -> None:
    shop = Workshop(world, fail)
    task_id = aside(shop)
    revive(world, task_id)
    for wanted, refusal in (
        (task_id, TaskNotSetAside(task_id, "waiting")),
        (10**9, NotFound("task", str(10**9))),
    ):
        with pytest.raises(Refused) as refused:
            revive(world, wanted)
        assert refused.value.refusal == refusal


def test_it_is_not_tried_again_beside_a_like_one(world: World) -> None:
    shop = Workshop(world, fail)
    task_id = aside(shop)
    shop.add("a")
    with pytest.raises(Refused) as refused:
        revive(world, task_id)
    assert refused.value.refusal == AlreadyExists("waiting task", "work a")


# --- races


def test_one_message_at_many_workers_is_done_once(world: World) -> None:
    shop = Workshop(world)
    for number in range(5):
        [task_id] = shop.add(f"{number}")
        shop.relay()
        outcomes = at_once([lambda task_id=task_id: shop.perform(task_id)] * 8)
        assert sum(outcome is not None for outcome in outcomes) == 1
    assert set(shop.runs.values()) == {1}


def test_a_retry_and_a_like_one_at_once_leave_one(world: World) -> None:
    shop = Workshop(world, fail)
    for _ in range(5):
        task_id = aside(shop)

        def retry(task_id: int = task_id) -> str:
            try:
                return revive(world, task_id).answer.decode()
            except Refused as refused:
                return refused.refusal.code

        told, _ = at_once([retry, lambda: str(shop.add("a"))])
        assert told in ("waiting", "already_exists")
        waiting = [task for task in world.work.tasks("waiting", 9, None)[1] if task.subject == "a"]
        assert len(waiting) == 1
        for _ in range(4):
            shop.drain()
            world.clock.pass_time(minutes=1)

"""Messages to workers: all are delivered to somebody, and counted until they were acted upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock, Thread

import pytest
from redis import Redis

from stickercase.adapters.dramatiq.crew import DramatiqCrew
from stickercase.adapters.dramatiq.messages import DramatiqMessages
from stickercase.adapters.memory import MemoryMessages
from stickercase.domain.use_cases.lanes import HOUSE, LANES
from stickercase.ports.failures import QueueUnavailable
from stickercase.ports.messages import Messages
from support.api_processes import eventually
from support.races import at_once


@dataclass
class Line:
    """Messages, and somebody who acts upon them until stopped."""

    messages: Messages
    employ: Callable[[Callable[[int], None]], Callable[[], object]]


@pytest.fixture(params=["memory", "dramatiq"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """An empty line."""
    if request.param == "memory":
        messages = MemoryMessages()
        yield Line(messages, lambda act: deliverer(messages, act))
        return
    url: str = request.getfixturevalue("redis_url").replace("db=0", "db=5")
    with Redis.from_url(url) as redis:
        redis.flushdb()

    def employ(act: Callable[[int], None]) -> Callable[[], object]:
        crew = DramatiqCrew(url, act, threads=dict.fromkeys(LANES, 4))
        crew.start()
        return lambda: crew.stop(10)

    yield Line(DramatiqMessages(url), employ)


def deliverer(messages: MemoryMessages, act: Callable[[int], None]) -> Callable[[], object]:
    """Deliver from a thread for each lane, until told to stop."""
    stop = Event()

    def deliver(lane: str) -> None:
        while not stop.wait(0.001):
            messages.deliver(act, [lane])

    threads = [Thread(target=deliver, args=(lane,)) for lane in LANES]
    for thread in threads:
        thread.start()
    return lambda: (stop.set(), [thread.join() for thread in threads])


def test_nothing_is_counted_at_first(line: Line) -> None:
    assert line.messages.count() == 0
    line.messages.send(HOUSE, [])
    assert line.messages.count() == 0


def test_everything_sent_is_delivered(line: Line) -> None:
    line.messages.send(HOUSE, range(1, 101))
    line.messages.send(HOUSE, [2**62, 50])
    assert line.messages.count() == 102
    seen: Counter[int] = Counter()
    lock = Lock()

    def act(task_id: int) -> None:
        with lock:
            seen[task_id] += 1

    stop = line.employ(act)
    eventually(lambda: line.messages.count() == 0, "an empty line")
    stop()
    assert seen == Counter([*range(1, 101), 2**62, 50])


def test_a_message_counts_until_it_was_acted_upon(line: Line) -> None:
    begun, finish = Event(), Event()

    def act(task_id: int) -> None:
        begun.set()
        finish.wait(10)

    line.messages.send(HOUSE, [1])
    stop = line.employ(act)
    assert begun.wait(10)
    assert line.messages.count() == 1
    finish.set()
    eventually(lambda: line.messages.count() == 0, "an empty line")
    stop()


def test_a_lane_that_stands_still_holds_up_no_other(line: Line) -> None:
    """A hundred tasks that wait for a stranger who is silent, and one in each other lane."""
    silent, *others = LANES
    go_on, done = Event(), set[int]()

    def act(task_id: int) -> None:
        if task_id > 100:
            done.add(task_id)
        else:
            go_on.wait(20)

    stuck = range(1, 101)
    quick = {lane: 100 + place for place, lane in enumerate(others, 1)}
    line.messages.send(silent, stuck)
    for lane, task_id in quick.items():
        line.messages.send(lane, [task_id])
    stop = line.employ(act)
    try:
        eventually(lambda: done == set(quick.values()), "the other lanes go on", 5)
        assert line.messages.count() == 100
    finally:
        go_on.set()
        stop()


def test_many_who_send_at_once_lose_nothing(line: Line) -> None:
    at_once([lambda first=first: line.messages.send(HOUSE, range(first, first + 20)) for first in range(0, 200, 20)])
    assert line.messages.count() == 200


def test_a_redis_that_is_not_there_is_said_so() -> None:
    messages = DramatiqMessages("redis://:hush-hush@127.0.0.1:1/0")
    for act in (lambda: messages.send(HOUSE, [1]), messages.count):
        with pytest.raises(QueueUnavailable) as failure:
            act()
        assert "hush-hush" not in str(failure.value)

"""The batcher on a real event loop with a store that does as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from stickercase.domain.refusal import OutOfStickers
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.open_cases import OpenCase, Outcome
from stickercase.entrypoints.http import batcher as batching
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable

Failures = Callable[[Sequence[OpenCase]], Exception | None]
SOON = 5.0


def wish(number: int, key: str | None = None) -> OpenCase:
    """A command that can be told from the others."""
    return OpenCase(player_id=number, case_name=f"Case {number}", key=key)


def done(command: OpenCase) -> Answered:
    """What the store answers."""
    return Answered(command.case_name.encode(), replayed=False)


class Store:
    """Stands for the use case: notes every batch, waits at the gate, fails as it is told."""

    def __init__(self, failures: Failures = lambda commands: None) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self._failures = failures

    def __call__(self, commands: Sequence[OpenCase]) -> list[Outcome]:
        self.batches.append([command.player_id for command in commands])
        self.entered.set()
        assert self.gate.wait(SOON)
        failure = self._failures(commands)
        if failure is not None:
            raise failure
        return [done(command) for command in commands]

    @property
    def commands(self) -> list[int]:
        """The players of all commands, in the order in which they came."""
        return [player for batch in self.batches for player in batch]

    @property
    def sizes(self) -> list[int]:
        """How many commands each batch had."""
        return [len(batch) for batch in self.batches]


def failing(*failures: Exception | None) -> Failures:
    """These one after the other, then none."""
    waiting: Iterator[Exception | None] = iter(failures)
    return lambda commands: next(waiting, None)


def run(store: Store, scenario: Callable[[Batcher], Coroutine[Any, Any, Any]]) -> Any:
    """Run a scenario on a batcher that is stopped afterwards."""

    async def play() -> Any:
        batcher = Batcher(store)
        batcher.start()
        try:
            return await asyncio.wait_for(scenario(batcher), SOON)
        finally:
            store.gate.set()
            await asyncio.wait_for(batcher.stop(), SOON)

    return asyncio.run(play())


async def held(store: Store, batcher: Batcher, command: OpenCase) -> asyncio.Task[Outcome]:
    """A command whose batch is in flight and stays there until the gate opens."""
    store.gate.clear()
    store.entered.clear()
    task = asyncio.create_task(batcher.submit(command))
    await asyncio.to_thread(store.entered.wait, SOON)
    return task


async def submitted(batcher: Batcher, commands: Sequence[OpenCase]) -> list[asyncio.Task[Outcome]]:
    """Commands that wait."""
    tasks = [asyncio.create_task(batcher.submit(command)) for command in commands]
    await asyncio.sleep(0)
    return tasks


async def outcomes(tasks: Sequence[asyncio.Task[Outcome]]) -> list[Any]:
    """What became of them, exceptions included."""
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_an_idle_batcher_commits_at_once() -> None:
    store = Store()

    async def scenario(batcher: Batcher) -> Any:
        return await batcher.submit(wish(1))

    assert run(store, scenario) == done(wish(1))
    assert store.batches == [[1]]


def test_what_comes_together_goes_together() -> None:
    store = Store()
    commands = [wish(number) for number in range(20)]

    async def scenario(batcher: Batcher) -> Any:
        return await asyncio.gather(*map(batcher.submit, commands))

    assert run(store, scenario) == [done(command) for command in commands]
    assert store.batches == [list(range(20))]


def test_what_comes_while_a_batch_commits_forms_the_next_in_order() -> None:
    store = Store()

    async def scenario(batcher: Batcher) -> Any:
        first = await held(store, batcher, wish(0))
        rest = await submitted(batcher, [wish(number) for number in range(1, 140)])
        store.gate.set()
        return await outcomes([first, *rest])

    assert run(store, scenario) == [done(wish(number)) for number in range(140)]
    assert store.sizes == [1, batching.CAP, batching.CAP, 139 - 2 * batching.CAP]
    assert store.commands == list(range(140))


def test_a_refusal_is_an_outcome_and_fails_nobody() -> None:
    class Picky(Store):
        def __call__(self, commands: Sequence[OpenCase]) -> list[Outcome]:
            super().__call__(commands)
            return [OutOfStickers("x") if command.player_id == 1 else done(command) for command in commands]

    store = Picky()

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(0), wish(1), wish(2)]))

    assert run(store, scenario) == [done(wish(0)), OutOfStickers("x"), done(wish(2))]
    assert store.sizes == [3]


def test_the_one_to_blame_fails_alone() -> None:
    fault = RuntimeError("a bug that player 2 meets")
    store = Store(lambda commands: fault if any(command.player_id == 2 for command in commands) else None)

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(number) for number in range(4)]))

    assert run(store, scenario) == [done(wish(0)), done(wish(1)), fault, done(wish(3))]
    assert store.batches == [[0, 1, 2, 3], [0], [1], [2], [3]]


def test_an_unexpected_failure_of_one_alone_is_not_repeated() -> None:
    store = Store(failing(RuntimeError("once")))

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(0)]))

    [outcome] = run(store, scenario)
    assert isinstance(outcome, RuntimeError)
    assert store.sizes == [1]


def test_the_batcher_goes_on_after_any_failure() -> None:
    store = Store(failing(RuntimeError("x"), StoreUnavailable("x"), StoreUnavailable("x"), OutcomeUnknown("x")))

    async def scenario(batcher: Batcher) -> Any:
        return [(await outcomes(await submitted(batcher, [wish(number)])))[0] for number in range(4)]

    told = run(store, scenario)
    assert [type(outcome) for outcome in told] == [RuntimeError, StoreUnavailable, OutcomeUnknown, Answered]


def test_an_unavailable_store_is_asked_once_more() -> None:
    store = Store(failing(StoreUnavailable("a stale connection")))

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(0), wish(1, "key")]))

    assert run(store, scenario) == [done(wish(0)), done(wish(1))]
    assert store.sizes == [2, 2]


def test_a_store_that_stays_away_is_told_to_everybody() -> None:
    store = Store(lambda commands: StoreUnavailable("away"))

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(0), wish(1, "key")]))

    assert [type(outcome) for outcome in run(store, scenario)] == [StoreUnavailable, StoreUnavailable]
    assert store.sizes == [2, 2]


def test_after_a_lost_commit_only_a_key_is_asked_again() -> None:
    store = Store(failing(OutcomeUnknown("lost")))
    commands = [wish(0), wish(1, "a"), wish(2), wish(3, "b")]

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, commands))

    told = run(store, scenario)
    assert [type(outcome) for outcome in told] == [OutcomeUnknown, Answered, OutcomeUnknown, Answered]
    assert sorted(store.commands[len(commands) :]) == [1, 3], (
        "an opening without a key may have happened: it must not be repeated"
    )


@pytest.mark.parametrize("again", [StoreUnavailable("away"), OutcomeUnknown("lost again")])
def test_a_lost_commit_stays_unknown_while_nobody_can_tell(again: Exception) -> None:
    """Not "nothing happened": the first commit may have gone through."""
    store = Store(failing(OutcomeUnknown("lost"), again))

    async def scenario(batcher: Batcher) -> Any:
        return await outcomes(await submitted(batcher, [wish(0, "a"), wish(1)]))

    assert [type(outcome) for outcome in run(store, scenario)] == [OutcomeUnknown, OutcomeUnknown]


def test_who_waits_too_long_is_told_and_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "DEADLINE_SECONDS", 0.05)
    store = Store()

    async def scenario(batcher: Batcher) -> Any:
        first = await held(store, batcher, wish(0))
        late = await outcomes(await submitted(batcher, [wish(1), wish(2)]))
        store.gate.set()
        return [await first, *late]

    told = run(store, scenario)
    assert told[0] == done(wish(0)), "a commit that has begun is waited for"
    assert [type(outcome) for outcome in told[1:]] == [StoreUnavailable, StoreUnavailable]
    assert store.batches == [[0]]


def test_a_full_queue_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MOST_WAITING", 3)
    store = Store()

    async def scenario(batcher: Batcher) -> Any:
        first = await held(store, batcher, wish(0))
        rest = await submitted(batcher, [wish(number) for number in range(1, 6)])
        store.gate.set()
        return await outcomes([first, *rest])

    told = run(store, scenario)
    assert [type(outcome) for outcome in told] == [Answered] * 4 + [StoreUnavailable] * 2
    assert store.commands == [0, 1, 2, 3]


def test_nothing_is_done_for_a_caller_who_went_away() -> None:
    store = Store()

    async def scenario(batcher: Batcher) -> Any:
        first = await held(store, batcher, wish(0))
        waiting = await submitted(batcher, [wish(1), wish(2)])
        waiting[0].cancel()
        first.cancel()
        store.gate.set()
        return await outcomes([first, *waiting])

    told = run(store, scenario)
    assert [type(outcome) for outcome in told] == [asyncio.CancelledError, asyncio.CancelledError, Answered]
    assert store.batches == [[0], [2]]


def test_stopping_finishes_what_was_taken_and_refuses_what_comes() -> None:
    store = Store()

    async def play() -> Any:
        batcher = Batcher(store)
        batcher.start()
        first = await held(store, batcher, wish(0))
        rest = await submitted(batcher, [wish(number) for number in range(1, 100)])
        stopping = asyncio.create_task(batcher.stop())
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable):
            await batcher.submit(wish(100))
        assert not stopping.done()
        store.gate.set()
        await asyncio.wait_for(stopping, SOON)
        return await outcomes([first, *rest])

    before = threading.active_count()
    assert asyncio.run(play()) == [done(wish(number)) for number in range(100)]
    assert store.commands == list(range(100))
    assert threading.active_count() == before, "the committer still runs"


def test_nothing_is_taken_before_the_start() -> None:
    async def play() -> None:
        with pytest.raises(StoreUnavailable):
            await Batcher(Store()).submit(wish(0))

    asyncio.run(play())

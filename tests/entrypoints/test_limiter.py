"""The limiter on a real event loop with a store that does as it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from stickercase.adapters.memory.rates import MemoryRates
from stickercase.entrypoints.http import limiter as limiting
from stickercase.entrypoints.http.limiter import Limiter, Verdict
from stickercase.ports.failures import StoreUnavailable

HOME, OFFICE = "192.0.2.1", "192.0.2.2"
PROMPTLY = 0.5
"""Seconds: far above what a request may wait, far below what a dead store would take."""


class Store:
    """Counts in a second that does not end, notes every trip, waits at the gate, fails as it is told."""

    def __init__(self) -> None:
        self.trips: list[dict[str, int]] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.turns = 0
        """How many turns of the loop an answer takes, as reading it from a socket does."""
        self._counts = MemoryRates(now=lambda: 0.0)

    async def count(self, asked: Mapping[str, int]) -> Mapping[str, int]:
        self.trips.append(dict(asked))
        await self.gate.wait()
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return await self._counts.count(asked)

    async def close(self) -> None:
        pass

    @property
    def calls(self) -> int:
        """Trips that were made for requests."""
        return sum("probe" not in trip for trip in self.trips)


Scenario = Callable[[Limiter, Store], Coroutine[Any, Any, None]]


def play(scenario: Scenario, per_player: int = 3, per_address: int = 5) -> list[dict[str, Any]]:
    """Run a scenario; what was logged."""

    async def run() -> None:
        store = Store()
        limiter = Limiter(store, per_player, per_address)
        try:
            await asyncio.wait_for(scenario(limiter, store), 10)
        finally:
            store.gate.set()
            await limiter.close()

    with capture_logs() as lines:
        asyncio.run(run())
    return list(lines)


async def asked(limiter: Limiter, players: Sequence[int | None], address: str = HOME) -> list[Verdict]:
    """One request of each, all in the same tick."""
    return await asyncio.gather(*(limiter.verdict(player, address) for player in players))


def refused(verdicts: Sequence[Verdict]) -> list[str | None]:
    """By which limit each was refused."""
    return [verdict.exceeded.per if verdict.exceeded else None for verdict in verdicts]


def test_a_player_passes_up_to_the_limit() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        assert refused(await asked(limiter, [1, 1, 1, 1, 2])) == [None, None, None, "player", None]
        assert refused(await asked(limiter, [1, 2], OFFICE)) == ["player", None]

    play(scenario)


def test_an_address_passes_up_to_the_limit() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        assert refused(await asked(limiter, [1, 2, 3, None, None, 4, None])) == [None] * 5 + ["address"] * 2
        assert refused(await asked(limiter, [None], OFFICE)) == [None]

    play(scenario)


def test_requests_of_one_tick_share_one_trip() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        await asked(limiter, [1, 2, 1, None])
        assert store.trips == [{"player:1": 2, f"address:{HOME}": 4, "player:2": 1}]

    play(scenario)


def test_requests_that_come_during_a_trip_share_the_next() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        store.gate.clear()
        first = asyncio.create_task(limiter.verdict(1, HOME))
        await asyncio.sleep(0.001)
        others = [asyncio.create_task(limiter.verdict(player, HOME)) for player in (2, 3, 4)]
        await asyncio.sleep(0.001)
        assert store.calls == 1
        store.gate.set()
        assert refused(await asyncio.gather(first, *others)) == [None] * 4
        assert [trip[f"address:{HOME}"] for trip in store.trips] == [1, 3]

    play(scenario)


def test_the_headers_say_what_is_left() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        verdicts = await asked(limiter, [1, None, 1, 1, 1])
        policies = b'"player";q=3;w=1, "address";q=5;w=1'
        assert verdicts[0].headers == (
            (b"ratelimit-policy", policies),
            (b"ratelimit", b'"player";r=2;t=1, "address";r=4;t=1'),
        )
        assert verdicts[1].headers == (
            (b"ratelimit-policy", b'"address";q=5;w=1'),
            (b"ratelimit", b'"address";r=3;t=1'),
        )
        assert dict(verdicts[4].headers)[b"ratelimit"] == b'"player";r=0;t=1, "address";r=0;t=1'

    play(scenario)


@pytest.mark.parametrize(
    ("per_player", "per_address", "verdicts", "calls"),
    [(0, 0, [None] * 4, 0), (2, 0, [None, None, "player", "player"], 1), (0, 3, [None, None, None, "address"], 1)],
)
def test_a_limit_of_zero_is_none(per_player: int, per_address: int, verdicts: list[str | None], calls: int) -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        assert refused(await asked(limiter, [1, 1, 1, 1])) == verdicts
        assert store.calls == calls

    play(scenario, per_player, per_address)


def test_a_request_that_goes_away_takes_nobody_along() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        tasks = [asyncio.create_task(limiter.verdict(1, HOME)) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[3].cancel()
        rest = [tasks[1], tasks[2], tasks[4]]
        assert refused(await asyncio.gather(*rest)) == [None, None, "player"]

    play(scenario)


def test_a_store_that_is_away_lets_everything_pass_and_is_told_of_once() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        store.failure = StoreUnavailable("Redis does not answer (ConnectionError)")
        assert not limiter.is_failing_open
        verdicts = [await limiter.verdict(1, HOME) for _ in range(50)]
        assert (refused(verdicts), {verdict.headers for verdict in verdicts}) == ([None] * 50, {()})
        assert limiter.is_failing_open
        assert (store.calls, limiter.uncounted) == (1, {"away": 50})

    assert [line["event"] for line in play(scenario)] == ["limits_suspended"]


def test_a_store_that_comes_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "PROBE_SECONDS", 0.01)

    async def scenario(limiter: Limiter, store: Store) -> None:
        store.failure = StoreUnavailable("away")
        await asked(limiter, [1] * 9)
        await asyncio.sleep(0.1)
        assert limiter.is_failing_open
        store.failure = None
        while limiter.is_failing_open:
            await asyncio.sleep(0.005)
        assert refused(await asked(limiter, [1] * 4)) == [None] * 3 + ["player"]

    lines = play(scenario)
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
        "limits_suspended",
        "limits_in_force",
    ]
    assert lines[-1]["passed_uncounted"] == 0, "those that found out are told of by the first line"


def test_nobody_waits_for_a_store_that_is_late() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        store.gate.clear()
        began = time.monotonic()
        found_out = asyncio.create_task(limiter.verdict(1, HOME))
        await asyncio.sleep(0.001)
        waiting = asyncio.create_task(limiter.verdict(1, HOME))
        assert refused(await asyncio.gather(found_out, waiting)) == [None, None]
        assert time.monotonic() - began < PROMPTLY
        for _ in range(50):
            assert await asyncio.wait_for(limiter.verdict(1, HOME), 0.001) == Verdict()
        assert (store.calls, limiter.uncounted, limiter.is_failing_open) == (1, {"late": 52}, False)
        store.gate.set()
        await asyncio.sleep(0.01)
        assert refused(await asked(limiter, [1] * 4)) == [None, None, "player", "player"], "the late trip did count"

    assert play(scenario) == []


def test_a_loop_that_was_held_up_is_not_taken_for_a_late_store() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        store.turns = 4
        pending = asyncio.create_task(limiter.verdict(1, HOME))
        while not store.calls:
            await asyncio.sleep(0)
        time.sleep(0.05)
        assert (await pending).headers
        assert limiter.uncounted == {}

    play(scenario)


def test_a_fault_of_ours_lets_requests_pass_and_shows_its_traceback() -> None:
    async def scenario(limiter: Limiter, store: Store) -> None:
        store.failure = ZeroDivisionError("a bug")
        assert refused(await asked(limiter, [1] * 9)) == [None] * 9

    [line] = play(scenario)
    assert isinstance(line["exc_info"], ZeroDivisionError)

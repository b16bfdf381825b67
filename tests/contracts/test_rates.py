"""What every store of rates promises: counts within one second, shared, and gone with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from stickercase.adapters.memory.rates import MemoryRates
from stickercase.adapters.redis.rates import RedisRates
from stickercase.ports.rates import Rates

Stores = Callable[[], Rates]
HALF_A_SECOND = 0.5


@pytest.fixture(params=["memory", "redis"])
def new_store(request: pytest.FixtureRequest) -> Stores:
    """Makes adapters on one store; a Redis that cannot be had is an error, never a skip."""
    if request.param == "memory":
        shared = MemoryRates()
        return lambda: shared
    url: str = request.getfixturevalue("redis_url")
    return lambda: RedisRates(url)


async def early_in_a_second() -> None:
    """Wait until so much of this second is left that a few trips end in it: both stores here go by this clock."""
    while time.time() % 1 > HALF_A_SECOND:
        await asyncio.sleep(0.01)


async def next_second() -> None:
    """Wait until the next second has begun."""
    now = int(time.time())
    while int(time.time()) == now:
        await asyncio.sleep(0.01)


def test_every_asking_is_added(new_store: Stores, request: pytest.FixtureRequest) -> None:
    async def run() -> None:
        store, key = new_store(), request.node.name
        await early_in_a_second()
        assert await store.count({key: 1}) == {key: 1}
        assert await store.count({key: 5, f"{key}-other": 2}) == {key: 6, f"{key}-other": 2}
        assert await store.count({f"{key}-other": 1, key: 1}) == {f"{key}-other": 3, key: 7}
        await store.close()

    asyncio.run(run())


def test_nothing_asked_is_answered(new_store: Stores) -> None:
    async def run() -> None:
        store = new_store()
        assert await store.count({}) == {}
        await store.close()

    asyncio.run(run())


def test_a_window_passes(new_store: Stores, request: pytest.FixtureRequest) -> None:
    async def run() -> None:
        store, key = new_store(), request.node.name
        await early_in_a_second()
        assert await store.count({key: 9}) == {key: 9}
        await next_second()
        assert await store.count({key: 1}) == {key: 1}
        await store.close()

    asyncio.run(run())


def test_all_share_the_counts(new_store: Stores, request: pytest.FixtureRequest) -> None:
    async def run() -> None:
        first, second, key = new_store(), new_store(), request.node.name
        await asyncio.gather(first.count({}), second.count({}))
        await early_in_a_second()
        told = await asyncio.gather(*(store.count({key: 1}) for _ in range(20) for store in (first, second)))
        assert sorted(counts[key] for counts in told) == list(range(1, 41))
        await first.close()
        await second.close()

    asyncio.run(run())


def test_a_closed_store_is_taken_up_again(new_store: Stores, request: pytest.FixtureRequest) -> None:
    async def run() -> None:
        store, key = new_store(), request.node.name
        await store.count({key: 1})
        await store.close()
        assert (await store.count({key: 1}))[key] >= 1
        await store.close()

    asyncio.run(run())

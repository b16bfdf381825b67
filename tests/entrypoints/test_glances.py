"""Sharing glances: nobody is told of a time before they asked, and nobody waits for more than they must."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from stickercase.entrypoints.http.glances import Glances
from stickercase.ports.failures import StoreUnavailable
from stickercase.ports.reading import Glance


class Shop:
    """Counts glances; each waits until it is let go, and sees what there was when it began."""

    def __init__(self) -> None:
        self.version = 0
        self.begun = 0
        self.go_on = threading.Semaphore(0)

    def take(self) -> Glance:
        seen = self.version
        self.begun += 1
        assert self.go_on.acquire(timeout=10)
        if seen < 0:
            raise StoreUnavailable("gone")
        return Glance(seen, b"")


def play(act: Callable[[Shop, Glances], Awaitable[None]]) -> None:
    async def run() -> None:
        shop = Shop()
        await act(shop, Glances(shop.take))

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_whoever_asks_during_a_glance_gets_the_next_one() -> None:
    async def act(shop: Shop, glances: Glances) -> None:
        early = asyncio.create_task(glances())
        await until(lambda: shop.begun == 1)
        shop.version = 1  # a change that is committed before the others ask
        late = [asyncio.create_task(glances()) for _ in range(50)]
        await settle()
        shop.go_on.release(2)
        assert (await early).version == 0
        assert {(await task).version for task in late} == {1}
        assert shop.begun == 2, "fifty who ask together share one glance"

    play(act)


def test_one_who_asks_alone_waits_for_one_glance() -> None:
    async def act(shop: Shop, glances: Glances) -> None:
        for version in range(3):
            shop.version = version
            shop.go_on.release()
            assert (await glances()).version == version
        assert shop.begun == 3

    play(act)


def test_a_failure_is_told_to_those_who_waited_and_to_nobody_else() -> None:
    async def act(shop: Shop, glances: Glances) -> None:
        shop.version = -1
        failed = [asyncio.create_task(glances()) for _ in range(3)]
        await until(lambda: shop.begun == 1)
        shop.version = 1
        late = asyncio.create_task(glances())
        await settle()
        shop.go_on.release(2)
        for task in failed:
            with pytest.raises(StoreUnavailable):
                await task
        assert (await late).version == 1

    play(act)


def test_who_hangs_up_takes_nothing_from_the_others() -> None:
    async def act(shop: Shop, glances: Glances) -> None:
        first, second = (asyncio.create_task(glances()) for _ in range(2))
        await until(lambda: shop.begun == 1)
        first.cancel()
        await settle()
        shop.go_on.release()
        assert (await second).version == 0
        assert first.cancelled()

    play(act)


def test_an_unchanged_glance_is_the_same_object() -> None:
    async def act(shop: Shop, glances: Glances) -> None:
        shop.go_on.release(3)
        one, two = await glances(), await glances()
        assert one is two
        shop.version = 1
        assert await glances() is not one

    play(act)

"""Looks, shared: one at a time for each player, and each began after it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stickercase.entrypoints.http.looks import Looks


class Counted:
    """Looks that take a moment, and are counted. Each gives its number."""

    def __init__(self) -> None:
        self.begun = self.at_once = self.most_at_once = 0

    def look(self, fails: bool = False) -> Callable[[], Awaitable[int]]:
        async def taken() -> int:
            self.begun += 1
            number = self.begun
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(0.01)
            self.at_once -= 1
            if fails:
                raise ConnectionError(number)
            return number

        return taken


def test_many_who_ask_at_once_share_two_looks() -> None:
    async def run() -> tuple[list[int], Counted]:
        counted, looks = Counted(), Looks[int]()
        first = asyncio.create_task(looks.share(1, counted.look()))
        await asyncio.sleep(0.005)
        others = await asyncio.gather(*(looks.share(1, counted.look()) for _ in range(50)))
        return [await first, *others], counted

    numbers, counted = asyncio.run(run())
    assert numbers == [1] + [2] * 50, "who came during the first look got one that began later"
    assert (counted.begun, counted.most_at_once) == (2, 1)


def test_players_do_not_wait_for_each_other() -> None:
    async def run() -> Counted:
        counted, looks = Counted(), Looks[int]()
        await asyncio.gather(*(looks.share(player, counted.look()) for player in range(5)))
        return counted

    assert asyncio.run(run()).most_at_once == 5


def test_a_failure_is_everybodys_and_the_next_look_is_new() -> None:
    async def run() -> int:
        counted, looks = Counted(), Looks[int]()
        failed = await asyncio.gather(
            *(looks.share(1, counted.look(fails=True)) for _ in range(3)), return_exceptions=True
        )
        assert [type(error) for error in failed] == [ConnectionError] * 3
        return await looks.share(1, counted.look())

    assert asyncio.run(run()) == 2


def test_who_hangs_up_does_not_take_the_look_away() -> None:
    async def run() -> int:
        counted, looks = Counted(), Looks[int]()
        gone = asyncio.create_task(looks.share(1, counted.look()))
        await asyncio.sleep(0.001)
        stays = asyncio.create_task(looks.share(1, counted.look()))
        await asyncio.sleep(0.001)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(run()) == 2

"""Looks at something far away, shared: one at a time for each key, however often somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Looks(Generic[T]):
    """Whoever asks while a look is under way gets the next one, which begins after they asked."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, asyncio.Lock] = {}
        self._waiting: dict[Hashable, asyncio.Task[T]] = {}

    async def share(self, key: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What a look for ``key`` gives that began after the call. Raises what the look raises."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.create_task(self._in_turn(key, look))
            # All who asked may have hung up by the time it fails.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _in_turn(self, key: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            # Who asks from here on is too late for this one.
            del self._waiting[key]
            try:
                return await look()
            finally:
                if key not in self._waiting:
                    del self._turns[key]

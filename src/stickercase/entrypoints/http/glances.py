"""Glances at the shop, shared: whoever asks while one is under way gets the next, which begins after they asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio import to_thread

from stickercase.ports.reading import Glance


class Glances:
    """Takes one glance at a time, beside the event loop, for all who wait.

    So a thousand readers at once cost the store a few questions, and each is told of everything that was committed
    before it asked.
    """

    def __init__(self, take: Callable[[], Glance]) -> None:
        self._take = take
        self._wanted: asyncio.Future[Glance] | None = None
        self._taking: asyncio.Task[None] | None = None
        self._last: Glance | None = None

    async def __call__(self) -> Glance:
        """A glance that began after the call did. Raises what the store raises."""
        if self._wanted is None:
            self._wanted = asyncio.get_running_loop().create_future()
            if self._taking is None:
                self._taking = asyncio.create_task(self._take_all())
        # Who hangs up does not take the glance away from the others.
        return await asyncio.shield(self._wanted)

    async def _take_all(self) -> None:
        while self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            try:
                wanted.set_result(self._kept(await to_thread.run_sync(self._take)))
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait are told
                wanted.set_exception(error)
        self._taking = None

    def _kept(self, glance: Glance) -> Glance:
        """The last one where nothing has changed, for the sake of what was made of it already."""
        if glance != self._last:
            self._last = glance
        return self._last

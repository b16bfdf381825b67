"""Glances at the shop, shared: whoever asks while one is under way gets the next, which begins after they asked."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread

from stickercase.entrypoints.http.looks import Looks
from stickercase.ports.reading import Glance


class Glances:
    """Takes one glance at a time, beside the event loop, for all who wait.

    So a thousand readers at once cost the store a few questions, and each is told of everything that was committed
    before it asked.
    """

    def __init__(self, take: Callable[[], Glance]) -> None:
        self._take = take
        self._looks: Looks[Glance] = Looks()
        self._last: Glance | None = None

    async def __call__(self) -> Glance:
        """A glance that began after the call did. Raises what the store raises."""
        return await self._looks.share(None, self._taken)

    async def _taken(self) -> Glance:
        """The last one where nothing has changed, for the sake of what was made of it already."""
        glance = await to_thread.run_sync(self._take)
        if self._last is None or glance != self._last:
            self._last = glance
        return self._last

"""How often somebody asked within this second: what rate limits are measured by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Rates(Protocol):
    """Counts in windows of one second, the same for every process that shares the store.

    The only port that is asynchronous: it belongs to the HTTP edge, where a request waits for it on the event loop.
    """

    async def count(self, asked: Mapping[str, int]) -> Mapping[str, int]:
        """Add ``asked[key]`` (at least 1) to each key; how often each was counted within this second, these included.

        All keys are counted in the same window, in one trip. A window begins with a second of the store's own clock.
        Raises ``StoreUnavailable``; whether anything was counted is then unknown, and does no harm.
        """
        ...

    async def close(self) -> None:
        """Let go of the store; counting again takes it up again."""
        ...

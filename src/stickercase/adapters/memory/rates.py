"""Counts per second in a dictionary: for one process, and for showing what the port means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from time import time


class MemoryRates:
    """Keeps the counts of the current second of ``now`` (seconds), and no others."""

    def __init__(self, now: Callable[[], float] = time) -> None:
        self._now = now
        self._second = 0
        self._counts: Counter[str] = Counter()

    async def count(self, asked: Mapping[str, int]) -> Mapping[str, int]:
        second = int(self._now())
        if second != self._second:
            self._second, self._counts = second, Counter()
        self._counts.update(asked)
        return {key: self._counts[key] for key in asked}

    async def close(self) -> None:
        """Nothing is held."""

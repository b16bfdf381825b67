"""Messages to workers in this very process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from stickercase.domain.use_cases.lanes import LANES


class MemoryMessages:
    """Messages in line. Not part of a store: they are lost and repeated independently of it."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[int]] = {lane: deque() for lane in LANES}
        self._taken = dict.fromkeys(LANES, 0)

    def send(self, lane: str, task_ids: Sequence[int]) -> None:
        """Send one message for each."""
        self._lines[lane].extend(task_ids)

    def count(self) -> int:
        """How many are in line or being acted upon."""
        return sum(map(len, self._lines.values())) + sum(self._taken.values())

    def deliver(self, act: Callable[[int], object], lanes: Sequence[str] = LANES) -> int:
        """Act upon all that is in line now, one after the other; how many that was. One thread for a lane at most."""
        return sum(self._deliver(act, lane, len(self._lines[lane])) for lane in lanes)

    def _deliver(self, act: Callable[[int], object], lane: str, waiting: int) -> int:
        for _ in range(waiting):
            self._taken[lane] += 1
            try:
                act(self._lines[lane].popleft())
            finally:
                self._taken[lane] -= 1
        return waiting

    def clear(self) -> None:
        """Lose everything that is in line."""
        for line in self._lines.values():
            line.clear()

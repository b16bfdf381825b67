"""Messages to workers in this very process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence


class MemoryMessages:
    """Messages in line. Not part of a store: they are lost and repeated independently of it."""

    def __init__(self) -> None:
        self._line: deque[int] = deque()
        self._taken = 0

    def send(self, task_ids: Sequence[int]) -> None:
        """Send one message for each."""
        self._line.extend(task_ids)

    def count(self) -> int:
        """How many are in line or being acted upon."""
        return len(self._line) + self._taken

    def deliver(self, act: Callable[[int], object]) -> int:
        """Act upon all that is in line now, one after the other; how many that was."""
        delivered = len(self._line)
        for _ in range(delivered):
            self._taken += 1
            try:
                act(self._line.popleft())
            finally:
                self._taken -= 1
        return delivered

    def clear(self) -> None:
        """Lose everything that is in line."""
        self._line.clear()

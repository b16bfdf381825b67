"""Sources of floors that live in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stickercase.ports.feeds import FeedRead


class MemoryFeeds:
    """Says what it was given for each contributor, or raises it."""

    def __init__(self, said: Mapping[str, FeedRead | Exception]) -> None:
        self._said = dict(said)

    def contributors(self) -> Sequence[str]:
        return tuple(self._said)

    def read(self, contributor: str) -> FeedRead:
        said = self._said[contributor]
        if isinstance(said, Exception):
            raise said
        return said

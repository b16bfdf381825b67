"""One source for each contributor. A new kind of source is one more class with ``read``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from stickercase.adapters.floors.stickers_tools import StickersToolsFeed
from stickercase.adapters.floors.tables import TableFeed
from stickercase.ports.feeds import FeedRead

STICKER_PACK = "Sticker Pack"
"""The contributor whose floors stickers.tools has."""


class Source(Protocol):
    """Where one contributor's floors are read."""

    def read(self) -> FeedRead:
        """All of them."""
        ...


class FloorsFeeds:
    """stickers.tools for `Sticker Pack`, unless there is no address; ``tables`` has a path or URL by contributor."""

    def __init__(self, stickers_tools_url: str, tables: Mapping[str, str], *, seconds: float = 20.0) -> None:
        self._sources: dict[str, Source] = {}
        if stickers_tools_url:
            self._sources[STICKER_PACK] = StickersToolsFeed(stickers_tools_url, seconds=seconds)
        for contributor, place in tables.items():
            self._sources[contributor] = TableFeed(contributor, place, seconds=seconds)

    def contributors(self) -> Sequence[str]:
        return tuple(self._sources)

    def read(self, contributor: str) -> FeedRead:
        return self._sources[contributor].read()

"""Where floor prices are read, one source for each contributor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.floors import Reading


@dataclass(frozen=True, slots=True)
class FeedRead:
    """What a source said. An item whose names can be read and whose price can't has a reading with price None.

    ``skipped`` says of each item without a usable price which it is and why, in the order of the source.
    """

    readings: Sequence[Reading]
    skipped: Sequence[str] = ()


class Feeds(Protocol):
    """The sources of floors. A feed is somebody else's word: price hygiene decides what is believed."""

    def contributors(self) -> Sequence[str]:
        """Whose packs there are sources for, each once."""
        ...

    def read(self, contributor: str) -> FeedRead:
        """Ask the contributor's source. One item that makes no sense spoils no other.

        ``KeyError`` for a contributor without a source. Raises
        :class:`~stickercase.ports.failures.VendorUnavailable` when the source can't be had or read as a whole.
        """
        ...

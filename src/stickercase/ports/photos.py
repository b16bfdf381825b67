"""Photos of people, as Telegram shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Photo:
    """What an address answered with: the bytes, and the media type that it says they are."""

    body: bytes
    media_type: str


class Photos(Protocol):
    """Fetches what stands at an address that a stranger may have written."""

    def fetch(self, address: str) -> Photo:
        """What is there: from an allowed host on the public internet, of a bounded size, in a bounded time.

        Raises :class:`~stickercase.ports.failures.PhotoRefused` for what trying again does not change, else
        :class:`~stickercase.ports.failures.VendorUnavailable`.
        """
        ...

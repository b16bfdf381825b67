"""Pictures in memory."""

from __future__ import annotations

from stickercase.domain.pictures.formats import Picture
from stickercase.domain.pictures.keys import is_key


class MemoryPictures:
    """Pictures, gone with the process."""

    def __init__(self, base: str = "/media") -> None:
        self._base = base
        self._kept: dict[str, Picture] = {}

    def put(self, key: str, picture: Picture) -> None:
        """Keep a picture."""
        self._kept[_checked(key)] = picture

    def get(self, key: str) -> Picture | None:
        """The picture under a key."""
        return self._kept.get(_checked(key))

    def delete(self, key: str) -> None:
        """Keep it no longer."""
        self._kept.pop(_checked(key), None)

    def url(self, key: str) -> str:
        """The address that it would have."""
        return f"{self._base}/{key}"


def _checked(key: str) -> str:
    if not is_key(key):
        raise ValueError("no picture has such a key")
    return key

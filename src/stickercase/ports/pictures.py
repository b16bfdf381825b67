"""Where pictures are kept and shown from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.pictures.formats import Picture


class Pictures(Protocol):
    """Keeps pictures under keys such as ``users/5.jpg`` (:func:`stickercase.domain.pictures.keys.is_key`).

    Every method but :meth:`url` may raise :class:`~stickercase.ports.failures.VendorUnavailable`, and ``ValueError``
    for what is no key.
    """

    def put(self, key: str, picture: Picture) -> None:
        """Keep a picture, in place of the one that was there: whoever gets it sees either, and never a part."""
        ...

    def get(self, key: str) -> Picture | None:
        """The picture under a key; None when there is none, or something else than a picture."""
        ...

    def delete(self, key: str) -> None:
        """Keep it no longer; nothing happens where nothing is."""
        ...

    def url(self, key: str) -> str:
        """The address under which people see it, whether it is there or not."""
        ...

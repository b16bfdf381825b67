"""The shop that delivers Telegram gifts and stars for the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.gifts.orders import GiftState, NotOrdered, Ordered, StarsBought, Unknown


class Gifts(Protocol):
    """Orders from the shop. An order costs the house money and has no idempotency key, so none is ever sent twice.

    Write down the intention before each order. Every method may raise
    :class:`~stickercase.ports.failures.VendorUnavailable`, and then nothing was ordered: trying again is safe.
    """

    def buy_gift(self, recipient: str, gift_id: str, text: str = "") -> Ordered | NotOrdered | Unknown:
        """Order a gift for a Telegram username, which is written without ``@``; ``text`` goes with it.

        ``Unknown`` means that it may have been ordered: a person decides, and nothing is sent again.
        """
        ...

    def buy_stars(self, username: str, stars: int) -> StarsBought | NotOrdered | Unknown:
        """Buy stars for a Telegram username, at once. ``ValueError`` for fewer than 50."""
        ...

    def status(self, queue_id: int) -> GiftState:
        """How far the order of that number is."""
        ...

"""A gift shop that lives in memory."""

from __future__ import annotations

from dataclasses import dataclass

from stickercase.domain.gifts.orders import (
    LEAST_STARS,
    GiftState,
    GiftStatus,
    NotOrdered,
    Ordered,
    OrderTrouble,
    StarsBought,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Gift:
    """An order that was taken."""

    recipient: str
    gift_id: str
    text: str


class MemoryGifts:
    """Takes every order but those to people of whom :meth:`trouble` told, and delivers when it is told to."""

    def __init__(self) -> None:
        self.gifts: dict[int, Gift] = {}
        self.stars: list[tuple[str, int]] = []
        self._troubles: dict[str, OrderTrouble] = {}
        self._statuses: dict[int, GiftStatus] = {}

    def buy_gift(self, recipient: str, gift_id: str, text: str = "") -> Ordered | NotOrdered | Unknown:
        if recipient.casefold() in self._troubles:
            return self._no(recipient)
        queue_id = len(self.gifts) + 1
        self.gifts[queue_id] = Gift(recipient, gift_id, text)
        return Ordered(queue_id)

    def buy_stars(self, username: str, stars: int) -> StarsBought | NotOrdered | Unknown:
        if stars < LEAST_STARS:
            raise ValueError(f"at least {LEAST_STARS} stars are bought at once")
        if username.casefold() in self._troubles:
            return self._no(username)
        self.stars.append((username, stars))
        return StarsBought(stars)

    def status(self, queue_id: int) -> GiftState:
        if queue_id not in self.gifts:
            return GiftState(GiftStatus.NOT_FOUND)
        return GiftState(self._statuses.get(queue_id, GiftStatus.PENDING))

    def trouble(self, username: str, why: OrderTrouble) -> None:
        """Let every order to this person be refused."""
        self._troubles[username.casefold()] = why

    def settle(self, queue_id: int, status: GiftStatus) -> None:
        """Let the order have this status."""
        self._statuses[queue_id] = status

    def _no(self, username: str) -> NotOrdered:
        why = self._troubles[username.casefold()]
        return NotOrdered(why, why.value)

"""Gifts and stars on their way, and the pause of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.gifts.deliveries import Delivery
    from stickercase.domain.gifts.pauses import Pause


class Deliveries(Protocol):
    """Deliveries within one transaction. Whoever moves a player's has locked the account first."""

    def add(self, delivery: Delivery) -> None:
        """Keep a new delivery. Raises ``BrokenLaw`` when another of the same item is under way, or has arrived."""
        ...

    def find(self, delivery_id: int) -> Delivery | None:
        """The delivery of this id, not locked."""
        ...

    def lock(self, delivery_id: int) -> Delivery | None:
        """The delivery as it is now, kept from everybody else until the commit."""
        ...

    def write(self, delivery: Delivery) -> None:
        """Keep what has become of a delivery that was locked."""
        ...

    def requested(self, limit: int) -> Sequence[int]:
        """The ids of up to ``limit`` deliveries that wait for their order, oldest first."""
        ...


class DeliveryPause(Protocol):
    """The one pause of all deliveries, within one transaction. It is locked after deliveries and before tasks."""

    def lock(self) -> Pause | None:
        """The pause in force, kept from everybody else until the commit; None when there is none."""
        ...

    def write(self, pause: Pause | None) -> None:
        """Begin, change or end the pause, which was locked."""
        ...

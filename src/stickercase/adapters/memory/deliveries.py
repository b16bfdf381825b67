"""Deliveries and their pause in memory."""

from __future__ import annotations

from collections.abc import Sequence

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.gifts.deliveries import Delivery, Stage, UnitGift
from stickercase.domain.gifts.pauses import Pause


class MemoryDeliveries:
    """Deliveries within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, delivery: Delivery) -> None:
        """Keep a new delivery."""
        assert delivery.id not in self._store.deliveries, "an id is one delivery's"
        if isinstance(delivery.goods, UnitGift):
            of_item = deliveries_of(self._store, delivery.goods.player_id, delivery.goods.item_id)
            if any(other.stage is not Stage.RETURNED for other in of_item):
                self._store.journal.refuse(f"item {delivery.goods.item_id} has a delivery already")
        self._keep(delivery)

    def find(self, delivery_id: int) -> Delivery | None:
        """The delivery of this id."""
        return self._store.deliveries.get(delivery_id)

    def lock(self, delivery_id: int) -> Delivery | None:
        """The delivery of this id; a transaction has the whole store to itself."""
        return self._store.deliveries.get(delivery_id)

    def write(self, delivery: Delivery) -> None:
        """Keep what has become of a delivery."""
        assert delivery.id in self._store.deliveries, f"there is no delivery {delivery.id}"
        self._keep(delivery)

    def requested(self, limit: int) -> Sequence[int]:
        """The ids of deliveries that wait for their order."""
        waiting = [one for one in self._store.deliveries.values() if one.stage is Stage.REQUESTED]
        return [one.id for one in sorted(waiting, key=lambda one: one.id)][:limit]

    def _keep(self, delivery: Delivery) -> None:
        self._store.journal.sets(self._store.deliveries, delivery.id)
        self._store.deliveries[delivery.id] = delivery


class MemoryDeliveryPause:
    """The pause within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def lock(self) -> Pause | None:
        """The pause in force."""
        return self._store.delivery_pause

    def write(self, pause: Pause | None) -> None:
        """Begin, change or end it."""
        self._store.journal.changes(self._store, "delivery_pause")
        self._store.delivery_pause = pause


def deliveries_of(store: MemoryStore, player_id: int, item_id: int) -> list[Delivery]:
    """The deliveries of an item, oldest first."""
    found = [
        one
        for one in store.deliveries.values()
        if isinstance(one.goods, UnitGift) and (one.goods.player_id, one.goods.item_id) == (player_id, item_id)
    ]
    return sorted(found, key=lambda one: one.id)

"""What was dealt with vendors about, read from memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.gifts.deliveries import Delivery
from stickercase.domain.wallet.invoices import Invoice

ALL = 10**9


class MemoryDealings:
    """Invoices and numbered deliveries of a store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def invoice_count(self, since: datetime) -> int:
        return len(self.invoices(since, ALL, None))

    def invoices(self, since: datetime, limit: int, last: Invoice | None) -> Sequence[Invoice]:
        with self._store.alone():
            known = [one.invoice for one in self._store.invoices.values() if one.invoice.created_at >= since]
        newest = sorted(known, key=_made, reverse=True)
        return [one for one in newest if last is None or _made(one) < _made(last)][:limit]

    def delivery_count(self, since: datetime) -> int:
        return len(self.deliveries(since, ALL, None))

    def deliveries(self, since: datetime, limit: int, last: Delivery | None) -> Sequence[Delivery]:
        with self._store.alone():
            numbered = [one for one in self._store.deliveries.values() if one.queue_id is not None]
        newest = sorted((one for one in numbered if one.requested_at >= since), key=_asked, reverse=True)
        return [one for one in newest if last is None or _asked(one) < _asked(last)][:limit]


def _made(invoice: Invoice) -> tuple[datetime, str]:
    return invoice.created_at, invoice.id


def _asked(delivery: Delivery) -> tuple[datetime, int]:
    return delivery.requested_at, delivery.id

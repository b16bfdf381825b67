"""What the house has dealt with vendors about, for holding it against what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.gifts.deliveries import Delivery
    from stickercase.domain.wallet.invoices import Invoice


class Dealings(Protocol):
    """Invoices, and deliveries that have a number at the shop, newest first, in pages that go on after ``last``.

    Every page is read by itself: what is new since the first one is left out. Raises ``StoreUnavailable``.
    """

    def invoice_count(self, since: datetime) -> int:
        """How many invoices were made since then."""
        ...

    def invoices(self, since: datetime, limit: int, last: Invoice | None) -> Sequence[Invoice]:
        """Up to ``limit`` of them."""
        ...

    def delivery_count(self, since: datetime) -> int:
        """How many deliveries were asked for since then and have a number at the shop."""
        ...

    def deliveries(self, since: datetime, limit: int, last: Delivery | None) -> Sequence[Delivery]:
        """Up to ``limit`` of them."""
        ...

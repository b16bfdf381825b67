"""The payment provider: invoices that people pay in TON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.addresses import Address
    from stickercase.domain.wallet.invoices import Sighting


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """An invoice that the provider has just made. ``id`` is the provider's; ``amount_nano`` is in nanotons.

    ``payment_link`` is what the player is to be handed, unchanged: a payment to ``pay_to`` alone may be lost.
    """

    id: str
    amount_nano: int
    payment_link: str
    pay_to: Address
    expires_at: datetime


class Payments(Protocol):
    """Makes invoices and tells what became of them.

    Every method may raise :class:`~stickercase.ports.failures.VendorUnavailable`, or a subclass that says more.
    """

    def create_invoice(self, amount_nano: int, life_seconds: int, description: str) -> PaymentRequest:
        """Ask for an invoice of this many nanotons, which can be paid for so many seconds.

        After any failure it is safe to ask again: at worst there is an invoice that nobody knows, and it expires.
        """
        ...

    def invoice(self, invoice_id: str) -> Sighting | None:
        """What the provider says of it now; None when the provider knows no such invoice."""
        ...

    def cancel(self, invoice_id: str) -> Sighting | None:
        """Cancel it and say what the provider says then, like :meth:`invoice`.

        One that is pending no longer stays as it is. After a failure it may be cancelled or not: look at it.
        """
        ...

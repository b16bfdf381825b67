"""A payment provider that lives in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.invoices import InvoiceStatus, Sighting
from stickercase.ports.clock import Clock
from stickercase.ports.payments import PaymentRequest


@dataclass(frozen=True, slots=True)
class _Known:
    """An invoice: ``status`` without regard to the time that has passed, and all that came in."""

    amount_nano: int
    expires_at: datetime
    status: InvoiceStatus = InvoiceStatus.PENDING
    received_nano: int = 0


class MemoryPayments:
    """Keeps invoices, and lets somebody pay them with :meth:`pay`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def create_invoice(self, amount_nano: int, life_seconds: int, description: str) -> PaymentRequest:
        number = f"invoice-{len(self._known) + 1}"
        known = _Known(amount_nano, self._clock.now() + timedelta(seconds=life_seconds))
        self._known[number] = known
        pay_to = Address(0, hashlib.sha256(f"{number} {description}".encode()).digest())
        return PaymentRequest(number, amount_nano, f"https://pay.example/{number}", pay_to, known.expires_at)

    def invoice(self, invoice_id: str) -> Sighting | None:
        known = self._look(invoice_id)
        if known is None:
            return None
        is_pending, is_paid = known.status is InvoiceStatus.PENDING, known.status is InvoiceStatus.PAID
        overpaid_nano = 0 if is_pending else known.received_nano - (known.amount_nano if is_paid else 0)
        return Sighting(invoice_id, known.status, known.amount_nano, overpaid_nano)

    def cancel(self, invoice_id: str) -> Sighting | None:
        known = self._look(invoice_id)
        if known is not None and known.status is InvoiceStatus.PENDING:
            self._known[invoice_id] = replace(known, status=InvoiceStatus.CANCELLED)
        return self.invoice(invoice_id)

    def pay(self, invoice_id: str, amount_nano: int) -> None:
        """Somebody pays so many nanotons, in time or not. ``KeyError`` for an invoice that there is not."""
        known = self._look(invoice_id)
        if known is None:
            raise KeyError(invoice_id)
        received_nano = known.received_nano + amount_nano
        is_paid = known.status is InvoiceStatus.PENDING and received_nano >= known.amount_nano
        status = InvoiceStatus.PAID if is_paid else known.status
        self._known[invoice_id] = replace(known, received_nano=received_nano, status=status)

    def _look(self, invoice_id: str) -> _Known | None:
        known = self._known.get(invoice_id)
        if known is None or known.status is not InvoiceStatus.PENDING or self._clock.now() < known.expires_at:
            return known
        self._known[invoice_id] = replace(known, status=InvoiceStatus.EXPIRED)
        return self._known[invoice_id]

"""Invoices that players pay, and what they were credited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.create_invoice import PayableInvoice
    from stickercase.domain.use_cases.settle_invoice import InvoiceCredited
    from stickercase.domain.wallet.invoices import Invoice


class Invoices(Protocol):
    """Invoices within one transaction. Whoever writes has locked the player's account."""

    def add(self, payable: PayableInvoice) -> None:
        """Keep a new invoice; its id is the provider's, and new."""
        ...

    def find(self, invoice_id: str) -> Invoice | None:
        """The invoice with the provider's id."""
        ...

    def newest(self, player_id: int) -> PayableInvoice | None:
        """The invoice that the player was given last."""
        ...

    def write(self, invoice: Invoice) -> None:
        """Keep what has become of an invoice."""
        ...

    def record(self, credited: InvoiceCredited) -> None:
        """Keep a deposit for ever. The transfer is posted by the ledger."""
        ...

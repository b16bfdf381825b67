"""Invoices and deposits in memory."""

from __future__ import annotations

from dataclasses import replace

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.settle_invoice import InvoiceCredited
from stickercase.domain.wallet.invoices import Invoice


class MemoryInvoices:
    """Invoices within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, payable: PayableInvoice) -> None:
        """Keep a new invoice."""
        assert payable.invoice.id not in self._store.invoices, "an invoice's id is new"
        self._store.journal.sets(self._store.invoices, payable.invoice.id)
        self._store.invoices[payable.invoice.id] = payable

    def find(self, invoice_id: str) -> Invoice | None:
        """The invoice with the provider's id."""
        found = self._store.invoices.get(invoice_id)
        return None if found is None else found.invoice

    def newest(self, player_id: int) -> PayableInvoice | None:
        """The invoice that the player was given last."""
        own = [one for one in self._store.invoices.values() if one.invoice.player_id == player_id]
        return max(own, key=lambda one: (one.invoice.created_at, one.invoice.id), default=None)

    def write(self, invoice: Invoice) -> None:
        """Keep what has become of an invoice."""
        self._store.journal.sets(self._store.invoices, invoice.id)
        self._store.invoices[invoice.id] = replace(self._store.invoices[invoice.id], invoice=invoice)

    def record(self, credited: InvoiceCredited) -> None:
        """Keep a deposit for ever."""
        deposits = self._store.players[credited.invoice.player_id].deposits
        self._store.journal.grows(deposits)
        deposits.append(credited)

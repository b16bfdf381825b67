"""Invoices and deposits in PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from stickercase.adapters.postgres.tables import deposits, invoices
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.settle_invoice import InvoiceCredited
from stickercase.domain.wallet.addresses import parse_address
from stickercase.domain.wallet.invoices import Invoice, InvoiceStatus


class PostgresInvoices:
    """Invoices within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, payable: PayableInvoice) -> None:
        """Keep a new invoice."""
        made = payable.invoice
        self._connection.execute(
            insert(invoices).values(
                id=made.id,
                player_id=made.player_id,
                amount_nano=made.amount_nano,
                created_at=made.created_at,
                expires_at=made.expires_at,
                status=made.status.value,
                credited_nano=made.credited_nano,
                payment_link=payable.payment_link,
                pay_to_address=payable.pay_to.raw,
            )
        )

    def find(self, invoice_id: str) -> Invoice | None:
        """The invoice with the provider's id."""
        row = self._connection.execute(select(invoices).where(invoices.c.id == invoice_id)).first()
        return None if row is None else invoice_of(row)

    def newest(self, player_id: int) -> PayableInvoice | None:
        """The invoice that the player was given last."""
        own = select(invoices).where(invoices.c.player_id == player_id)
        row = self._connection.execute(
            own.order_by(invoices.c.created_at.desc(), invoices.c.id.desc()).limit(1)
        ).first()
        return (
            None
            if row is None
            else PayableInvoice(invoice_of(row), row.payment_link, parse_address(row.pay_to_address))
        )

    def write(self, invoice: Invoice) -> None:
        """Keep what has become of an invoice."""
        values = {"status": invoice.status.value, "credited_nano": invoice.credited_nano}
        written = self._connection.execute(update(invoices).where(invoices.c.id == invoice.id).values(values))
        assert written.rowcount == 1, f"there is no invoice {invoice.id}"

    def record(self, credited: InvoiceCredited) -> None:
        """Keep a deposit for ever."""
        self._connection.execute(
            insert(deposits).values(
                player_id=credited.invoice.player_id,
                deposit_id=credited.deposit_id,
                invoice_id=credited.invoice.id,
                amount_nano=credited.transfer.amount,
                at=credited.at,
            )
        )


def invoice_of(row: Row[Any]) -> Invoice:
    """A row of the table as the domain knows it."""
    status = InvoiceStatus(row.status)
    return Invoice(row.id, row.player_id, row.amount_nano, row.created_at, row.expires_at, status, row.credited_nano)

"""Settle an invoice by what the provider says of it: credit what has come in and was not credited before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.ledger.accounts import EXTERNAL_TON, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.wallet.invoices import Invoice, Sighting, settle

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.payments import Payments
    from stickercase.ports.transactions import Transactions


@dataclass(frozen=True, slots=True)
class InvoiceCredited:
    """A deposit as it is recorded: ``transfer`` credited the player for this invoice."""

    deposit_id: int
    invoice: Invoice
    transfer: Transfer
    at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceSettled:
    """What one look came to. ``alarm`` is one sentence for an operator, where there is reason for one."""

    invoice: Invoice
    credit_nano: int
    balance_nano: int
    alarm: str | None


def settle_invoice(transactions: Transactions, clock: Clock, seen: Sighting) -> InvoiceSettled:
    """Credit what was seen, once, in whatever order and on however many processes it is seen.

    Raises :class:`Refused` with ``not_found`` for an invoice that is not ours.
    """
    at = clock.now()
    with transactions() as tx:
        found = tx.invoices.find(seen.invoice_id)
        if found is None:
            raise Refused(NotFound("invoice", seen.invoice_id))
        balance_nano = tx.ledger.balance(found.player_id)
        # Looked at again behind the account's lock: what another has credited meanwhile is not credited again.
        known = tx.invoices.find(seen.invoice_id)
        assert known is not None, "invoices are never deleted"
        settled = settle(known, seen)
        if settled.credit_nano:
            deposit_id = tx.ledger.next_cause()
            account = player_account(known.player_id)
            transfer = Transfer(Reason.DEPOSIT, deposit_id, EXTERNAL_TON, account, settled.credit_nano, at)
            tx.ledger.post(transfer)
            tx.invoices.record(InvoiceCredited(deposit_id, known, transfer, at))
        if settled.after != known:
            tx.invoices.write(settled.after)
    return InvoiceSettled(settled.after, settled.credit_nano, balance_nano + settled.credit_nano, settled.alarm)


def look_at_invoice(transactions: Transactions, clock: Clock, payments: Payments, invoice_id: str) -> InvoiceSettled:
    """Ask the provider about an invoice, and settle it. Nothing that anybody else says of it counts.

    Raises :class:`Refused` with ``not_found`` when it is not ours or the provider does not know it, and what the
    payments port raises.
    """
    seen = payments.invoice(invoice_id)
    if seen is None:
        raise Refused(NotFound("invoice", invoice_id))
    return settle_invoice(transactions, clock, seen)

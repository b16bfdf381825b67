"""Check a deposit: the player says to have paid, so the provider is asked now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.use_cases.settle_invoice import InvoiceSettled, look_at_invoice
from stickercase.domain.wallet.invoices import InvoiceStatus
from stickercase.domain.wallet.refusals import InvoiceNotPaid

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.payments import Payments
    from stickercase.ports.transactions import Transactions


def check_deposit(transactions: Transactions, clock: Clock, payments: Payments, telegram_id: int) -> InvoiceSettled:
    """The player's newest invoice once it is paid, with the balance; safe to ask any number of times.

    Raises :class:`Refused`: ``not_found`` where there is no invoice, ``invoice_not_paid`` with its status, and what
    the payments port raises.
    """
    with transactions() as tx:
        player, _ = seat_player(tx, telegram_id)
        newest = tx.invoices.newest(player.id)
    if newest is None:
        raise Refused(NotFound("invoice", "of this player"))
    settled = look_at_invoice(transactions, clock, payments, newest.invoice.id)
    if settled.invoice.status is not InvoiceStatus.PAID:
        raise Refused(InvoiceNotPaid(settled.invoice.status.value))
    return settled

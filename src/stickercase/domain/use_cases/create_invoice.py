"""Give a player an invoice to pay: the open one, or a new one from the provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.invoices import Invoice, invoice_amount

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.payments import Payments
    from stickercase.ports.transactions import Transactions

LIFETIME = timedelta(hours=24)
"""How long an invoice can be paid."""

DESCRIPTION = "StickerCase"

WATCH = "watch_invoice"
"""The kind of the task that looks at an invoice until nothing can come in for it any more."""

FIRST_LOOK = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class PayableInvoice:
    """An invoice with where to pay it. The link is handed on unchanged: an address alone may lose the deposit."""

    invoice: Invoice
    payment_link: str
    pay_to: Address


def create_invoice(
    transactions: Transactions,
    clock: Clock,
    payments: Payments,
    least_nano: int,
    telegram_id: int,
    wished_nano: int | None,
) -> PayableInvoice:
    """The player's open invoice, else a new one for ``wished_nano`` or the least deposit.

    The provider is asked outside of any transaction. Of two asks at once one wins; the other's invoice is shown to
    nobody and expires. Raises :class:`Refused`: ``deposit_too_small``, and what the payments port raises.
    """
    amount_nano = invoice_amount(wished_nano, least_nano)
    if isinstance(amount_nano, Refusal):
        raise Refused(amount_nano)
    with transactions() as tx:
        player, _ = seat_player(tx, telegram_id)
        known = tx.invoices.newest(player.id)
    if known is not None and known.invoice.is_open(clock.now()):
        return known
    made = payments.create_invoice(amount_nano, int(LIFETIME.total_seconds()), DESCRIPTION)
    now = clock.now()
    invoice = Invoice(made.id, player.id, made.amount_nano, now, made.expires_at)
    payable = PayableInvoice(invoice, made.payment_link, made.pay_to)
    with transactions() as tx:
        seat_player(tx, telegram_id)
        other = tx.invoices.newest(player.id)
        if other is not None and other.invoice.is_open(now):
            return other
        tx.invoices.add(payable)
        tx.tasks.add(WATCH, payable.invoice.id, {}, now + FIRST_LOOK, now)
    return payable

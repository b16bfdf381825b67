"""Reconcile invoices with the payment provider; money that came in and was not credited is credited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.hold_against import hold_against
from stickercase.domain.use_cases.reports import Progress, Section
from stickercase.domain.use_cases.settle_invoice import settle_invoice
from stickercase.domain.wallet.invoices import Invoice, credited_total
from stickercase.domain.wallet.reconciliation import invoice_mismatch, late_money

if TYPE_CHECKING:
    from datetime import datetime

    from stickercase.ports.clock import Clock
    from stickercase.ports.dealings import Dealings
    from stickercase.ports.payments import Payments
    from stickercase.ports.transactions import Transactions

INVOICES = "invoices"
"""The section's name."""
PAGE = 500


def reconcile_invoices(
    transactions: Transactions,
    clock: Clock,
    dealings: Dealings,
    payments: Payments,
    rest: Callable[[], object],
    span: timedelta,
    progress: Progress,
) -> Section:
    """Hold the invoices made within ``span`` against the provider; no transaction is open while it is asked.

    Raises ``StoreUnavailable`` and ``OutcomeUnknown``.
    """
    since = clock.now() - span

    def mismatch(known: Invoice) -> str | None:
        seen = payments.invoice(known.id)
        found = invoice_mismatch(known, seen)
        if found is not None or seen is None or credited_total(seen) == known.credited_nano:
            return found
        settled = settle_invoice(transactions, clock, seen)
        # While somebody watches the invoice it would have been credited soon: that is work in progress.
        is_late = settled.credit_nano and not settled.invoice.is_watched(clock.now())
        return late_money(settled.invoice, settled.credit_nano) if is_late else None

    total = dealings.invoice_count(since)
    return hold_against(clock, rest, INVOICES, _invoices(dealings, since), total, mismatch, progress)


def _invoices(dealings: Dealings, since: datetime) -> Iterator[Invoice]:
    page = dealings.invoices(since, PAGE, None)
    while page:
        yield from page
        page = dealings.invoices(since, PAGE, page[-1])

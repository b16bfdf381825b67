"""Read a notice of the payment provider: it may say anything, and only has us look at the invoice that it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.create_invoice import WATCH
from stickercase.domain.use_cases.tasks import Again, Done, Task

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions

NOTICE = "read_notice"
"""The kind of the task."""

PATIENCE = timedelta(minutes=5)
"""A notice may come before the answer to the call that made its invoice: so long it is tried again."""
PAUSE = timedelta(seconds=5)


def read_notice(
    transactions: Transactions, clock: Clock, named: Callable[[bytes], str | None], task: Task
) -> Done | Again:
    """Have the invoice looked at that the task's letter names; ``named`` reads the provider's JSON."""
    letter_id = task.payload["letter_id"]
    assert isinstance(letter_id, int)
    now = clock.now()
    with transactions() as tx:
        body = tx.inbox.letter(letter_id)
        invoice_id = None if body is None else named(body)
        known = invoice_id is not None and tx.invoices.find(invoice_id) is not None
        if invoice_id is not None and not known and now < task.created_at + PATIENCE:
            # Ever less often: a flood of invented invoices must not keep workers from real ones.
            return Again(now + max(PAUSE, now - task.created_at))
        if invoice_id is not None and known:
            tx.tasks.add(WATCH, invoice_id, {}, now, now)
        tx.inbox.handled(letter_id, now)
    return Done("" if known else "the notice names no invoice of ours")

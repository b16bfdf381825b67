"""Watch an invoice: ask the provider about it until nothing can come in for it any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.settle_invoice import look_at_invoice
from stickercase.domain.use_cases.tasks import Again, Done, Task

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.payments import Payments
    from stickercase.ports.transactions import Transactions

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""Between two looks: webhooks get lost, and late money is money."""
PART_OF_AGE = 20
"""An invoice that is so many times older is looked at so many times more seldom.

Whoever pays does so soon. Most invoices are never paid, and each is watched for eight days: looking at all of them
as often as at a new one would keep the workers from everything else, and the provider has limits.
"""


class OddSighting(Exception):
    """The provider contradicts itself: nothing was credited, and it is asked again."""


def watch_invoice(transactions: Transactions, clock: Clock, payments: Payments, task: Task) -> Done | Again:
    """One look at the invoice that is the task's subject.

    Raises what the payments port raises, :class:`OddSighting`, and :class:`~stickercase.domain.refusal.Refused` when
    the provider does not know the invoice: all count as failed attempts, which are tried again, ever less often, and
    in the end wait for a person.
    """
    settled = look_at_invoice(transactions, clock, payments, task.subject)
    if settled.alarm is not None:
        raise OddSighting(settled.alarm)
    now = clock.now()
    if not settled.invoice.is_watched(now):
        return Done(f"credited {settled.invoice.credited_nano} nanotons in all")
    return Again(now + pause(now - settled.invoice.created_at))


def pause(age: timedelta) -> timedelta:
    """How long to wait until the next look at an invoice of this age: a twentieth of it, 30 seconds to an hour."""
    return min(max(age / PART_OF_AGE, SHORTEST_PAUSE), LONGEST_PAUSE)

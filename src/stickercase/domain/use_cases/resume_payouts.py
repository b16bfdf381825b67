"""Resume payouts: have a pass made where somebody is in line, in case the task that was to make it got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.use_cases.payout_task import call_payout
from stickercase.domain.use_cases.tasks import Done, Task

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.payouts import Payouts
    from stickercase.ports.transactions import Transactions


def resume_payouts(transactions: Transactions, clock: Clock, payouts: Payouts, _: Task | None = None) -> Done:
    """Have a pass made now if there is anything to do; one that failed and waits for long is made sooner as well."""
    at = clock.now()
    with transactions() as tx:
        first = tx.withdrawals.in_line(payouts.address()).withdrawal
        if first is None:
            return Done("nobody is in line")
        call_payout(tx, at, at)
    return Done(f"withdrawal {first.id} is next")

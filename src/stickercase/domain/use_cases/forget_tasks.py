"""Forget tasks that were done and letters that were dealt with. What was set aside stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.bites import in_bites

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

MOST_AT_ONCE = 10_000


def forget_tasks(transactions: Transactions, clock: Clock, kept: timedelta) -> int:
    """Delete what was done longer than ``kept`` ago; how many tasks and letters. In small bites."""
    before = clock.now() - kept

    def forget(tx: Transaction) -> int:
        return tx.tasks.forget(before, MOST_AT_ONCE) + tx.inbox.forget(before, MOST_AT_ONCE)

    return in_bites(transactions, MOST_AT_ONCE, forget)

"""Forget remembered answers: a repeat that comes so late is a new request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.bites import in_bites

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions

LEAST_KEPT = timedelta(hours=24)
"""What is promised to callers."""
MOST_AT_ONCE = 10_000


def forget_answers(transactions: Transactions, clock: Clock, kept: timedelta) -> int:
    """Delete the answers that were given longer than ``kept`` (at least 24 hours) ago; how many. In small bites."""
    assert kept >= LEAST_KEPT, "answers are promised to be remembered for 24 hours"
    before = clock.now() - kept
    return in_bites(transactions, MOST_AT_ONCE, lambda tx: tx.answers.forget(before, MOST_AT_ONCE))

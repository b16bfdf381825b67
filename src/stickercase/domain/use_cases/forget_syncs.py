"""Forget price syncs of long ago. The odds versions that they published stay for ever, with their reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.bites import in_bites

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions

MOST_AT_ONCE = 100


def forget_syncs(transactions: Transactions, clock: Clock, kept: timedelta) -> int:
    """Delete runs that began longer than ``kept`` ago; how many. In small bites."""
    before = clock.now() - kept
    return in_bites(transactions, MOST_AT_ONCE, lambda tx: tx.syncs.forget(before, MOST_AT_ONCE))

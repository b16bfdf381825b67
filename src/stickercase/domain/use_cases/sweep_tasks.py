"""Sweep up tasks whose message got lost, so that they are sent again: Redis was emptied, or a worker died."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.messages import Messages
    from stickercase.ports.transactions import Transactions

GRACE = timedelta(seconds=5)
"""A message that was sent within this time may not have arrived yet."""
GIVEN_UP = timedelta(minutes=10)
"""A message that was sent longer ago counts as lost, whatever the queue says."""


def sweep_tasks(transactions: Transactions, clock: Clock, messages: Messages) -> int:
    """Have what was lost sent again; how many tasks that were.

    The queue holds a message until it has been acted upon. As long as it holds as many as are under way, those that
    wait are merely in line: sending them again would make a long line longer. Raises ``QueueUnavailable``,
    ``StoreUnavailable``.
    """
    held = messages.count()
    now = clock.now()
    with transactions() as tx:
        is_short = held < tx.queue.under_way(now - GRACE)
        lost = tx.queue.lost(now - (GRACE if is_short else GIVEN_UP), now)
        tx.queue.put_back(lost)
    return len(lost)

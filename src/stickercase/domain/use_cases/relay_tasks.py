"""Relay tasks: tell the workers of what has become due, after the commit of whatever wanted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.use_cases.lanes import lane_of
from stickercase.ports.failures import QueueUnavailable

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.messages import Messages
    from stickercase.ports.transactions import Transactions

MOST_AT_ONCE = 500


def relay_tasks(transactions: Transactions, clock: Clock, messages: Messages) -> int:
    """Send what is due, up to 500 tasks, each down its lane; how many that were. Any number of relays may do so.

    Raises ``QueueUnavailable`` (they are to be sent again, and some may come twice) and ``StoreUnavailable``. One that
    dies in between leaves tasks that count as sent and were not: the sweep finds them.
    """
    with transactions() as tx:
        task_ids = tx.queue.to_send(clock.now(), MOST_AT_ONCE)
        kinds = tx.queue.kinds(task_ids) if task_ids else {}
    lanes: dict[str, list[int]] = {}
    for task_id in task_ids:
        lanes.setdefault(lane_of(kinds[task_id]), []).append(task_id)
    try:
        for lane, together in lanes.items():
            messages.send(lane, together)
    except QueueUnavailable:
        with transactions() as tx:
            tx.queue.put_back(task_ids)
        raise
    return len(task_ids)

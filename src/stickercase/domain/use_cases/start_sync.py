"""Start a price sync now, without waiting for its tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.domain.use_cases.schedules import TICK

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class SyncStarted:
    """The run that goes on now, by its id. Not ``is_new`` when one was going on already: there is one at a time."""

    id: int
    is_new: bool


def start_sync(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    render: Callable[[SyncStarted], bytes],
) -> Answered:
    """Have a worker sync prices, unless one is at it; ``render`` gets the run, whose record appears once it has begun.

    Raises :class:`Refused`: ``idempotency_key_reused``.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        # A tick at the same moment waits here, and finds this run.
        tx.schedules.lock(SYNC)
        running = tx.tasks.open(SYNC, TICK)
        if running is not None:
            return render(SyncStarted(running.id, is_new=False))
        payload = {"tick": at.isoformat(), "by": caller.name}
        task_id = tx.tasks.add(SYNC, TICK, payload, at, at)
        tx.operator_log.append(caller.name, "start_sync", f"price_sync:{task_id}", None, {"started": True}, at)
        return render(SyncStarted(task_id, is_new=True))

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))

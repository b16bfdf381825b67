"""Tick: have a piece of periodic work done when its time has come, once however many schedulers there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.schedules import TICK, Schedule, due_tick
from stickercase.domain.use_cases.tasks import Task

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Ticked:
    """A tick that was dealt with: its task, or None when it was refused because the run before still goes on."""

    at: datetime
    task_id: int | None


def tick_schedule(transactions: Transactions, clock: Clock, schedule: Schedule) -> Ticked | None:
    """Deal with the newest tick of the schedule unless that has been done; then None.

    Ticks that were missed are made up for by this one. Raises ``StoreUnavailable``.
    """
    with transactions() as tx:
        record = tx.schedules.lock(schedule.name)
        now = clock.now()
        tick = due_tick(schedule, record, now)
        if tick is None:
            return None
        running = tx.tasks.open(schedule.name, TICK)
        if running is None:
            task_id = tx.tasks.add(schedule.name, TICK, {"tick": tick.isoformat()}, now, now)
            tx.schedules.write(replace(record, period=schedule.period, last_tick=tick))
            return Ticked(tick, task_id)
        if _is_lost(running, schedule, now):
            # Also the sweep itself may have been lost on its way or died with its worker, and nothing else would look
            # for it: a message that comes again while the lease of the dead still runs is dropped.
            tx.queue.put_back([running.id])
        tx.schedules.write(replace(record, period=schedule.period, last_tick=tick, refused=record.refused + 1))
        return Ticked(tick, None)


def _is_lost(task: Task, schedule: Schedule, now: datetime) -> bool:
    """Whether no worker ever got it, or the one that did has died."""
    if task.sent_at is None:
        return False
    if task.claimed_until is not None:
        return task.claimed_until <= now
    return task.sent_at <= now - schedule.period / 2

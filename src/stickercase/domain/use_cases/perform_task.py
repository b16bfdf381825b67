"""Perform a task that a message named: claim it, have its handler do it, settle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.schedules import TICK, ScheduleRecord
from stickercase.domain.use_cases.tasks import (
    DIED,
    Again,
    Done,
    Handler,
    Result,
    Task,
    TaskState,
    claimed,
    is_claimable,
    set_aside,
    settled,
)

if TYPE_CHECKING:
    from types import TracebackType

    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

OURS = "stickercase"


class UnknownKind(Exception):
    """No handler of this version performs tasks of this kind."""


class WorkersDied(Exception):
    """Every attempt was begun and none was ended."""


@dataclass(frozen=True, slots=True)
class Performed:
    """An attempt: the task as it was left, and how it ended. ``was_late`` says that somebody else had taken over."""

    task: Task
    result: Result
    was_late: bool = False


def perform_task(
    transactions: Transactions, clock: Clock, chance: Callable[[], float], handlers: Mapping[str, Handler], task_id: int
) -> Performed | None:
    """Make an attempt at the task, unless it is settled or somebody is at it; then None.

    What its handler raises is the result of the attempt. ``chance`` gives numbers in 0…1. Raises ``StoreUnavailable``
    or ``OutcomeUnknown`` of its own transactions: the task is tried again when its lease is over, if it was claimed.
    """
    with transactions() as tx:
        found = tx.tasks.lock(task_id)
        now = clock.now()
        if found is None or not is_claimable(found, now):
            return None
        handler = handlers.get(found.kind, Handler(_unknown))
        is_used_up = found.attempts >= handler.attempts
        task = set_aside(found, now, DIED) if is_used_up else claimed(found, now, handler.lease)
        _keep(tx, found, task, now)
    if is_used_up:
        return _given_up(transactions, task, now)
    return _settle(transactions, clock, chance(), handler, task, _attempt(handler, task))


def _unknown(task: Task) -> Done:
    raise UnknownKind(task.kind)


def _given_up(transactions: Transactions, task: Task, now: datetime) -> Performed:
    if task.subject == TICK:
        with transactions() as tx:
            tx.schedules.write(_noted(tx.schedules.lock(task.kind), task, WorkersDied(), now))
    return Performed(task, WorkersDied())


def _attempt(handler: Handler, task: Task) -> Result:
    try:
        return handler.run(task)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with one task, the rest goes on
        return error


def _settle(
    transactions: Transactions, clock: Clock, chance: float, handler: Handler, task: Task, result: Result
) -> Performed:
    error = told(result) if isinstance(result, Exception) else ""
    with transactions() as tx:
        # Schedules are locked before tasks.
        record = tx.schedules.lock(task.kind) if task.subject == TICK else None
        present = tx.tasks.lock(task.id)
        if present is None or present.claimed_until != task.claimed_until:
            return Performed(task, result, was_late=True)
        now = clock.now()
        left = settled(present, result, handler.attempts, now, chance, error)
        _keep(tx, present, left, now)
        if record is not None:
            tx.schedules.write(_noted(record, left, result, now))
    return Performed(left, result)


def _keep(tx: Transaction, before: Task, after: Task, now: datetime) -> None:
    tx.tasks.write(after)
    if after.state is TaskState.SET_ASIDE and before.again_at is not None:
        # Whoever wanted it meanwhile was promised that it is done once more, and this one is done no more.
        tx.tasks.add(after.kind, after.subject, after.payload, before.again_at, now)


def _noted(record: ScheduleRecord, task: Task, result: Result, now: datetime) -> ScheduleRecord:
    """The record with the run that has just ended."""
    if isinstance(result, Exception):
        outcome = "set_aside" if task.state is TaskState.SET_ASIDE else "failed"
        why = task.last_error
    else:
        outcome, why = _how(result)
    return replace(record, started_at=task.started_at, finished_at=now, outcome=outcome, why=why)


def _how(result: Done | Again) -> tuple[str, str]:
    if isinstance(result, Again):
        return ("alarm", result.alarm) if result.alarm else ("done", "")
    return "alarm" if result.alarm else "done", result.note


def told(error: BaseException) -> str:
    """What went wrong and where, without the words of strangers: an address or a parameter there may be a secret."""
    kind = type(error)
    words = f": {error}" if kind.__module__.partition(".")[0] == OURS and str(error) else ""
    return f"{kind.__name__}{words}{_place(error.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    """The last line of ours that the error passed through."""
    place = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.partition(".")[0] == OURS:
            place = f" ({module}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place

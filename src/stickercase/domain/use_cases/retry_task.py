"""Retry a task that was set aside, once a person has seen to its cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stickercase.domain.refusal import AlreadyExists, NotFound, Refused, TaskNotSetAside
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.tasks import Task, TaskState, revived
from stickercase.ports.failures import BrokenLaw

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def retry_task(
    transactions: Transactions, clock: Clock, caller: Caller, task_id: int, render: Callable[[Task], bytes]
) -> Answered:
    """Make the task due now, with all its attempts before it; ``render`` gets it as it is then.

    Raises :class:`Refused`: ``not_found``, ``task_not_set_aside``, ``already_exists`` when a like one waits by now,
    ``idempotency_key_reused``.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        task = tx.tasks.lock(task_id)
        if task is None:
            raise Refused(NotFound("task", str(task_id)))
        if task.state is not TaskState.SET_ASIDE:
            raise Refused(TaskNotSetAside(task.id, task.state.value))
        if tx.tasks.open(task.kind, task.subject) is not None:
            raise Refused(AlreadyExists("waiting task", f"{task.kind} {task.subject}"))
        left = revived(task, at)
        tx.tasks.write(left)
        before = {"state": task.state.value, "attempts": task.attempts, "last_error": task.last_error}
        after = {"state": left.state.value, "attempts": left.attempts}
        tx.operator_log.append(caller.name, "retry_task", f"task:{task.id}", before, after, at)
        return render(left)

    try:
        with transactions() as tx:
            return once(tx, caller, at, lambda: act(tx))
    except BrokenLaw as error:
        # A like one was added while we looked.
        raise Refused(AlreadyExists("waiting task", f"like task {task_id}")) from error

"""A task: a piece of work that must be done although the process that wanted it may be gone.

The row in the store is the truth. What travels to a worker is a hint, the task's id: it may be lost, come twice or
come late, and nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MAX_ATTEMPTS = 15
"""So often is a task tried before it is set aside, if its handler says nothing else: some four hours."""
LEASE = timedelta(minutes=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(hours=1)
DIED = "the worker died or overran its lease at every attempt"


class TaskState(StrEnum):
    """Waiting covers all from being added to being done; a task that was set aside waits for a person."""

    WAITING = "waiting"
    DONE = "done"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands.

    ``attempts`` counts those since it last went well. ``sent_at`` is when its id was sent to the workers, None while it
    has to be sent. Somebody works on it until ``claimed_until``; ``again_at`` says that it was wanted once more since
    that began. ``last_error`` names what went wrong and never quotes a secret.
    """

    id: int
    kind: str
    subject: str
    payload: Mapping[str, object]
    due_at: datetime
    created_at: datetime
    state: TaskState = TaskState.WAITING
    attempts: int = 0
    last_error: str = ""
    again_at: datetime | None = None
    sent_at: datetime | None = None
    started_at: datetime | None = None
    claimed_until: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a handler says when the work is done; with ``alarm`` a person should look at the note."""

    note: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """What a handler says when it is to be called again at a time: polling; ``alarm`` is what a person should see."""

    at: datetime
    alarm: str = ""


Result = Done | Again | Exception
"""How an attempt ended."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How tasks of a kind are performed.

    ``run`` may be called twice for one task, and for two at once when it takes longer than ``lease``: the second time
    changes nothing. What it raises counts as a failed attempt.
    """

    run: Callable[[Task], Done | Again]
    lease: timedelta = LEASE
    attempts: int = MAX_ATTEMPTS


def is_claimable(task: Task, now: datetime) -> bool:
    """Whether a message about the task is to be acted upon, or is a repeat of one that was.

    Not by ``due_at``: what was sent was due, and the clocks of two machines differ.
    """
    is_free = task.claimed_until is None or task.claimed_until <= now
    return task.state is TaskState.WAITING and task.sent_at is not None and is_free


def claimed(task: Task, now: datetime, lease: timedelta) -> Task:
    """The task, begun. The attempt counts from now on, so that one which takes the worker down with it counts too."""
    return replace(task, attempts=task.attempts + 1, started_at=now, claimed_until=now + lease)


def settled(task: Task, result: Result, most: int, now: datetime, chance: float, error: str = "") -> Task:
    """The task after an attempt that ended in ``result``, of ``most`` that it has; ``error`` says what went wrong.

    ``chance`` in 0…1 spreads the attempts of tasks that failed together.
    """
    free = replace(task, claimed_until=None, sent_at=None, again_at=None)
    if isinstance(result, Exception):
        if task.attempts >= most:
            return set_aside(task, now, error)
        due_at = now + pause(task.attempts, chance)
        return replace(free, due_at=_earlier(due_at, task.again_at), last_error=error)
    well = replace(free, attempts=0, last_error="")
    if isinstance(result, Again):
        return replace(well, due_at=_earlier(result.at, task.again_at))
    if task.again_at is not None:
        return replace(well, due_at=task.again_at)
    return replace(well, attempts=task.attempts, state=TaskState.DONE, finished_at=now)


def set_aside(task: Task, now: datetime, error: str) -> Task:
    """The task, given up until a person has looked at it."""
    return replace(
        task,
        state=TaskState.SET_ASIDE,
        last_error=error,
        claimed_until=None,
        sent_at=None,
        again_at=None,
        finished_at=now,
    )


def revived(task: Task, now: datetime) -> Task:
    """The task that was set aside, due now, with all its attempts before it."""
    return replace(task, state=TaskState.WAITING, attempts=0, due_at=now, finished_at=None)


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failed attempts: doubled each time up to an hour, less up to a half by chance."""
    longest = min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)
    return longest * (1 - chance / 2)


def _earlier(due_at: datetime, again_at: datetime | None) -> datetime:
    return due_at if again_at is None else min(due_at, again_at)

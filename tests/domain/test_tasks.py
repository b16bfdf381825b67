"""A task's life: begun, well done, failed, polled again, set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.use_cases.tasks import (
    MAX_ATTEMPTS,
    Again,
    Done,
    Task,
    TaskState,
    claimed,
    is_claimable,
    pause,
    revived,
    set_aside,
    settled,
)
from support.clock import NOON

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SENT = Task(7, "poll", "invoice:1", {"a": 1}, due_at=NOON - MINUTE, created_at=NOON - HOUR, sent_at=NOON - MINUTE)
BEGUN = claimed(SENT, NOON, MINUTE)


def settle(task: Task, result: Done | Again | Exception, most: int = 3, chance: float = 0.0) -> Task:
    """Settled a second after noon."""
    return settled(task, result, most, NOON + SECOND, chance, "why" if isinstance(result, Exception) else "")


def test_an_attempt_counts_from_its_beginning() -> None:
    assert (BEGUN.attempts, BEGUN.started_at, BEGUN.claimed_until) == (1, NOON, NOON + MINUTE)
    assert replace(BEGUN, attempts=0, started_at=None, claimed_until=None) == SENT


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, True),
        ({"due_at": NOON + HOUR}, True),
        ({"claimed_until": NOON}, True),
        ({"claimed_until": NOON + SECOND}, False),
        ({"sent_at": None}, False),
        ({"state": TaskState.DONE}, False),
        ({"state": TaskState.SET_ASIDE}, False),
    ],
)
def test_a_message_is_acted_upon_once(changes: dict[str, object], verdict: bool) -> None:
    assert is_claimable(replace(SENT, **changes), NOON) is verdict


def test_done_is_done() -> None:
    left = settle(BEGUN, Done("a note"))
    assert (left.state, left.finished_at, left.attempts) == (TaskState.DONE, NOON + SECOND, 1)
    assert (left.claimed_until, left.sent_at, left.again_at, left.last_error) == (None, None, None, "")


def test_what_was_wanted_again_meanwhile_is_done_once_more() -> None:
    left = settle(replace(BEGUN, again_at=NOON), Done())
    assert (left.state, left.due_at, left.again_at, left.attempts) == (TaskState.WAITING, NOON, None, 0)
    assert (left.sent_at, left.claimed_until, left.finished_at) == (None, None, None)


def test_polling_starts_counting_anew() -> None:
    left = settle(replace(BEGUN, attempts=3, last_error="earlier"), Again(NOON + HOUR))
    assert (left.state, left.due_at, left.attempts, left.last_error) == (TaskState.WAITING, NOON + HOUR, 0, "")
    sooner = settle(replace(BEGUN, again_at=NOON + MINUTE), Again(NOON + HOUR))
    assert (sooner.due_at, sooner.again_at) == (NOON + MINUTE, None)
    later = settle(replace(BEGUN, again_at=NOON + HOUR), Again(NOON + MINUTE))
    assert later.due_at == NOON + MINUTE


def test_a_failure_waits_and_then_tries_again() -> None:
    left = settle(BEGUN, ValueError("secret"))
    assert (left.state, left.attempts, left.last_error) == (TaskState.WAITING, 1, "why")
    assert left.due_at == NOON + SECOND + pause(1, 0.0)
    assert (left.sent_at, left.claimed_until) == (None, None)


def test_a_failure_that_was_wanted_again_tries_when_it_is_wanted() -> None:
    left = settle(replace(BEGUN, attempts=2, again_at=NOON + SECOND), ValueError())
    assert (left.due_at, left.again_at, left.attempts) == (NOON + SECOND, None, 2)


@pytest.mark.parametrize(("attempts", "state"), [(2, TaskState.WAITING), (3, TaskState.SET_ASIDE)])
def test_the_last_attempt_sets_it_aside(attempts: int, state: TaskState) -> None:
    left = settle(replace(BEGUN, attempts=attempts), ValueError(), most=3)
    assert (left.state, left.attempts, left.last_error) == (state, attempts, "why")
    assert (left.finished_at is None) == (state is TaskState.WAITING)
    assert (left.claimed_until, left.sent_at, left.again_at) == (None, None, None)


def test_a_revived_task_has_all_its_attempts_again() -> None:
    aside = set_aside(replace(BEGUN, attempts=3), NOON, "why")
    left = revived(aside, NOON + HOUR)
    assert (left.state, left.attempts, left.due_at) == (TaskState.WAITING, 0, NOON + HOUR)
    assert (left.finished_at, left.sent_at, left.last_error) == (None, None, "why")


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause(attempts, 0.0).total_seconds() for attempts in (1, 2, 3, 10, 11, 12, 13, 10**6)] == [
        *(2, 4, 8, 1024, 2048),
        *(3600, 3600, 3600),
    ]


def test_chance_takes_up_to_half_of_a_pause() -> None:
    assert [pause(3, chance).total_seconds() for chance in (0.0, 0.5, 1.0)] == [8, 6, 4]


def test_the_attempts_span_hours_and_not_days() -> None:
    """Long enough for a vendor to come back, short enough for somebody to notice the same day."""
    longest = sum((pause(attempts, 0.0) for attempts in range(1, MAX_ATTEMPTS)), timedelta())
    assert 3 * HOUR < longest < 6 * HOUR

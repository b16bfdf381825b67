"""Which tick is due: the same for every scheduler, once each, the newest for all that were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.use_cases.schedules import Schedule, ScheduleRecord, due_tick
from support.clock import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURLY, NIGHTLY = Schedule("hourly", HOUR), Schedule("nightly", DAY, offset=3 * HOUR)


def last(at: datetime | None) -> ScheduleRecord:
    """A record whose last tick was then."""
    return ScheduleRecord("some", HOUR, last_tick=at)


def test_ticks_lie_on_the_clock() -> None:
    assert HOURLY.tick_at(NOON + 59 * MINUTE) == NOON
    assert HOURLY.tick_at(NOON + 60 * MINUTE) == NOON + HOUR
    assert NIGHTLY.tick_at(NOON) == datetime(2025, 6, 1, 3, tzinfo=UTC)
    assert NIGHTLY.tick_at(datetime(2025, 6, 1, 2, 59, tzinfo=UTC)) == datetime(2025, 5, 31, 3, tzinfo=UTC)


def test_the_first_tick_of_all_is_due_at_once() -> None:
    assert due_tick(HOURLY, last(None), NOON + MINUTE) == NOON


def test_a_tick_is_due_once() -> None:
    assert due_tick(HOURLY, last(NOON - HOUR), NOON) == NOON
    assert due_tick(HOURLY, last(NOON), NOON) is None
    assert due_tick(HOURLY, last(NOON), NOON + 59 * MINUTE) is None


def test_many_that_were_missed_are_made_up_for_once() -> None:
    assert due_tick(HOURLY, last(NOON - 5 * DAY), NOON + MINUTE) == NOON
    assert due_tick(HOURLY, last(NOON), NOON + MINUTE) is None


@pytest.mark.parametrize(("ahead", "is_due"), [(MINUTE, False), (HOUR, False), (HOUR + MINUTE, True), (DAY, True)])
def test_a_clock_that_was_far_ahead_stops_nothing_for_long(ahead: timedelta, is_due: bool) -> None:
    assert (due_tick(HOURLY, last(NOON + ahead), NOON) is not None) is is_due


def test_schedulers_whose_clocks_differ_a_little_agree() -> None:
    """One that is behind does not deal with an older tick after one that is ahead."""
    every_second = Schedule("fast", timedelta(seconds=1))
    assert due_tick(every_second, last(NOON + timedelta(minutes=4)), NOON) is None


@given(st.integers(1, 10**6), st.integers(0, 86_399), st.integers(0, 10**9))
def test_a_tick_is_the_newest_on_its_grid(period: int, offset: int, after: int) -> None:
    schedule = Schedule("some", timedelta(seconds=period), timedelta(seconds=offset))
    now = NOON + timedelta(seconds=after)
    tick = schedule.tick_at(now)
    assert now - schedule.period < tick <= now
    assert (tick - schedule.anchor) % schedule.period == timedelta()

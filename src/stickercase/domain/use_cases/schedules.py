"""Periodic work: which tick is due, by a grid that every scheduler computes alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = "tick"
"""The subject of the tasks that ticks add; their kind is the schedule's name."""
ASTRAY = timedelta(minutes=5)
"""The clocks of schedulers differ by less than this."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work to be done every ``period``, in UTC: at midnight of some day plus ``offset``, and so on from there."""

    name: str
    period: timedelta
    offset: timedelta = timedelta()

    @property
    def anchor(self) -> datetime:
        """One of its ticks, long ago."""
        return EPOCH + self.offset

    def tick_at(self, now: datetime) -> datetime:
        """The newest tick that is not after ``now``."""
        return self.anchor + (now - self.anchor) // self.period * self.period


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """What is known of a schedule.

    ``last_tick`` is the newest tick that a scheduler has dealt with, ``refused`` how many of all found the run before
    still going on. The rest is about the last run that ended: when, how (``done``, ``alarm``, ``failed`` and to be
    tried again, ``set_aside``) and what it said.
    """

    name: str
    period: timedelta = timedelta()
    last_tick: datetime | None = None
    refused: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str = ""
    why: str = ""


def due_tick(schedule: Schedule, record: ScheduleRecord, now: datetime) -> datetime | None:
    """The tick to be dealt with now, None when it has been. However many were missed, the newest stands for all.

    A last tick that lies in the future beyond what clocks differ by was dealt with by a clock that was wrong.
    """
    tick = schedule.tick_at(now)
    last = record.last_tick
    if last is None or tick > last or last > now + max(ASTRAY, schedule.period):
        return tick
    return None

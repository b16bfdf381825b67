"""Which ticks of periodic work have been dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.schedules import ScheduleRecord


class Schedules(Protocol):
    """The records of schedules, within one transaction. They are locked before tasks are."""

    def lock(self, name: str) -> ScheduleRecord:
        """The record, an empty one if there is none, waiting for whoever holds it and keeping everybody else away."""
        ...

    def write(self, record: ScheduleRecord) -> None:
        """Keep a record that was locked."""
        ...

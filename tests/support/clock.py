"""A clock that tells what the test says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **span: float) -> datetime:
        """Move by a ``timedelta`` of these words and return the new time."""
        self.at += timedelta(**span)
        return self.at

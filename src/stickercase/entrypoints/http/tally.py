"""What a process has counted since it started: plain numbers, moved on the event loop and read at a scrape.

Not the counters of prometheus_client: each of those takes a lock and a look-up of its labels, which for four of them
costs an opening more than writing its answer does. The page of metrics makes its families from these at a scrape.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds."""
NO_ROUTE = "none"
"""The route of requests that reached none: no such address or method, too many of them, a browser's question."""


class Durations:
    """How many took how long."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        """By bucket, not cumulated; the last is for those beyond all bounds."""
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Tally:
    """Everything that requests add to."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """By method, route and status; 0 is no answer at all."""
        self.durations: defaultdict[tuple[str, str], Durations] = defaultdict(Durations)
        """By method and route."""
        self.refusals: Counter[str] = Counter()
        """By code."""
        self.openings = 0
        self.draws = 0

    def answered(self, method: str, route: str | None, status: int | None, code: str | None, seconds: float) -> None:
        """Count a request; None where there was none of it."""
        known = NO_ROUTE if route is None else route
        self.requests[method, known, status or 0] += 1
        self.durations[method, known].add(seconds)
        if code is not None:
            self.refusals[code] += 1

    def opened(self, count: int) -> None:
        """Count an opening of so many draws."""
        self.openings += 1
        self.draws += count

"""Reconcile: hold the house against itself and against what its vendors say, and file one report of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.reports import FiledReport, Progress, Report, Section

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions

KEPT = timedelta(days=90)
"""So long are reports remembered."""
MOST_FORGOTTEN = 1000
"""So many are forgotten at once: each run files one."""

SPAN = timedelta(days=30)
"""As far back as vendors are asked about, if nothing else is said."""

Check = Callable[[], Sequence[Section]]
"""Checks something as a whole, with its ports filled in."""

Asking = Callable[[timedelta, Progress], Section]
"""Asks a vendor about one thing after the other, as far back as the span reaches, and says how far it is."""


def reconcile(
    transactions: Transactions,
    clock: Clock,
    checks: Sequence[Check],
    askings: Sequence[Asking],
    started_by: str,
    span: timedelta = SPAN,
    progress: Progress = lambda *_: None,
) -> FiledReport:
    """Make every check, one after the other, and file the report; reports older than 90 days are forgotten.

    A vendor that is away is a line in the report. Raises what the store raises; then nothing is filed, and trying again
    is safe.
    """
    started_at = clock.now()
    sections = [section for check in checks for section in check()]
    sections += [asking(span, progress) for asking in askings]
    report = Report(started_by, started_at, clock.now(), sections)
    with transactions() as tx:
        tx.reports.forget(report.finished_at - KEPT, MOST_FORGOTTEN)
        return FiledReport(tx.reports.file(report), report)

"""Reports of reconciliations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.reports import Report


class Reports(Protocol):
    """Reports within one transaction. One that is filed is never changed, and is forgotten as a whole."""

    def file(self, report: Report) -> int:
        """Keep a report; its number, which is greater than that of any before."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` reports, the oldest first, that were finished before a time; how many that were."""
        ...

"""The record of price syncs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.price_syncs import CaseLine, SourceLine, SyncHead


class Syncs(Protocol):
    """Runs within one transaction. What is written of one is never changed, and is forgotten as a whole."""

    def begin(self, head: SyncHead, sources: Sequence[SourceLine]) -> bool:
        """Record that a run has begun and what its sources said; False, and nothing, when it has been recorded.

        Two at once with one id: the second waits for the first to commit.
        """
        ...

    def has_begun(self, sync_id: int) -> bool:
        """Whether the run has been recorded."""
        ...

    def add(self, sync_id: int, line: CaseLine) -> None:
        """Record what a run that has begun did to a case. Raises ``BrokenLaw`` when that is recorded already."""
        ...

    def has_line(self, sync_id: int, case_id: int) -> bool:
        """Whether it is recorded what the run did to the case. Ask behind the case's lock."""
        ...

    def finish(self, sync_id: int, quiet: Sequence[CaseLine], at: datetime) -> bool:
        """Record that a run that has begun has ended, and the cases that it left as they were.

        False, and nothing, when that is recorded already. A line of a case that has been added is left out.
        """
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` runs, the oldest first, that began before a time; how many that were."""
        ...

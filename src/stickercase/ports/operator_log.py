"""The append-only log of what operators did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class OperatorLog(Protocol):
    """The log within one transaction."""

    def append(
        self,
        who: str,
        action: str,
        subject: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
        at: datetime,
    ) -> None:
        """Note who changed what, from which values to which. Never a secret."""
        ...

"""Recomputing everything from what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.ledger.laws import LawReport


class Audits(Protocol):
    """Checks every law at one instant."""

    def audit(self) -> Sequence[LawReport]:
        """One report per law, recomputed from transfers, units and draws. Raises ``StoreUnavailable``."""
        ...

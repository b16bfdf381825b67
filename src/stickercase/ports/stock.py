"""The house's units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.packs import NewUnit


class Stock(Protocol):
    """Units within one transaction."""

    def lock(self, pack_id: int) -> int | None:
        """The pack's free units, locked until the commit; None when there is no such pack."""
        ...

    def known_numbers(self, pack_id: int, numbers: Sequence[int]) -> set[int]:
        """Which of these numbers the pack has had, wherever those units are now."""
        ...

    def add(self, pack_id: int, units: Sequence[NewUnit], at: datetime) -> None:
        """Put new units into the stock. The pack must be locked."""
        ...

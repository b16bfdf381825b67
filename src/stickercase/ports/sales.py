"""Units that were sold back to the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.sell_unit import UnitSold


class Sales(Protocol):
    """Sales within one transaction."""

    def record(self, sold: UnitSold) -> None:
        """Keep a sale for ever. The transfer, the item and the unit are moved by their own ports."""
        ...

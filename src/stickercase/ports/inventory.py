"""What players own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.packs import Unit


class Inventory(Protocol):
    """Players' items within one transaction. Whoever moves an item has locked its player's account."""

    def items(self, player_id: int, item_ids: Sequence[int]) -> Mapping[int, Unit]:
        """The units behind those of the items that are the player's to give: owned, and not on their way out."""
        ...

    def give(self, player_id: int, item_id: int, unit: Unit, at: datetime) -> None:
        """Make a unit the player's, under an id for the item that was never given before."""
        ...

    def end(self, player_id: int, item_ids: Sequence[int]) -> None:
        """Take items out of the player's inventory; one that is not there raises AssertionError."""
        ...

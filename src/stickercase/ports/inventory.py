"""What players own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.packs import Exit, Parcel, Unit


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


class Departures(Protocol):
    """Units on their way out of the house, and those that are gone. Whoever moves one has locked the account.

    An item that is leaving is still in its player's inventory, and nobody's to give. What does not fit (an item that
    is not there, is not leaving, or leaves through another exit) raises AssertionError.
    """

    def parcel(self, unit_id: int) -> Parcel:
        """What the unit can be handed over as."""
        ...

    def leave(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Set an item that is the player's to give on its way out."""
        ...

    def come_back(self, player_id: int, item_id: int, way_out: Exit) -> None:
        """Make an item that was leaving the player's to give again."""
        ...

    def retire(self, player_id: int, item_id: int, way_out: Exit, at: datetime) -> None:
        """Take an item that was leaving out of the inventory; that its unit is delivered is kept for ever."""
        ...

"""What the house believes of floor prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.floors import Floor


class Floors(Protocol):
    """Floors within one transaction, by pack id."""

    def floors(self, pack_ids: Sequence[int]) -> Mapping[int, Floor]:
        """The floors of these packs as last committed; a pack that is none is missing."""
        ...

    def lock(self) -> Mapping[int, Floor]:
        """The floors of all packs, kept from every other writer until the commit."""
        ...

    def write(self, floors: Mapping[int, Floor]) -> None:
        """Replace these packs' floors. A price that changes moves the shelf; a reading that confirms one does not."""
        ...

"""The house's units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.packs import NewUnit, Unit


class Stock(Protocol):
    """Units within one transaction. Whoever moves a unit has locked the stock of its pack."""

    def lock(self, pack_ids: Sequence[int]) -> Mapping[int, int]:
        """The free units of each pack, locked in ascending order until the commit; a pack that is none is missing."""
        ...

    def known_numbers(self, pack_id: int, numbers: Sequence[int]) -> set[int]:
        """Which of these numbers the pack has had, wherever those units are now."""
        ...

    def add(self, pack_id: int, units: Sequence[NewUnit], at: datetime) -> None:
        """Put new units into the stock."""
        ...

    def unit(self, unit_id: int) -> tuple[Unit, bool] | None:
        """A unit, and whether it is free; that is sure until the commit only while its pack is locked."""
        ...

    def put_back(self, units: Sequence[Unit]) -> None:
        """Put units that came out of an inventory into the stock, and count them.

        One that is there already raises :class:`~stickercase.ports.failures.BrokenLaw`; the transaction can then only
        be rolled back.
        """
        ...

    def take(self, unit: Unit) -> None:
        """Take a free unit out of the stock, and count it; a unit that is not free raises AssertionError."""
        ...

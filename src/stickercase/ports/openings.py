"""The hot path's three trips: look, take, write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.stock.packs import Unit
    from stickercase.domain.use_cases.open_cases import OpenCase, Recorded, Situation


class Openings(Protocol):
    """Openings within one transaction. Used in this order: situation, take, record, and then the commit."""

    def situation(self, commands: Sequence[OpenCase]) -> Situation:
        """All that deciding ``commands`` needs, with cases, players and stock locked in sorted order until the commit.

        A player or case that does not exist is missing from the mappings.
        """
        ...

    def take(self, wanted: Sequence[tuple[int, int, int]], at: datetime) -> list[Unit]:
        """Give the lowest free unit of a pack to a player for every ``(player_id, pack_id, item_id)``, in order.

        The situation's locks and counts promise that they are there; a missing one raises AssertionError.
        """
        ...

    def record(self, recorded: Sequence[Recorded]) -> None:
        """Write openings: draws, transfers, balances, nonces, stock counters and remembered answers."""
        ...

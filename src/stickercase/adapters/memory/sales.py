"""Sales in memory."""

from __future__ import annotations

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.sell_unit import UnitSold


class MemorySales:
    """Sales within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def record(self, sold: UnitSold) -> None:
        """Keep a sale for ever."""
        sales = self._store.players[sold.player_id].sales
        self._store.journal.grows(sales)
        sales.append(sold)

"""What was signed, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.wallet.withdrawals import Withdrawal


class MemoryOutflows:
    """Reads the withdrawals of a store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def signed(self) -> Sequence[Withdrawal]:
        with self._store.alone():
            everyone = sorted(self._store.withdrawals.values(), key=lambda one: one.id)
            return [one for one in everyone if one.attempts]

"""Wallets and nonces in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.wallet.challenges import Challenge
from stickercase.domain.wallet.ownership import Connected


class MemoryWallets:
    """Wallets within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def challenge(self, nonce: str) -> Challenge | None:
        """The challenge of a nonce."""
        return self._store.challenges.get(nonce)

    def newest_challenge(self, player_id: int) -> Challenge | None:
        """The challenge that the player was given last."""
        own = [one for one in self._store.challenges.values() if one.player_id == player_id]
        return max(own, key=lambda one: one.issued_at, default=None)

    def keep_challenge(self, challenge: Challenge) -> None:
        """Write a challenge."""
        self._store.journal.sets(self._store.challenges, challenge.nonce)
        self._store.challenges[challenge.nonce] = challenge

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that is the player's now."""
        return self._store.players[player_id].wallet

    def connect(self, player_id: int, connected: Connected) -> None:
        """Make this the player's wallet."""
        row = self._store.players[player_id]
        self._store.journal.changes(row, "wallet")
        row.wallet = connected

    def disconnect(self, player_id: int, at: datetime) -> None:  # noqa: ARG002 - nobody asks when
        """The player has no wallet from now on."""
        row = self._store.players[player_id]
        self._store.journal.changes(row, "wallet")
        row.wallet = None

"""Wallets and nonces in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.wallet.challenges import KEPT, Challenge
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
        """Write a challenge; old ones of the player go."""
        known, journal = self._store.challenges, self._store.journal
        journal.sets(known, challenge.nonce)
        known[challenge.nonce] = challenge
        own = [one for one in known.values() if one.player_id == challenge.player_id]
        for old in (one for one in own if one.issued_at < challenge.issued_at - KEPT):
            journal.sets(known, old.nonce)
            del known[old.nonce]

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

"""Upgrades in memory."""

from __future__ import annotations

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded


class MemoryUpgrades:
    """Upgrades within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def record(self, upgraded: UnitUpgraded) -> None:
        """Keep an upgrade for ever and count its draw."""
        player = self._store.players[upgraded.drawn.bet.player_id]
        pair, journal = player.pairs[-1], self._store.journal
        assert (pair.number, pair.nonce) == (upgraded.drawn.seed_number, upgraded.drawn.draw.nonce)
        journal.changes(pair, "nonce")
        journal.grows(pair.draws)
        journal.grows(player.upgrades)
        pair.nonce += 1
        pair.draws.append(upgraded)
        player.upgrades.append(upgraded)

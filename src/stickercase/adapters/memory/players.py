"""Players and their seed pairs in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore, PairRow, PlayerRow
from stickercase.domain.fairness import SeedPair
from stickercase.domain.players.profile import Player, Profile


class MemoryPlayers:
    """Players within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def find(self, telegram_id: int) -> Player | None:
        """The player with this Telegram id."""
        player_id = self._store.player_ids.get(telegram_id)
        return None if player_id is None else self._store.players[player_id].player

    def create(self, profile: Profile, pair: SeedPair, at: datetime) -> tuple[Player, bool]:
        """A new player; or the known one and False."""
        known = self.find(profile.telegram_id)
        if known is not None:
            return known, False
        store = self._store
        row = PlayerRow(len(store.players) + 1, profile, at)
        store.journal.sets(store.players, row.id)
        store.journal.sets(store.player_ids, profile.telegram_id)
        store.players[row.id] = row
        store.player_ids[profile.telegram_id] = row.id
        self._start(row, pair)
        return row.player, True

    def update(self, player_id: int, profile: Profile) -> None:
        """Replace a player's profile; the Telegram id stays."""
        row = self._store.players[player_id]
        assert row.profile.telegram_id == profile.telegram_id
        self._store.journal.changes(row, "profile")
        row.profile = profile

    def show(self, player_id: int, avatar: str) -> None:
        """Have this picture shown."""
        row = self._store.players[player_id]
        self._store.journal.changes(row, "avatar")
        row.avatar = avatar

    def block(self, player_id: int, blocked: bool) -> None:
        """Set whether the player is blocked."""
        row = self._store.players[player_id]
        self._store.journal.changes(row, "blocked")
        row.blocked = blocked

    def live_pair(self, player_id: int) -> SeedPair | None:
        """The player's live seed pair."""
        row = self._store.players.get(player_id)
        return None if row is None else row.pairs[-1].pair

    def rotate(self, player_id: int, pair: SeedPair, at: datetime) -> None:
        """Reveal the live pair and make ``pair`` the live one."""
        row = self._store.players[player_id]
        live = row.pairs[-1]
        assert pair.number == live.number + 1, "pairs are numbered without gaps"
        self._store.journal.changes(live, "revealed_at")
        live.revealed_at = at
        self._start(row, pair)

    def _start(self, row: PlayerRow, pair: SeedPair) -> None:
        seed_hash = pair.server_seed_hash
        assert seed_hash not in self._store.pairs, "a server seed is used once"
        live = PairRow(row.id, pair.number, pair.server_seed, seed_hash, pair.client_seed, pair.next_server_seed)
        self._store.journal.sets(self._store.pairs, seed_hash)
        self._store.journal.grows(row.pairs)
        self._store.pairs[seed_hash] = live
        row.pairs.append(live)

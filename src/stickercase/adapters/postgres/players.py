"""Players and seed pairs in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from stickercase.adapters.postgres.tables import accounts, players, seed_pairs
from stickercase.domain.fairness import SeedPair, commitment
from stickercase.domain.money import Asset
from stickercase.domain.players.profile import Player, Profile


class PostgresPlayers:
    """Players within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, telegram_id: int) -> Player | None:
        """The player with this Telegram id."""
        row = self._connection.execute(select(players).where(players.c.telegram_id == telegram_id)).first()
        return None if row is None else player_of(row)

    def create(self, profile: Profile, pair: SeedPair, at: datetime) -> tuple[Player, bool]:
        """A new player with an empty TON account and ``pair``, or the one that another transaction just made."""
        made = self._connection.execute(
            insert_or(players)
            .values(telegram_id=profile.telegram_id, blocked=False, avatar="", created_at=at, **_columns(profile))
            .on_conflict_do_nothing(index_elements=[players.c.telegram_id])
            .returning(players.c.id)
        ).scalar()
        if made is None:
            known = self.find(profile.telegram_id)
            assert known is not None, "players are never deleted"
            return known, False
        self._connection.execute(insert(accounts).values(player_id=made, asset=Asset.TON.value, balance=0, held=0))
        self._connection.execute(insert(seed_pairs).values(player_id=made, **_pair_columns(pair)))
        return Player(made, profile), True

    def update(self, player_id: int, profile: Profile) -> None:
        """Replace a player's profile."""
        self._connection.execute(update(players).where(players.c.id == player_id).values(**_columns(profile)))

    def show(self, player_id: int, avatar: str) -> None:
        """Have this picture shown."""
        self._connection.execute(update(players).where(players.c.id == player_id).values(avatar=avatar))

    def block(self, player_id: int, blocked: bool) -> None:
        """Set whether the player is blocked."""
        self._connection.execute(update(players).where(players.c.id == player_id).values(blocked=blocked))

    def live_pair(self, player_id: int) -> SeedPair | None:
        """The live pair. The account is locked first, as openings do: then nobody draws with the pair meanwhile."""
        self._connection.execute(
            select(accounts.c.balance)
            .where(accounts.c.player_id == player_id, accounts.c.asset == Asset.TON.value)
            .with_for_update(key_share=True)
        )
        return live_pair_of(self._connection, player_id)

    def rotate(self, player_id: int, pair: SeedPair, at: datetime) -> None:
        """Close the live pair and make ``pair`` the live one."""
        closed = self._connection.execute(
            update(seed_pairs)
            .where(seed_pairs.c.player_id == player_id, seed_pairs.c.revealed_at.is_(None))
            .values(revealed_at=at)
        )
        assert closed.rowcount == 1, "every player has one live pair"
        self._connection.execute(insert(seed_pairs).values(player_id=player_id, **_pair_columns(pair)))


def live_pair_of(connection: Connection, player_id: int) -> SeedPair | None:
    """A player's live seed pair, as it is at this moment."""
    row = connection.execute(
        select(seed_pairs).where(seed_pairs.c.player_id == player_id, seed_pairs.c.revealed_at.is_(None))
    ).first()
    if row is None:
        return None
    return SeedPair(row.number, row.server_seed, row.client_seed, row.nonce, row.next_server_seed)


def player_of(row: Row[Any]) -> Player:
    """A player from a row of the players table."""
    profile = Profile(
        telegram_id=row.telegram_id,
        first_name=row.first_name,
        last_name=row.last_name,
        username=row.username,
        language=row.language,
        image_url=row.image_url,
    )
    return Player(row.id, profile, row.blocked, row.avatar)


def _columns(profile: Profile) -> dict[str, object]:
    return {
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "username": profile.username,
        "language": profile.language,
        "image_url": profile.image_url,
    }


def _pair_columns(pair: SeedPair) -> dict[str, object]:
    return {
        "number": pair.number,
        "server_seed": pair.server_seed,
        "server_seed_hash": bytes.fromhex(commitment(pair.server_seed)),
        "client_seed": pair.client_seed,
        "nonce": pair.nonce,
        "next_server_seed": pair.next_server_seed,
    }

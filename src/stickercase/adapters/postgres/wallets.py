"""Wallets and nonces in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from stickercase.adapters.postgres.tables import wallet_nonces, wallets
from stickercase.domain.wallet.addresses import parse_address
from stickercase.domain.wallet.challenges import KEPT, Challenge
from stickercase.domain.wallet.ownership import Connected


class PostgresWallets:
    """Wallets within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def challenge(self, nonce: str) -> Challenge | None:
        """The challenge of a nonce, locked."""
        row = self._connection.execute(
            select(wallet_nonces).where(wallet_nonces.c.nonce == nonce).with_for_update()
        ).first()
        return None if row is None else _challenge(row)

    def newest_challenge(self, player_id: int) -> Challenge | None:
        """The challenge that the player was given last."""
        newest = select(wallet_nonces).where(wallet_nonces.c.player_id == player_id)
        row = self._connection.execute(newest.order_by(wallet_nonces.c.issued_at.desc()).limit(1)).first()
        return None if row is None else _challenge(row)

    def keep_challenge(self, challenge: Challenge) -> None:
        """Write a new challenge, or the use of a known one; old ones of the player go."""
        values = {
            "nonce": challenge.nonce,
            "player_id": challenge.player_id,
            "issued_at": challenge.issued_at,
            "used_at": challenge.used_at,
        }
        written = insert_or(wallet_nonces).values(values)
        used = written.on_conflict_do_update(index_elements=["nonce"], set_={"used_at": challenge.used_at})
        self._connection.execute(used)
        is_old = wallet_nonces.c.issued_at < challenge.issued_at - KEPT
        self._connection.execute(delete(wallet_nonces).where(wallet_nonces.c.player_id == challenge.player_id, is_old))

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that is the player's now."""
        return wallet_of(self._connection, player_id)

    def connect(self, player_id: int, connected: Connected) -> None:
        """Make this the player's wallet."""
        self.disconnect(player_id, connected.at)
        self._connection.execute(
            insert(wallets).values(
                player_id=player_id,
                address=connected.address.raw,
                wallet=connected.wallet,
                public_key=connected.public_key,
                connected_at=connected.at,
            )
        )

    def disconnect(self, player_id: int, at: datetime) -> None:
        """The player has no wallet from now on."""
        live = (wallets.c.player_id == player_id) & wallets.c.disconnected_at.is_(None)
        self._connection.execute(update(wallets).where(live).values(disconnected_at=at))


def wallet_of(connection: Connection, player_id: int) -> Connected | None:
    """The wallet that is the player's now."""
    row = connection.execute(
        select(wallets).where(wallets.c.player_id == player_id, wallets.c.disconnected_at.is_(None))
    ).first()
    return None if row is None else Connected(parse_address(row.address), row.wallet, row.public_key, row.connected_at)


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(row.nonce, row.player_id, row.issued_at, row.used_at)

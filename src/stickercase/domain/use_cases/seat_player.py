"""Seat a player at the table: nobody else moves their money, seeds or items until the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import NotFound, Refused

if TYPE_CHECKING:
    from stickercase.ports.transactions import Transaction


def seat_player(tx: Transaction, telegram_id: int) -> tuple[Player, int]:
    """The player as they are behind the lock of their account, and the TON balance in nanotons.

    Comes before the idempotency key: openings know a player's keys by this lock alone. Raises :class:`Refused` with
    ``not_found``.
    """
    found = tx.players.find(telegram_id)
    if found is None:
        raise Refused(NotFound("player", str(telegram_id)))
    balance_nano = tx.ledger.balance(found.id)
    # Looked at again: an operator may have blocked the player while this waited.
    player = tx.players.find(telegram_id)
    assert player is not None, "players are never deleted"
    return player, balance_nano

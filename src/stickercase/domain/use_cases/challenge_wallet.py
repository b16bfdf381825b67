"""Give a player a nonce to sign, so that a wallet can be shown to be theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.wallet.challenges import Challenge, issued

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.seeds import Seeds
    from stickercase.ports.transactions import Transactions


def challenge_wallet(transactions: Transactions, clock: Clock, seeds: Seeds, telegram_id: int) -> Challenge:
    """A new challenge. Raises :class:`Refused`: ``not_found``, or ``nonce_exists`` while the last one is live."""
    with transactions() as tx:
        player, _ = seat_player(tx, telegram_id)
        challenge = issued(tx.wallets.newest_challenge(player.id), player.id, seeds.wallet_nonce(), clock.now())
        if isinstance(challenge, Refusal):
            raise Refused(challenge)
        tx.wallets.keep_challenge(challenge)
        return challenge

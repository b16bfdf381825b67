"""Connect a wallet that a player has shown to be theirs, and disconnect it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.wallet.challenges import NONCE
from stickercase.domain.wallet.ownership import (
    Connected,
    OwnershipSituation,
    Policy,
    SignedMessage,
    TonProof,
    decide,
    read_message,
    read_proof,
)

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.signatures import Signatures
    from stickercase.ports.transactions import Transactions


def connect_wallet(
    transactions: Transactions,
    clock: Clock,
    signatures: Signatures,
    policy: Policy,
    telegram_id: int,
    proof: SignedMessage | TonProof,
) -> Connected:
    """The wallet as it is connected now, instead of the one there was.

    The proof's nonce is used up, and that is committed, even when the proof is then refused. Raises
    :class:`Refused` with what :mod:`stickercase.domain.wallet.ownership` refuses.
    """
    claim = read_message(proof) if isinstance(proof, SignedMessage) else read_proof(proof)
    if isinstance(claim, Refusal):
        raise Refused(claim)
    with transactions() as tx:
        player, _ = seat_player(tx, telegram_id)
        # What is no nonce was never given out; it may hold anything, and is not looked for.
        challenge = tx.wallets.challenge(claim.nonce) if NONCE.fullmatch(claim.nonce) else None
        situation = OwnershipSituation(player.id, telegram_id, challenge, policy)
        decision = decide(situation, claim, clock.now(), signatures.verify)
        if decision.challenge is not None:
            tx.wallets.keep_challenge(decision.challenge)
        if isinstance(decision.outcome, Connected):
            tx.wallets.connect(player.id, decision.outcome)
    if isinstance(decision.outcome, Refusal):
        raise Refused(decision.outcome)
    return decision.outcome


def disconnect_wallet(transactions: Transactions, clock: Clock, telegram_id: int) -> None:
    """Forget the player's wallet; a withdrawal that has begun keeps its address. Raises :class:`Refused`."""
    with transactions() as tx:
        player, _ = seat_player(tx, telegram_id)
        tx.wallets.disconnect(player.id, clock.now())

"""What became of a transfer that an NFT was asked for: docs/wallet.md.

That the request left the wallet says little: the NFT may refuse it. So the NFT's answer counts, and whose it is now.
Source: TEP-62 (github.com/ton-blockchain/TEPs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import NftAnswer, WalletState, WalletTransaction, look_at
from stickercase.domain.wallet.withdrawals import Attempt, Landing, Look, Withdrawal

PATIENCE = timedelta(minutes=10)
"""How long an NFT has to answer, in the chain's time. Blocks bring a message along within seconds."""


def look_at_transfer(
    withdrawal: Withdrawal,
    attempt: Attempt,
    state: WalletState,
    seen: Sequence[WalletTransaction],
    owner: Address | None,
) -> Look:
    """What the chain says of a transfer that has left the wallet; ``owner`` is the NFT's, asked for after ``seen``.

    A unit goes back when the NFT refused, or is the wallet's as before. It does not go back because it is somebody
    else's than the player's: who gets an NFT may pass it on within seconds, and would have both.
    """
    assert withdrawal.unit is not None, "this is about NFTs"
    look = look_at(withdrawal, attempt, state, seen)
    if look.landing is not Landing.LEFT:
        return look
    answer = answer_to(withdrawal, attempt, seen)
    if answer is not None and answer.bounced:
        return replace(look, landing=Landing.UNPAID, alarm=_told(withdrawal, "refused its transfer"))
    is_ours = owner == attempt.wallet
    if owner == withdrawal.address or (answer is not None and not is_ours):
        return replace(look, landing=Landing.PAID)
    landed_at = next(one.at for one in seen if one.message_hash == attempt.message_hash)
    if state.at < landed_at + PATIENCE:
        return look
    if is_ours:
        return replace(look, landing=Landing.UNPAID, alarm=_told(withdrawal, "did not change hands"))
    return replace(look, landing=Landing.PAID, alarm=_told(withdrawal, "is somebody's, and never answered"))


def answer_to(withdrawal: Withdrawal, attempt: Attempt, seen: Sequence[WalletTransaction]) -> NftAnswer | None:
    """The NFT's answer to the message, which comes after it; an older one was to another house's question."""
    assert withdrawal.unit is not None, "this is about NFTs"
    asked_at = next((one.lt for one in seen if one.message_hash == attempt.message_hash), None)
    if asked_at is None:
        return None
    wanted = (withdrawal.unit.nft_address, withdrawal.id)
    later = (one.answer for one in seen if one.lt > asked_at and one.answer is not None)
    return next((answer for answer in later if (answer.item, answer.query_id) == wanted), None)


def _told(withdrawal: Withdrawal, what: str) -> str:
    assert withdrawal.unit is not None, "this is about NFTs"
    return f"the NFT {withdrawal.unit.nft_address.friendly(bounceable=True)} {what}"

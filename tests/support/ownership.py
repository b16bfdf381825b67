"""A house that proofs are shown to: its policy, its player and what it is told."""

from __future__ import annotations

import base64
from datetime import datetime

from nacl.signing import SigningKey

from stickercase.adapters.ton.signatures import SodiumSignatures
from stickercase.domain.refusal import Refusal
from stickercase.domain.wallet.challenges import Challenge
from stickercase.domain.wallet.contracts import Network
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
from stickercase.domain.wallet.refusals import MalformedProof
from support.clock import NOON
from support.wallets import Wallet, raw

verify = SodiumSignatures().verify
NONCE = "A9cPYa107z5SjmHFwgc01jvcUi34Mg3s"
AT = int(NOON.timestamp())
KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(32))
POLICY = Policy(Network.MAINNET, frozenset({"case.example", "кейс.example"}))
PLAYER, TELEGRAM = 7, 213123123
WALLET = Wallet(KEY)


def situation(nonce: str = NONCE, policy: Policy = POLICY, at: datetime = NOON) -> OwnershipSituation:
    return OwnershipSituation(PLAYER, TELEGRAM, Challenge(nonce, PLAYER, at), policy)


def told(proof: TonProof | SignedMessage, now: datetime = NOON, policy: Policy = POLICY) -> Connected | str:
    """The outcome, a refusal by its code. The nonce is the proof's own, live."""
    claim = read_proof(proof) if isinstance(proof, TonProof) else read_message(proof)
    if isinstance(claim, MalformedProof):
        return claim.code
    outcome = decide(situation(claim.nonce, policy, now), claim, now, verify).outcome
    return outcome.code if isinstance(outcome, Refusal) else outcome


def flips(data: bytes) -> list[bytes]:
    return [data[:place] + bytes([byte ^ 1]) + data[place + 1 :] for place, byte in enumerate(data)]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def message(wallet: str, *, telegram_id: int = TELEGRAM, at: int = AT, nonce: str = NONCE) -> str:
    return f"wallet={wallet}&telegram_id={telegram_id}&timestamp={at}&nonce={nonce}"


FIELDS = message(raw(WALLET.address)).split("&")

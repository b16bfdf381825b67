"""A foreign library checks the same random proofs, right ones and tampered ones, and comes to the same verdicts."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey
from ton_connect.models.dto import TonProofPayloadDto
from ton_connect.utils.signing import VerifyTonProof

from stickercase.domain.wallet.contracts import DEPLOYED
from stickercase.domain.wallet.ownership import Connected, TonProof
from support.ownership import NONCE, POLICY, b64, told
from support.wallets import MAINNET, Wallet, raw

VERDICTS: Counter[tuple[str, bool]] = Counter()
WALLETS = st.builds(
    Wallet,
    st.binary(min_size=32, max_size=32).map(SigningKey),
    st.sampled_from(sorted(DEPLOYED)),
    st.just(MAINNET),
    st.sampled_from([0, -1]),
)
DOMAINS = st.sampled_from([*sorted(POLICY.domains), "elsewhere.example"])
AGES = st.sampled_from([0, 1, 60, 800, 1000, 100_000, -40, -200])
TAMPERED = ("nothing", "signature", "address", "public_key", "state_init", "payload", "timestamp", "domain", "contract")


def oracle_accepts(proof: TonProof) -> bool:
    wire = {
        "address": proof.address,
        "network": proof.network,
        "publicKey": proof.public_key,
        "walletStateInit": proof.state_init,
        "proof": {
            "timestamp": proof.timestamp,
            "domain": {"lengthBytes": proof.domain_length, "value": proof.domain},
            "signature": proof.signature,
            "payload": proof.payload,
        },
    }
    verifier = VerifyTonProof(TonProofPayloadDto.model_validate(wire))
    try:
        return asyncio.run(verifier.verify(sorted(POLICY.domains)))
    except BadSignatureError:
        return False


def tampered(proof: TonProof, what: str, mine: Wallet, other: Wallet, place: int) -> TonProof:
    """The proof with one thing changed after it was signed."""
    signature = bytearray(b64decode(proof.signature))
    signature[place] ^= 1
    if what == "contract":
        return replace(proof, state_init=b64(replace(mine, name="v1r3").state_init))
    changed = {
        "nothing": {},
        "signature": {"signature": b64(bytes(signature))},
        "address": {"address": raw(other.address)},
        "public_key": {"public_key": other.public_key.hex()},
        "state_init": {"state_init": b64(other.state_init)},
        "payload": {"payload": NONCE[::-1]},
        "timestamp": {"timestamp": int(proof.timestamp) + 1},
        "domain": {"domain": "case.exampl3"},
    }
    return replace(proof, **changed[what])


@given(WALLETS, WALLETS, DOMAINS, AGES, st.one_of(st.just("nothing"), st.sampled_from(TAMPERED)), st.integers(0, 63))
def test_both_come_to_the_same_verdict(
    mine: Wallet, other: Wallet, domain: str, age: int, what: str, place: int
) -> None:
    assume(mine.public_key != other.public_key)
    now = int(time.time())
    proof = tampered(mine.proof(NONCE, now - age, domain), what, mine, other, place)
    ours = isinstance(told(proof, datetime.fromtimestamp(now, UTC)), Connected)
    assert ours == oracle_accepts(proof)
    VERDICTS[what, ours] += 1


def test_there_were_verdicts_of_both_kinds() -> None:
    if not VERDICTS:
        pytest.skip("the proofs above were not looked at")
    accepted = sum(count for (_, ours), count in VERDICTS.items() if ours)
    assert VERDICTS["nothing", True] == accepted >= 10, "only what nobody has touched is accepted"
    assert VERDICTS.total() - accepted >= 30

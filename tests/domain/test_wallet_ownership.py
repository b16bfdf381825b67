"""Whose a wallet is: each failure has a code of its own, and they come in one order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from ton_core import Cell as ForeignCell

from stickercase.domain.refusal import Refusal
from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.challenges import Challenge
from stickercase.domain.wallet.contracts import CODES, DEPLOYED, Network
from stickercase.domain.wallet.ownership import (
    Claim,
    Connected,
    OwnershipDecision,
    Policy,
    TonProof,
    decide,
    judge,
    read_message,
    read_proof,
)
from stickercase.domain.wallet.refusals import MalformedProof
from support.clock import NOON
from support.ownership import (
    AT,
    KEY,
    NONCE,
    OTHER,
    PLAYER,
    POLICY,
    TELEGRAM,
    WALLET,
    b64,
    message,
    situation,
    told,
    verify,
)
from support.wallets import MAINNET, TESTNET, Wallet, code_cell, data_cell, raw, state_init

SIGNERS = st.builds(
    Wallet,
    st.binary(min_size=32, max_size=32).map(SigningKey),
    st.sampled_from(sorted(DEPLOYED)),
    st.just(MAINNET),
    st.sampled_from([0, -1]),
)


@given(SIGNERS, st.text(max_size=40), st.sampled_from(sorted(POLICY.domains)))
def test_every_wallet_can_prove_itself_by_ton_proof(wallet: Wallet, nonce: str, domain: str) -> None:
    outcome = told(wallet.proof(nonce, AT, domain))
    assert outcome == Connected(
        Address(wallet.workchain, wallet.address.hash_part), wallet.name, wallet.public_key, NOON
    )


@given(SIGNERS, st.booleans())
def test_every_wallet_can_prove_itself_by_message(wallet: Wallet, friendly: bool) -> None:
    spelled = str(wallet.address.to_str()) if friendly else raw(wallet.address)
    outcome = told(wallet.message(message(spelled)))
    assert outcome == Connected(
        Address(wallet.workchain, wallet.address.hash_part), wallet.name, wallet.public_key, NOON
    )


@given(SIGNERS, SIGNERS)
def test_a_key_proves_nothing_about_the_wallet_of_another(mine: Wallet, theirs: Wallet) -> None:
    if mine.public_key == theirs.public_key:
        return
    assert told(mine.message(message(raw(theirs.address)))) == "wrong_wallet_key"
    theirs_init = b64(theirs.state_init)
    assert told(mine.proof(NONCE, AT, address=raw(theirs.address))) == "wrong_state_init"
    assert told(mine.proof(NONCE, AT, address=raw(theirs.address), state_init=theirs_init)) == "wrong_wallet_key"
    claimed = replace(mine, workchain=theirs.workchain).proof(
        NONCE, AT, address=raw(theirs.address), state_init=theirs_init, public_key=theirs.public_key.hex()
    )
    assert told(claimed) == "bad_signature"


@pytest.mark.parametrize("seconds", [-300, -299, 0, 300])
def test_a_message_may_be_five_minutes_old_or_ahead(seconds: int) -> None:
    assert isinstance(told(WALLET.message(message(raw(WALLET.address), at=AT + seconds))), Connected)


@pytest.mark.parametrize(("seconds", "code"), [(-301, "proof_too_old"), (301, "proof_in_future")])
def test_an_older_or_later_message_is_refused(seconds: int, code: str) -> None:
    assert told(WALLET.message(message(raw(WALLET.address), at=AT + seconds))) == code


@pytest.mark.parametrize("seconds", [-900, 0, 60])
def test_a_proof_may_be_a_quarter_of_an_hour_old(seconds: int) -> None:
    assert isinstance(told(WALLET.proof(NONCE, AT + seconds)), Connected)
    assert isinstance(told(WALLET.proof(NONCE, AT + seconds, timestamp=str(AT + seconds))), Connected)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (-901, "proof_too_old"),
        (61, "proof_in_future"),
        (-AT, "proof_too_old"),
        ((1 << 62) - AT, "proof_in_future"),
        (AT * 999, "proof_in_future"),
    ],
)
def test_an_older_or_later_proof_is_refused(seconds: int, code: str) -> None:
    assert told(WALLET.proof(NONCE, AT + seconds)) == code


def test_a_fraction_of_a_second_counts() -> None:
    now = NOON + timedelta(milliseconds=1)
    assert told(WALLET.proof(NONCE, AT - 900), now) == "proof_too_old"
    assert isinstance(told(WALLET.proof(NONCE, AT - 899), now), Connected)


# Networks


def test_a_proof_for_another_network_is_refused() -> None:
    testing = Policy(Network.TESTNET, POLICY.domains)
    for name in DEPLOYED:
        here, there = Wallet(KEY, name), Wallet(KEY, name, TESTNET)
        assert told(there.proof(NONCE, AT)) == "wrong_network"
        assert told(here.proof(NONCE, AT), policy=testing) == "wrong_network"
        assert isinstance(told(there.proof(NONCE, AT), policy=testing), Connected)
    assert told(WALLET.proof(NONCE, AT, network="-217")) == "wrong_network"


def test_a_v5_wallet_of_another_network_is_told_from_the_wallet_of_another() -> None:
    there = Wallet(KEY, "v5r1", TESTNET)
    assert told(there.message(message(raw(there.address)))) == "wrong_network"
    testing = Policy(Network.TESTNET, frozenset())
    assert isinstance(told(there.message(message(raw(there.address))), policy=testing), Connected)


def test_an_address_for_test_money_is_refused_on_the_mainnet() -> None:
    spelled = parse_address(raw(WALLET.address)).friendly(testnet=True)
    assert told(WALLET.message(message(spelled))) == "wrong_network"
    assert told(WALLET.proof(NONCE, AT, address=spelled)) == "wrong_network"
    testing = Policy(Network.TESTNET, frozenset())
    assert isinstance(told(WALLET.message(message(spelled)), policy=testing), Connected)


# Contracts


def proof_of(code: Any, data: Any) -> TonProof:
    """A proof with a StateInit of one's own, whose address is right."""
    made = state_init(code, data)
    return WALLET.proof(NONCE, AT, address=f"0:{made.hash.hex()}", state_init=b64(made.to_boc()))


def test_an_unknown_contract_is_refused_by_its_code() -> None:
    claim = read_proof(proof_of(data_cell("v4r2", bytes(32)), data_cell("v4r2", WALLET.public_key)))
    assert isinstance(claim, Claim)
    refusal = judge(claim, POLICY, NOON, verify)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, getattr(refusal, "code_hash", "")) == (
        "unknown_wallet_code",
        data_cell("v4r2", bytes(32)).hash.hex(),
    )


def test_a_contract_that_can_change_its_key_is_refused() -> None:
    assert told(proof_of(code_cell("WalletTg"), data_cell("v4r2", WALLET.public_key))) == "wallet_key_may_change"


def test_every_known_contract_but_that_one_has_a_fixed_key() -> None:
    assert [code.name for code in CODES.values() if code.key_bit is None] == ["WalletTg"]


@pytest.mark.parametrize(("code", "data"), [("v5r1", "v3r1"), ("v4r2", "nothing")])
def test_data_without_room_for_a_key_is_malformed(code: str, data: str) -> None:
    cell = ForeignCell.empty() if data == "nothing" else data_cell(data, bytes(32))
    refusal = read_proof(proof_of(code_cell(code), cell))
    assert isinstance(refusal, MalformedProof)
    assert refusal.field == "proof.state_init"


# Nonces


def test_the_nonce_is_used_up_although_the_signature_is_bad() -> None:
    claim = read_proof(WALLET.proof(NONCE, AT, signature=b64(bytes(64))))
    assert isinstance(claim, Claim)
    decision = decide(situation(), claim, NOON, verify)
    assert decision.challenge == Challenge(NONCE, PLAYER, NOON, used_at=NOON)
    assert isinstance(decision.outcome, Refusal)
    assert decision.outcome.code == "bad_signature"


def never(key: bytes, text: bytes, signature: bytes) -> bool:
    raise AssertionError("the signature is looked at although the nonce is not good")


@pytest.mark.parametrize(
    ("challenge", "code"),
    [
        (None, "nonce_unknown"),
        (Challenge(NONCE, PLAYER + 1, NOON), "nonce_foreign"),
        (Challenge(NONCE, PLAYER, NOON, used_at=NOON), "nonce_used"),
        (Challenge(NONCE, PLAYER, NOON - timedelta(minutes=5)), "nonce_expired"),
    ],
)
def test_without_a_good_nonce_nothing_is_looked_at(challenge: Challenge | None, code: str) -> None:
    for claim in (read_proof(WALLET.proof(NONCE, AT)), read_message(WALLET.message(message(raw(WALLET.address))))):
        assert isinstance(claim, Claim)
        decision = decide(replace(situation(), challenge=challenge), claim, NOON, never)
        assert decision.challenge is None
        assert isinstance(decision.outcome, Refusal)
        assert decision.outcome.code == code


def test_the_second_use_of_a_nonce_is_refused() -> None:
    claim = read_proof(WALLET.proof(NONCE, AT))
    assert isinstance(claim, Claim)
    first = decide(situation(), claim, NOON, verify)
    assert isinstance(first.outcome, Connected)
    second = decide(replace(situation(), challenge=first.challenge), claim, NOON, verify)
    assert isinstance(second.outcome, Refusal)
    assert second.outcome.code == "nonce_used"


def test_a_message_of_another_player_uses_up_nothing() -> None:
    claim = read_message(WALLET.message(message(raw(WALLET.address), telegram_id=TELEGRAM + 1)))
    assert isinstance(claim, Claim)
    decision = decide(situation(), claim, NOON, never)
    assert isinstance(decision, OwnershipDecision)
    assert decision.challenge is None
    assert isinstance(decision.outcome, Refusal)
    assert decision.outcome.code == "forbidden"


def test_the_order_of_refusals() -> None:
    """Everything is wrong at once; what is named first is put right, one after the other."""
    theirs = Wallet(OTHER, "v4r2")
    unknown = state_init(data_cell("v4r2", bytes(32)), data_cell("v4r2", bytes(32)))
    proof = theirs.proof(
        NONCE,
        AT - 901,
        "elsewhere.example",
        network="-3",
        domain_length=3,
        state_init=b64(unknown.to_boc()),
        public_key=WALLET.public_key.hex(),
        signature=b64(bytes(64)),
        address=raw(WALLET.address),
    )
    right = {
        "wrong_network": {"network": "-239"},
        "wrong_domain": {"domain": "case.example"},
        "wrong_domain_length": {"domain_length": 12},
        "proof_too_old": {"timestamp": AT},
        "unknown_wallet_code": {"state_init": b64(theirs.state_init)},
        "wrong_state_init": {"address": raw(theirs.address)},
        "wrong_wallet_key": {"public_key": theirs.public_key.hex()},
        "bad_signature": {"signature": theirs.proof(NONCE, AT).signature},
    }
    for code, fields in right.items():
        assert told(proof) == code
        proof = replace(proof, **fields)
    assert isinstance(told(proof), Connected)

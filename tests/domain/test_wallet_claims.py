"""Proofs as they come over the wire: what is read, what is malformed, and that nothing else happens."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.wallet.ownership import (
    Connected,
    SignedMessage,
    TonProof,
    read_message,
    read_proof,
)
from stickercase.domain.wallet.refusals import MalformedProof
from support.ownership import (
    AT,
    FIELDS,
    NONCE,
    TELEGRAM,
    WALLET,
    b64,
    flips,
    message,
    told,
)
from support.wallets import raw


@given(st.permutations(FIELDS))
def test_the_fields_of_a_message_stand_in_any_order(fields: list[str]) -> None:
    assert isinstance(told(WALLET.message("&".join(fields))), Connected)


@pytest.mark.parametrize(
    "text",
    [
        "\n" + message(raw(WALLET.address)),
        message(raw(WALLET.address)) + " \r\n",
        message(raw(WALLET.address)).replace(str(AT), f" {AT}\t"),
        message(raw(WALLET.address)).replace("&", " & "),
        message(raw(WALLET.address).replace(":", "%3A")),
    ],
)
def test_white_space_and_percent_encoding_are_read(text: str) -> None:
    assert isinstance(told(WALLET.message(text)), Connected)


def test_white_space_that_was_not_signed_may_stand_around() -> None:
    signed = WALLET.message(message(raw(WALLET.address)))
    assert isinstance(told(replace(signed, message=f"\n{signed.message} ")), Connected)
    assert told(replace(signed, message=signed.message.replace("&nonce", " &nonce"))) == "bad_signature"


def test_one_changed_byte_of_a_message_fails() -> None:
    text = message(raw(WALLET.address))
    signed = WALLET.message(text)
    for changed in flips(text.encode()):
        assert isinstance(told(replace(signed, message=changed.decode())), str), changed
    for changed in flips(base64.b64decode(signed.signature)):
        assert told(replace(signed, signature=b64(changed))) == "bad_signature"
    for changed in flips(base64.b64decode(signed.public_key)):
        assert told(replace(signed, public_key=b64(changed))) == "wrong_wallet_key"


@given(st.integers(0, 87), st.sampled_from("AZaz09+/-_= \n"))
def test_one_changed_character_of_a_signature_fails(place: int, sign: str) -> None:
    signed = WALLET.message(message(raw(WALLET.address)))
    changed = signed.signature[:place] + sign + signed.signature[place + 1 :]
    if changed != signed.signature:
        assert told(replace(signed, signature=changed)) in ("bad_signature", "malformed_proof")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("address", "0:ab", "address"),
        ("address", "", "address"),
        ("network", "mainnet", "network"),
        ("network", "", "network"),
        ("network", "−239", "network"),
        ("network", "-" + "9" * 11, "network"),
        ("public_key", "ab", "public_key"),
        ("public_key", "g" * 64, "public_key"),
        ("public_key", "0" * 66, "public_key"),
        ("timestamp", -1, "proof.timestamp"),
        ("timestamp", 1 << 63, "proof.timestamp"),
        ("timestamp", "-1", "proof.timestamp"),
        ("timestamp", "1e9", "proof.timestamp"),
        ("timestamp", " 1", "proof.timestamp"),
        ("timestamp", "٣", "proof.timestamp"),
        ("timestamp", "9" * 5000, "proof.timestamp"),
        ("timestamp", True, "proof.timestamp"),
        ("domain", "\ud800", "proof.domain.value"),
        ("domain", "x" * 1025, "proof.domain.value"),
        ("payload", "\udfff", "proof.payload"),
        ("payload", "x" * 1025, "proof.payload"),
        ("signature", "", "proof.signature"),
        ("signature", "A" * 84, "proof.signature"),
        ("signature", "A" * 88, "proof.signature"),
        ("signature", "!" * 86, "proof.signature"),
        ("state_init", "", "proof.state_init"),
        ("state_init", "AAAA", "proof.state_init"),
        ("state_init", "A" * 100_000, "proof.state_init"),
        ("state_init", "te6c", "proof.state_init"),
    ],
)
def test_a_malformed_proof_names_its_part(field: str, value: Any, named: str) -> None:
    refusal = read_proof(replace(WALLET.proof(NONCE, AT), **{field: value}))
    assert isinstance(refusal, MalformedProof)
    assert refusal.field == named
    assert len(refusal.problem) < 100
    assert "\n" not in refusal.problem


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "message"),
        ("wallet", "message"),
        ("&", "message"),
        (message(raw(WALLET.address)) + "&", "message"),
        (message(raw(WALLET.address)) + "&nonce=x", "message"),
        (message(raw(WALLET.address)) + "&more=x", "message"),
        (message(raw(WALLET.address)).replace("&nonce=", "&Nonce="), "message"),
        ("&".join(FIELDS[:3]), "message"),
        (message("%ff"), "message"),
        (message("\ud800"), "message"),
        (message("x" * 1024), "message"),
        (message("0:ab"), "message.wallet"),
        (message(raw(WALLET.address)).replace(str(TELEGRAM), "x"), "message.telegram_id"),
        (message(raw(WALLET.address)).replace(str(AT), ""), "message.timestamp"),
        (message(raw(WALLET.address), at=-1), "message.timestamp"),
        (message(raw(WALLET.address)).replace(str(AT), "9" * 19), "message.timestamp"),
    ],
)
def test_a_malformed_message_names_its_part(text: str, named: str) -> None:
    refusal = read_message(SignedMessage(text, b64(bytes(64)), b64(bytes(32))))
    assert isinstance(refusal, MalformedProof)
    assert refusal.field == named
    assert "\n" not in refusal.problem


@pytest.mark.parametrize(
    ("signature", "public", "named"),
    [("", b64(bytes(32)), "signature"), (b64(bytes(64)), "", "public"), (b64(bytes(64)), "00" * 32, "public")],
)
def test_a_message_has_a_key_and_a_signature(signature: str, public: str, named: str) -> None:
    refusal = read_message(SignedMessage(message(raw(WALLET.address)), signature, public))
    assert isinstance(refusal, MalformedProof)
    assert refusal.field == named


TEXTS = st.text(max_size=60)


@given(st.builds(TonProof, TEXTS, TEXTS, TEXTS, st.integers() | TEXTS, TEXTS, st.integers(), TEXTS, TEXTS, TEXTS))
def test_any_proof_is_read_or_refused(proof: TonProof) -> None:
    assert isinstance(read_proof(proof), MalformedProof)


@given(TEXTS, TEXTS, TEXTS)
def test_any_message_is_read_or_refused(text: str, signature: str, key: str) -> None:
    assert isinstance(read_message(SignedMessage(text, signature, key)), MalformedProof)


@given(st.text(max_size=200))
def test_any_text_signed_is_read_or_refused(text: str) -> None:
    assert isinstance(told(WALLET.message(text.encode(errors="replace").decode())), str)

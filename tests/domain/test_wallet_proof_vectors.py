"""Proofs of other implementations hold, and with one byte changed they do not."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ton_core import Cell as ForeignCell

from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.cells import crc32c
from stickercase.domain.wallet.contracts import Network
from stickercase.domain.wallet.ownership import (
    Connected,
    Policy,
    TonProof,
)
from support.ownership import (
    AT,
    NONCE,
    WALLET,
    b64,
    flips,
    told,
)
from support.wallets import PROOFS


def foreign(vector: dict[str, Any], **other: Any) -> TonProof:
    fields = {
        "address": vector["address"],
        "network": vector["network"] or "-239",
        "public_key": vector["publicKey"] or key_within(vector["stateInit"]),
        "timestamp": vector["timestamp"],
        "domain": vector["domain"],
        "domain_length": vector["lengthBytes"],
        "payload": vector["payload"],
        "signature": vector["signature"],
        "state_init": vector["stateInit"],
    }
    return TonProof(**{**fields, **other})


def key_within(state_init: str) -> str:
    """tonutils-go gives no key: it is the one in the StateInit of its v4r2, after 64 bits of the data."""
    data = ForeignCell.one_from_boc(base64.b64decode(state_init)).refs[1]
    return bytes(data.begin_parse().skip_bits(64).load_bytes(32)).hex()


def house_of(proof: TonProof) -> tuple[datetime, Policy]:
    """A house that the proof was made for, one second later."""
    now = datetime.fromtimestamp(int(proof.timestamp) + 1, UTC)
    return now, Policy(Network(int(proof.network)), frozenset({proof.domain}))


VECTORS = pytest.mark.parametrize("vector", PROOFS, ids=lambda vector: vector["name"])


@VECTORS
def test_foreign_proofs_hold(vector: dict[str, Any]) -> None:
    proof = foreign(vector)
    now, policy = house_of(proof)
    outcome = told(proof, now, policy)
    assert isinstance(outcome, Connected)
    assert outcome.address == parse_address(vector["address"])
    assert outcome.public_key.hex() == proof.public_key
    assert outcome.at == now


def test_foreign_proofs_are_of_four_contracts() -> None:
    outcomes = [told(foreign(vector), *house_of(foreign(vector))) for vector in PROOFS]
    names = [outcome.wallet for outcome in outcomes if isinstance(outcome, Connected)]
    assert names == ["v3r1", "v4r2", "v4r2", "v5beta", "v4r2", "v5r1"]


@VECTORS
def test_one_changed_byte_of_a_foreign_proof_fails(vector: dict[str, Any]) -> None:
    address, key = parse_address(vector["address"]), bytes.fromhex(foreign(vector).public_key)
    changes: list[tuple[str, str, list[Any]]] = [
        ("signature", "bad_signature", [b64(one) for one in flips(base64.b64decode(vector["signature"]))]),
        ("payload", "bad_signature", [one.decode() for one in flips(vector["payload"].encode())]),
        ("domain", "bad_signature", [one.decode() for one in flips(vector["domain"].encode())]),
        ("timestamp", "bad_signature", [vector["timestamp"] ^ 1 << bit for bit in range(31)]),
        ("address", "wrong_state_init", [Address(0, one).raw for one in flips(address.hash)]),
        ("address", "bad_signature", [Address(-1, address.hash).raw]),
        ("public_key", "wrong_wallet_key", [one.hex() for one in flips(key)]),
        ("state_init", "malformed_proof", [b64(one) for one in flips(base64.b64decode(vector["stateInit"]))]),
        ("domain_length", "wrong_domain_length", [vector["lengthBytes"] + by for by in (-1, 1, 256)]),
    ]
    for field, code, values in changes:
        for value in values:
            proof = foreign(vector, **{field: value})
            assert told(proof, *house_of(proof)) == code, (field, value)


@VECTORS
def test_one_changed_byte_of_a_state_init_under_a_right_checksum_fails(vector: dict[str, Any]) -> None:
    codes = set()
    for changed in flips(base64.b64decode(vector["stateInit"])[:-4]):
        summed = b64(changed + crc32c(changed).to_bytes(4, "little"))
        outcome = told(foreign(vector, state_init=summed), *house_of(foreign(vector)))
        assert isinstance(outcome, str), "a StateInit that was changed is believed"
        codes.add(outcome)
    assert codes == {"malformed_proof", "unknown_wallet_code", "wrong_state_init"}


def test_one_signature_is_not_read_in_two_ways() -> None:
    """A long domain read as a short one, a time and the nonce: only a wrong lengthBytes makes the bytes the same."""
    at = AT - 65  # its bytes are all ASCII, as a domain may have them
    long = "case.example" + struct.pack("<Q", at).decode() + NONCE[:8]
    then = struct.unpack("<Q", NONCE[8:16].encode())[0]
    honest = WALLET.proof(NONCE[16:], then, long)
    other = replace(honest, domain="case.example", timestamp=at, payload=NONCE)
    assert told(other) == "wrong_domain_length"
    assert told(replace(other, domain_length=12)) == "bad_signature"

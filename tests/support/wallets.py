"""Wallets of the tests, made by other people's code: ton-core builds contracts and addresses, PyNaCl signs."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from ton_core import (
    Address,
    Cell,
    NetworkGlobalID,
    PublicKey,
    StateInit,
    WalletV3Data,
    WalletV4Data,
    WalletV5Data,
    WalletV5SubwalletID,
)
from ton_core.contrib.contracts.codes import CONTRACT_CODES
from ton_core.contrib.contracts.versions import ContractVersion
from ton_core.contrib.types import DEFAULT_SUBWALLET_ID

from stickercase.domain.wallet.ownership import SignedMessage, TonProof

VECTORS = Path(__file__).parents[1] / "vectors"
PROOFS: list[dict[str, Any]] = json.loads((VECTORS / "ton_proof_vectors.json").read_text())["vectors"]
CODES: dict[str, dict[str, Any]] = json.loads((VECTORS / "wallet_codes.json").read_text())["codes"]

VERSIONS = {
    "v1r1": ContractVersion.WalletV1R1,
    "v1r2": ContractVersion.WalletV1R2,
    "v1r3": ContractVersion.WalletV1R3,
    "v2r1": ContractVersion.WalletV2R1,
    "v2r2": ContractVersion.WalletV2R2,
    "v3r1": ContractVersion.WalletV3R1,
    "v3r2": ContractVersion.WalletV3R2,
    "v4r1": ContractVersion.WalletV4R1,
    "v4r2": ContractVersion.WalletV4R2,
    "v5beta": ContractVersion.WalletV5Beta,
    "v5r1": ContractVersion.WalletV5R1,
    "WalletTg": ContractVersion.WalletTg,
}
MAINNET, TESTNET = -239, -3


@cache
def code_cell(name: str) -> Cell:
    """The code of a known contract, as ton-core has it."""
    return Cell.one_from_boc(CONTRACT_CODES[VERSIONS[name]])


def data_cell(name: str, public_key: bytes, network: int = MAINNET, workchain: int = 0) -> Cell:
    """The first data of a contract that wallet apps deploy, as ton-core lays it out."""
    key = PublicKey(public_key)
    if name == "v5r1":
        wallet_id = WalletV5SubwalletID(workchain=workchain, network=NetworkGlobalID(network))
        return WalletV5Data(key, wallet_id).serialize()
    kind = WalletV4Data if name.startswith("v4") else WalletV3Data
    return kind(key, subwallet_id=DEFAULT_SUBWALLET_ID + workchain).serialize()


def state_init(code: Cell, data: Cell) -> Cell:
    """The StateInit of a contract."""
    return StateInit(code=code, data=data).serialize()


def address_of(name: str, public_key: bytes, network: int = MAINNET, workchain: int = 0) -> Address:
    """Where such a wallet lies, as ton-core says."""
    data = data_cell(name, public_key, network, workchain)
    return Address((workchain, state_init(code_cell(name), data).hash))


def raw(address: Address) -> str:
    """The raw spelling, as ton-core writes it."""
    return str(address.to_str(is_user_friendly=False))


@dataclass(frozen=True, slots=True)
class Wallet:
    """Somebody's wallet: a contract and the key that was put into it."""

    key: SigningKey
    name: str = "v4r2"
    network: int = MAINNET
    workchain: int = 0

    @property
    def public_key(self) -> bytes:
        return bytes(self.key.verify_key)

    @property
    def address(self) -> Address:
        return address_of(self.name, self.public_key, self.network, self.workchain)

    @property
    def state_init(self) -> bytes:
        data = data_cell(self.name, self.public_key, self.network, self.workchain)
        return bytes(state_init(code_cell(self.name), data).to_boc(hash_crc32=True))

    def sign(self, message: bytes) -> str:
        """An Ed25519 signature in base64."""
        return base64.b64encode(self.key.sign(message).signature).decode()

    def message(self, text: str) -> SignedMessage:
        """The text, signed."""
        return SignedMessage(text, self.sign(text.encode()), base64.b64encode(self.public_key).decode())

    def proof(self, nonce: str, at: int, domain: str = "case.example", **other: Any) -> TonProof:
        """TON Connect's proof; ``other`` replaces fields of it after it was signed."""
        where = self.address
        item = b"ton-proof-item-v2/" + struct.pack(">i", where.wc) + where.hash_part
        item += struct.pack("<I", len(domain.encode())) + domain.encode() + struct.pack("<Q", at) + nonce.encode()
        digest = hashlib.sha256(b"\xff\xffton-connect" + hashlib.sha256(item).digest()).digest()
        fields: dict[str, Any] = {
            "address": raw(where),
            "network": str(self.network),
            "public_key": self.public_key.hex(),
            "timestamp": at,
            "domain": domain,
            "domain_length": len(domain.encode()),
            "payload": nonce,
            "signature": self.sign(digest),
            "state_init": base64.b64encode(self.state_init).decode(),
        }
        return TonProof(**{**fields, **other})

"""Wallets of the tests, made by other people's code: ton-core builds contracts and addresses."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

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

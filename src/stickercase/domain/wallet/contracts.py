"""The wallet contracts that are known: their code, where the key lies in their data, and the address of a key.

A contract's address is the hash of its StateInit: code and first data. So an address proves which code it has and
which key was put into it, without asking the chain. Sources: the contracts' published code (v1 to v4 in
github.com/ton-blockchain/ton, v5 in github.com/ton-blockchain/wallet-contract-v5). In words: docs/wallet.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from stickercase.domain.wallet.addresses import BASECHAIN, Address
from stickercase.domain.wallet.cells import BadCells, Cell, cell_of, read_boc

KEY_BYTES = 32
KEY_BITS = 8 * KEY_BYTES

WALLET_ID = 698_983_191
"""The default wallet id of v3 and v4 (the first four bytes of the hash of the mainnet's first block)."""


class Network(Enum):
    """The chain's global id, as TON Connect writes it."""

    MAINNET = -239
    TESTNET = -3

    @property
    def word(self) -> str:
        """``mainnet`` or ``testnet``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class WalletCode:
    """One known contract. ``key_bit`` is where its data holds the public key.

    It is None for a contract that can change its key later: its first data proves nothing.
    """

    name: str
    hash: bytes
    key_bit: int | None


def _code(name: str, code_hash: str, key_bit: int | None) -> WalletCode:
    return WalletCode(name, bytes.fromhex(code_hash), key_bit)


CODES = {
    code.hash: code
    for code in (
        _code("v1r1", "a0cfc2c48aee16a271f2cfc0b7382d81756cecb1017d077faaab3bb602f6868c", 32),
        _code("v1r2", "d4902fcc9fad74698fa8e353220a68da0dcf72e32bcb2eb9ee04217c17d3062c", 32),
        _code("v1r3", "587cc789eff1c84f46ec3797e45fc809a14ff5ae24f1e0c7a6a99cc9dc9061ff", 32),
        _code("v2r1", "5c9a5e68c108e18721a07c42f9956bfb39ad77ec6d624b60c576ec88eee65329", 32),
        _code("v2r2", "fe9530d3243853083ef2ef0b4c2908c0abf6fa1c31ea243aacaa5bf8c7d753f1", 32),
        _code("v3r1", "b61041a58a7980b946e8fb9e198e3c904d24799ffa36574ea4251c41a566f581", 64),
        _code("v3r2", "84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599", 64),
        _code("v4r1", "64dd54805522c5be8a9db59cea0105ccf0d08786ca79beb8cb79e880a8d7322d", 64),
        _code("v4r2", "feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0", 64),
        _code("v5beta", "f3d7ca53493deedac28b381986a849403cbac3d2c584779af081065af0ac4b93", 113),
        _code("v5r1", "20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f", 65),
        _code("WalletTg", "9149ae51c1e4689710cebf7830297b16acfbadb363a920a537893e7ffeeca768", None),
    )
}
"""Every known contract by the hash of its code. ``WalletTg`` is Telegram's own wallet, which can change its key."""

DEPLOYED = {"v3r1": 0, "v3r2": 0, "v4r2": 7, "v5r1": 6}
"""The contracts that wallet apps deploy for a bare key, and the depth of their code, which a hash includes."""

BY_NAME = {code.name: code for code in CODES.values()}


@dataclass(frozen=True, slots=True)
class StateInit:
    """What a contract was made of. ``hash`` is its address within a workchain."""

    code_hash: bytes
    data: Cell
    hash: bytes

    @property
    def code(self) -> WalletCode | None:
        """Which known contract this is; None when it is another."""
        return CODES.get(self.code_hash)

    def public_key(self) -> bytes | None:
        """The key in a known contract's data, None where it is not fixed. Raises :class:`BadCells` for short data."""
        code = self.code
        if code is None or code.key_bit is None:
            return None
        return self.data.uint(code.key_bit, KEY_BITS).to_bytes(KEY_BYTES, "big")


def read_state_init(boc: bytes) -> StateInit:
    """Read the StateInit in a bag of cells: code and data, no more. Raises :class:`BadCells`.

    Five bits: no split depth, nothing special, code, data, no libraries. No wallet has any other.
    """
    root = read_boc(boc)
    if root.exotic or root.bits != 5 or root.uint(0, 5) != 0b00110 or len(root.refs) != 2:
        raise BadCells("a wallet's StateInit has code and data, and nothing else")
    code, data = root.refs
    return StateInit(code.hash, data, root.hash)


def first_data(name: str, public_key: bytes, network: Network, workchain: int = BASECHAIN) -> Cell:
    """The data with which wallet apps deploy the contract ``name`` of :data:`DEPLOYED` for a key."""
    key = (int.from_bytes(public_key, "big"), KEY_BITS)
    seqno = (0, 32)
    if name == "v5r1":
        signature_allowed, extensions = (1, 1), (0, 1)
        return cell_of(signature_allowed, seqno, (v5_wallet_id(network, workchain), 32), key, extensions)
    wallet_id = (WALLET_ID + workchain, 32)
    return cell_of(seqno, wallet_id, key, (0, 1)) if name == "v4r2" else cell_of(seqno, wallet_id, key)


def v5_wallet_id(network: Network, workchain: int = BASECHAIN) -> int:
    """The default wallet id of v5r1: network id XOR (1, workchain int8, version uint8 0, number uint15 0)."""
    return (network.value & 0xFFFFFFFF) ^ (1 << 31 | (workchain & 0xFF) << 23)


def wallet_address(name: str, public_key: bytes, network: Network, workchain: int = BASECHAIN) -> Address:
    """Where the contract ``name`` of :data:`DEPLOYED` lies for a key, with the default wallet id.

    The hash of a StateInit needs the hash and the depth of the code, and not the code.
    """
    data = first_data(name, public_key, network, workchain)
    descriptors, bits = b"\x02\x01", b"\x34"  # two references; five bits 00110 and the completion tag 1
    depths = DEPLOYED[name].to_bytes(2, "big") + data.depth.to_bytes(2, "big")
    representation = descriptors + bits + depths + BY_NAME[name].hash + data.hash
    return Address(workchain, sha256(representation).digest())


def wallet_of_key(address: Address, public_key: bytes, network: Network) -> WalletCode | None:
    """The contract with which ``address`` is the wallet of a key; None when it is no wallet of that key."""
    for name in DEPLOYED:
        if wallet_address(name, public_key, network, address.workchain) == address:
            return BY_NAME[name]
    return None

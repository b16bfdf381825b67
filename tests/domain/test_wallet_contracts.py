"""Wallet contracts: key and address are bound as other implementations bind them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ton_core import Cell as ForeignCell
from ton_core import begin_cell

from stickercase.domain.wallet import contracts
from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.cells import BadCells
from stickercase.domain.wallet.contracts import (
    BY_NAME,
    DEPLOYED,
    Network,
    first_data,
    read_state_init,
    v5_wallet_id,
    wallet_address,
    wallet_of_key,
)
from support.wallets import (
    CODES,
    MAINNET,
    PROOFS,
    TESTNET,
    address_of,
    code_cell,
    data_cell,
    state_init,
)

KEYS = st.binary(min_size=32, max_size=32)
NETWORKS = st.sampled_from(Network)
WORKCHAINS = st.sampled_from([0, -1])
NAMES = st.sampled_from(sorted(DEPLOYED))


def test_known_codes_are_the_published_ones() -> None:
    ours = {code.name: (code.hash.hex(), code.key_bit) for code in contracts.CODES.values()}
    assert ours == {name: (code["code_hash"], code["public_key_bit_offset"]) for name, code in CODES.items()}


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_depth_of_a_code_is_that_of_the_code(name: str) -> None:
    assert DEPLOYED[name] == code_cell(name).get_depth()


@given(NAMES, KEYS, NETWORKS, WORKCHAINS)
def test_the_address_of_a_key_is_what_another_library_says(
    name: str, key: bytes, network: Network, workchain: int
) -> None:
    assert first_data(name, key, network, workchain).hash == data_cell(name, key, network.value, workchain).hash
    foreign = address_of(name, key, network.value, workchain)
    assert wallet_address(name, key, network, workchain) == Address(foreign.wc, foreign.hash_part)


@given(NAMES, KEYS, NETWORKS, WORKCHAINS)
def test_a_wallet_is_found_by_its_key_and_by_no_other(name: str, key: bytes, network: Network, workchain: int) -> None:
    address = wallet_address(name, key, network, workchain)
    assert wallet_of_key(address, key, network) is BY_NAME[name]
    other = bytes([key[0] ^ 1]) + key[1:]
    assert wallet_of_key(address, other, network) is None
    moved = Address(-1 - workchain, address.hash)
    assert wallet_of_key(moved, key, network) is None


@given(KEYS)
def test_only_v5_has_another_address_on_each_network(key: bytes) -> None:
    for name in DEPLOYED:
        here, there = (wallet_address(name, key, network) for network in Network)
        assert (here != there) == (name == "v5r1")


def test_wallet_ids_are_the_published_ones() -> None:
    assert v5_wallet_id(Network.MAINNET) == 2147483409
    assert v5_wallet_id(Network.MAINNET, -1) == 8388369
    assert v5_wallet_id(Network.TESTNET) == 2147483645
    assert v5_wallet_id(Network.TESTNET, -1) == 8388605
    assert (Network.MAINNET.value, Network.TESTNET.value) == (MAINNET, TESTNET)
    assert [network.word for network in Network] == ["mainnet", "testnet"]


@pytest.mark.parametrize("vector", PROOFS, ids=lambda vector: vector["name"])
def test_foreign_state_inits_are_their_addresses(vector: dict[str, Any]) -> None:
    found = read_state_init(base64.b64decode(vector["stateInit"]))
    assert found.hash == parse_address(vector["address"]).hash
    assert found.code is not None
    if vector["publicKey"] is not None:
        assert found.public_key() == bytes.fromhex(vector["publicKey"])


@given(st.sampled_from(sorted(name for name, code in CODES.items() if code["public_key_bit_offset"])), KEYS)
def test_the_key_lies_where_the_contract_keeps_it(name: str, key: bytes) -> None:
    """Not only in those that apps deploy: the key of every known contract is found at its place."""
    before = begin_cell()
    for _ in range(CODES[name]["public_key_bit_offset"]):
        before.store_bit(1)
    found = read_state_init(state_init(code_cell(name), before.store_bytes(key).end_cell()).to_boc())
    assert found.code is BY_NAME[name]
    assert found.public_key() == key


def test_a_key_that_can_change_is_none() -> None:
    found = read_state_init(state_init(code_cell("WalletTg"), begin_cell().store_bytes(bytes(99)).end_cell()).to_boc())
    assert found.code is BY_NAME["WalletTg"]
    assert found.public_key() is None


def test_an_unknown_code_has_no_key() -> None:
    found = read_state_init(state_init(ForeignCell.empty(), data_cell("v4r2", bytes(32))).to_boc())
    assert (found.code, found.public_key()) == (None, None)


def test_data_that_is_too_short_for_a_key_is_refused() -> None:
    short = begin_cell().store_bytes(bytes(8 + 31)).end_cell()
    with pytest.raises(BadCells):
        read_state_init(state_init(code_cell("v4r2"), short).to_boc()).public_key()


def _bits(bits: str, refs: int) -> bytes:
    builder = begin_cell()
    for bit in bits:
        builder.store_bit(int(bit))
    for number in range(refs):
        builder.store_ref(begin_cell().store_uint(number, 8).end_cell())
    return bytes(builder.end_cell().to_boc())


@pytest.mark.parametrize(
    ("bits", "refs"),
    [
        ("", 0),
        ("00110", 0),
        ("00110", 1),
        ("00110", 3),
        ("00100", 1),
        ("00010", 1),
        ("00111", 3),
        ("0011", 2),
        ("001100", 2),
        ("10000000110", 2),
        ("0100110", 2),
    ],
)
def test_a_state_init_is_code_and_data_and_nothing_else(bits: str, refs: int) -> None:
    assert read_state_init(_bits("00110", 2))
    with pytest.raises(BadCells):
        read_state_init(_bits(bits, refs))


def test_a_library_cell_is_no_state_init() -> None:
    library = b"\xb5\xee\x9c\x72\x01\x01\x01\x01\x00\x23\x00\x08\x42\x02" + bytes(32)
    with pytest.raises(BadCells):
        read_state_init(library)

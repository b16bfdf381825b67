"""TON addresses: what is read is what was written, and one changed character is noticed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ton_core import Address as ForeignAddress

from stickercase.domain.wallet.addresses import Address, BadAddress, parse_address, spelled_address

ADDRESSES = st.builds(Address, st.sampled_from([0, -1]), st.binary(min_size=32, max_size=32))
ZERO = Address(0, bytes(32))

# From docs.ton.org ("Smart contract addresses"), and the last two from tests of the TON SDK of github.com/tonlabs.
ACCOUNT = "0:ca6e321c7cce9ecedf0a8ca2492ec8592494aa5fb5ce0387dff96ef6af982a3e"
MASTER = "-1:fcb91a3a3816d0f7b8c2c76108b8a9bc5a6b7a55bd79f8ab101c52db29232260"
SPELLINGS = [
    (ACCOUNT, ACCOUNT, None, False),
    ("0:CA6E321C7CCE9ECEDF0A8CA2492EC8592494AA5FB5CE0387DFF96EF6AF982A3E", ACCOUNT, None, False),
    ("EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHF", ACCOUNT, True, False),
    ("EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff+W72r5gqPrHF", ACCOUNT, True, False),
    ("UQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPuwA", ACCOUNT, False, False),
    ("kQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPgpP", ACCOUNT, True, True),
    ("0QDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPleK", ACCOUNT, False, True),
    ("kf/8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15+KsQHFLbKSMiYIny", MASTER, True, True),
    ("Uf/8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15+KsQHFLbKSMiYG+9", MASTER, False, False),
]


@pytest.mark.parametrize(("text", "account", "bounceable", "testnet_only"), SPELLINGS)
def test_published_spellings(text: str, account: str, bounceable: bool | None, testnet_only: bool) -> None:
    spelled = spelled_address(text)
    assert (spelled.bounceable, spelled.testnet_only) == (bounceable, testnet_only)
    assert spelled.address.raw == account


@given(ADDRESSES)
def test_the_raw_form_comes_back(address: Address) -> None:
    assert parse_address(address.raw) == parse_address(address.raw.upper()) == address
    assert spelled_address(address.raw).bounceable is None


@given(ADDRESSES, st.booleans(), st.booleans())
def test_the_friendly_form_comes_back_in_both_alphabets(address: Address, bounceable: bool, testnet: bool) -> None:
    text = address.friendly(bounceable=bounceable, testnet=testnet)
    for spelling in (text, text.replace("-", "+").replace("_", "/")):
        spelled = spelled_address(spelling)
        assert (spelled.address, spelled.bounceable, spelled.testnet_only) == (address, bounceable, testnet)


@given(ADDRESSES, st.booleans(), st.booleans())
def test_both_forms_are_what_another_library_writes(address: Address, bounceable: bool, testnet: bool) -> None:
    foreign = ForeignAddress((address.workchain, address.hash))
    text = foreign.to_str(is_bounceable=bounceable, is_test_only=testnet)
    assert address.friendly(bounceable=bounceable, testnet=testnet) == text
    assert address.raw == foreign.to_str(is_user_friendly=False)


@given(st.binary(min_size=32, max_size=32))
def test_people_see_uq(named: bytes) -> None:
    assert Address(0, named).friendly().startswith("UQ")
    assert Address(0, named).friendly(bounceable=True).startswith("EQ")
    assert Address(0, named).friendly(testnet=True).startswith("0Q")


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \n.é"


@given(ADDRESSES, st.booleans(), st.integers(0, 47), st.sampled_from(ALPHABET))
def test_one_changed_character_of_the_friendly_form_is_noticed(
    address: Address, bounceable: bool, place: int, sign: str
) -> None:
    text = address.friendly(bounceable=bounceable)
    changed = text[:place] + sign + text[place + 1 :]
    if changed.replace("+", "-").replace("/", "_") == text:
        return  # the same character in the other alphabet
    with pytest.raises(BadAddress):
        parse_address(changed)


@given(ADDRESSES, st.integers(0, 35), st.integers(1, 255))
def test_one_changed_byte_of_the_friendly_form_is_noticed(address: Address, place: int, mask: int) -> None:
    data = bytearray(base64.urlsafe_b64decode(address.friendly()))
    data[place] ^= mask
    with pytest.raises(BadAddress):
        parse_address(base64.urlsafe_b64encode(data).decode())


def with_checksum(named: bytes) -> str:
    return base64.urlsafe_b64encode(named + crc16(named)).decode()


def crc16(data: bytes) -> bytes:
    """CRC16-XMODEM, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x1021 if value & 0x8000 else 0)) & 0xFFFF
    return value.to_bytes(2, "big")


def test_the_checksum_is_the_published_one() -> None:
    assert crc16(b"123456789").hex() == "31c3"
    assert parse_address(with_checksum(b"\x51" + bytes(33))) == ZERO


@pytest.mark.parametrize("tag", [0x00, 0x10, 0x12, 0x50, 0x71, 0x80, 0xFF])
def test_an_unknown_tag_is_refused(tag: int) -> None:
    with pytest.raises(BadAddress):
        parse_address(with_checksum(bytes([tag]) + bytes(33)))


@pytest.mark.parametrize("workchain", [1, 2, 127, 128, 254])
def test_other_workchains_are_refused(workchain: int) -> None:
    with pytest.raises(BadAddress):
        parse_address(with_checksum(b"\x51" + bytes([workchain]) + bytes(32)))
    with pytest.raises(BadAddress):
        parse_address(f"{workchain}:{'00' * 32}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0:",
        "0:ab",
        "0:" + "0" * 63,
        "0:" + "0" * 65,
        "0:" + "0" * 62 + "g0",
        "00:" + "0" * 64,
        "+0:" + "0" * 64,
        "-0:" + "0" * 64,
        "-2:" + "0" * 64,
        ":" + "0" * 64,
        "0 :" + "0" * 64,
        " 0:" + "0" * 64,
        "0:" + "0" * 64 + "\n",
        "0:" + "0" * 46,
        "０:" + "0" * 64,
        "0:" + "٠" * 64,
        ZERO.friendly()[:-1],
        ZERO.friendly() + "=",
        ZERO.friendly() + "A",
        "U" * 48,
        "\ud800" * 48,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text)


def test_two_alphabets_at_once_are_refused() -> None:
    text = "kf/8uRo6OBbQ97jCx2EIuKm8Wmt6Vb15-KsQHFLbKSMiYIny"
    with pytest.raises(BadAddress):
        parse_address(text)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_address(text)
    except BadAddress:
        return


@pytest.mark.parametrize(("workchain", "length"), [(1, 32), (-2, 32), (0, 31), (0, 33), (-1, 0)])
def test_no_other_account_can_be_named(workchain: int, length: int) -> None:
    with pytest.raises(BadAddress):
        Address(workchain, bytes(length))

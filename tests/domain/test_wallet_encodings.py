"""Base64 and hexadecimal: one value has one spelling in each alphabet, and nothing is read loosely."""

from __future__ import annotations

import base64
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.wallet.encodings import BadEncoding, base64_bytes, base64_exactly, hex_exactly

SIGNS = ascii_letters + digits + "+/"


@given(st.binary(max_size=100))
def test_both_alphabets_are_read_with_padding_and_without(data: bytes) -> None:
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert base64_bytes(text, 100) == base64_bytes(text.rstrip("="), 100) == data
        assert base64_exactly(text, len(data)) == data
        with pytest.raises(BadEncoding):
            base64_exactly(text, len(data) + 1)
    assert hex_exactly(data.hex(), len(data)) == hex_exactly(data.hex().upper(), len(data)) == data


@pytest.mark.parametrize("data", [bytes(64), bytes(range(64)), b"\xff" * 32, b"a", b"ab"])
def test_every_other_last_character_is_another_value_or_none(data: bytes) -> None:
    text = base64.b64encode(data).decode().rstrip("=")
    for sign in SIGNS.replace(text[-1], ""):
        for other in (text[:-1] + sign, text[:-1] + sign + "=" * (-len(text) % 4)):
            try:
                assert base64_bytes(other, 64) != data
            except BadEncoding:
                continue


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AB",
        "AA=",
        "AA===",
        "AAA==",
        "AAAA=",
        "=",
        "==",
        "A=AA",
        "AA==AA==",
        " AA==",
        "AA==\n",
        "A A=",
        "+_==",
        "é===",
    ],
)
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(BadEncoding):
        base64_bytes(text, 100)


@pytest.mark.parametrize("most", range(8))
def test_there_is_a_most(most: int) -> None:
    for length in range(12):
        text = base64.b64encode(bytes(length)).decode()
        if length <= most:
            assert base64_bytes(text, most) == bytes(length)
        else:
            with pytest.raises(BadEncoding):
                base64_bytes(text, most)


@pytest.mark.parametrize("text", ["", "0", "000", "0g", "0 ", " 00", "00 ", "0x", "٣٣", "0000"])
def test_what_is_no_hexadecimal_byte_is_refused(text: str) -> None:
    assert hex_exactly("0f", 1) == b"\x0f"
    with pytest.raises(BadEncoding):
        hex_exactly(text, 1)

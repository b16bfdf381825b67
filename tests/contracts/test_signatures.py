"""What the port of signatures promises: RFC 8032's own vectors hold, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from stickercase.adapters.ton.signatures import SodiumSignatures
from stickercase.ports.signatures import Signatures

# RFC 8032, section 7.1, tests 1 to 3: key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493

# The points of small order: with such a key everybody can sign anything.
SMALL = [
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "00" * 32,
    "00" * 31 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.fixture(params=[SodiumSignatures])
def signatures(request: pytest.FixtureRequest) -> Signatures:
    return request.param()


@pytest.mark.parametrize("vector", VECTORS)
def test_published_signatures_hold_and_no_changed_byte_does(
    signatures: Signatures, vector: tuple[str, str, str]
) -> None:
    key, message, signature = map(bytes.fromhex, vector)
    assert signatures.verify(key, message, signature)
    assert not signatures.verify(key, message + b"\x00", signature)
    for place in range(32):
        assert not signatures.verify(flipped(key, place), message, signature)
    for place in range(64):
        assert not signatures.verify(key, message, flipped(signature, place))
    for place in range(len(message)):
        assert not signatures.verify(key, flipped(message, place), signature)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_second_spelling_is_no_signature(signatures: Signatures, vector: tuple[str, str, str]) -> None:
    key, message, signature = map(bytes.fromhex, vector)
    response = int.from_bytes(signature[32:], "little")
    for other in (response + ORDER, response + 2 * ORDER, response + 8 * ORDER):
        assert not signatures.verify(key, message, signature[:32] + other.to_bytes(32, "little"))


@pytest.mark.parametrize("key", SMALL)
def test_keys_of_small_order_sign_nothing(signatures: Signatures, key: str) -> None:
    for first in SMALL:
        for message in (b"", b"a", b"b", b"c"):
            assert not signatures.verify(bytes.fromhex(key), message, bytes.fromhex(first) + bytes(32))


@given(st.binary(max_size=70), st.binary(max_size=20), st.binary(max_size=130))
def test_whatever_comes_is_an_answer(key: bytes, message: bytes, signature: bytes) -> None:
    assert SodiumSignatures().verify(key, message, signature) is False


@pytest.mark.parametrize(("key_length", "length"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 64), (32, 0)])
def test_other_lengths_are_no_signature(signatures: Signatures, key_length: int, length: int) -> None:
    signer = SigningKey(bytes(32))
    key, signature = bytes(signer.verify_key) + b"\x00", signer.sign(b"x").signature + b"x"
    assert signatures.verify(key[:32], b"x", signature[:64])
    assert not signatures.verify(key[:key_length], b"x", signature[:length])

"""TON addresses: raw (``workchain:64 hex digits``) and friendly (48 characters with a checksum).

Friendly is base64 of 36 bytes: a tag, the workchain as int8, the 32-byte hash of the account, and the CRC16-XMODEM
of those 34, big-endian. Source: TEP-2 (github.com/ton-blockchain/TEPs). In words: docs/wallet.md.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from stickercase.domain.wallet.encodings import BadEncoding, base64_exactly

BASECHAIN = 0
MASTERCHAIN = -1
WORKCHAINS = (BASECHAIN, MASTERCHAIN)

HASH_BYTES = 32
FRIENDLY_BYTES = 36
FRIENDLY_LENGTH = 48

BOUNCEABLE = 0x11
NON_BOUNCEABLE = 0x51
TESTNET_ONLY = 0x80

RAW = re.compile(r"(0|-1):([0-9A-Fa-f]{64})")


class BadAddress(ValueError):
    """The text is no TON address; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One account of the chain: where it lives, and the 32-byte hash that names it there."""

    workchain: int
    hash: bytes

    def __post_init__(self) -> None:
        if self.workchain not in WORKCHAINS:
            raise BadAddress(f"an address lies in workchain 0 or -1, not {self.workchain}")
        if len(self.hash) != HASH_BYTES:
            raise BadAddress(f"an address has {HASH_BYTES} bytes, not {len(self.hash)}")

    @property
    def raw(self) -> str:
        """``0:`` or ``-1:`` and 64 lower-case hexadecimal digits: the one spelling that is stored and compared."""
        return f"{self.workchain}:{self.hash.hex()}"

    def friendly(self, *, bounceable: bool = False, testnet: bool = False) -> str:
        """48 characters with a checksum. What people see is not bounceable and begins with ``UQ``.

        A wallet that was never used yet would send a *bounceable* payment back.
        """
        tag = (BOUNCEABLE if bounceable else NON_BOUNCEABLE) | (TESTNET_ONLY if testnet else 0)
        named = bytes([tag, self.workchain & 0xFF]) + self.hash
        return urlsafe_b64encode(named + checksum(named)).decode()


@dataclass(frozen=True, slots=True)
class SpelledAddress:
    """An address as somebody wrote it. ``bounceable`` is None for the raw form, which does not say."""

    address: Address
    bounceable: bool | None = None
    testnet_only: bool = False


def checksum(named: bytes) -> bytes:
    """CRC16-XMODEM (polynomial 0x1021, from 0) of a friendly address's first 34 bytes, as two bytes."""
    return binascii.crc_hqx(named, 0).to_bytes(2, "big")


def spelled_address(text: str) -> SpelledAddress:
    """Read an address in either form and either base64 alphabet. Raises :class:`BadAddress`.

    Nothing is trimmed, and nothing is filled up: ``0:ab`` is no address.
    """
    if len(text) == FRIENDLY_LENGTH:
        return _friendly(text)
    if (raw := RAW.fullmatch(text)) is None:
        raise BadAddress("an address is 0: or -1: with 64 hexadecimal digits, or 48 characters of base64")
    return SpelledAddress(Address(int(raw[1]), bytes.fromhex(raw[2])))


def parse_address(text: str) -> Address:
    """The account that ``text`` names, in either form. Raises :class:`BadAddress`."""
    return spelled_address(text).address


def _friendly(text: str) -> SpelledAddress:
    try:
        data = base64_exactly(text, FRIENDLY_BYTES)
    except BadEncoding as error:
        raise BadAddress(f"the address is {error}") from error
    named, sum_there = data[:-2], data[-2:]
    if checksum(named) != sum_there:
        raise BadAddress("the checksum of the address is wrong")
    tag = named[0] & ~TESTNET_ONLY
    if tag not in (BOUNCEABLE, NON_BOUNCEABLE):
        raise BadAddress(f"an address does not begin with the byte {named[0]:#04x}")
    address = Address(int.from_bytes(named[1:2], "big", signed=True), named[2:])
    return SpelledAddress(address, tag == BOUNCEABLE, bool(named[0] & TESTNET_ONLY))

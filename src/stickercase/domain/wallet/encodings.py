"""Base64 and hexadecimal as wallets write them. Strict: what is read has one spelling in each alphabet."""

from __future__ import annotations

import binascii
import re

STANDARD = re.compile(r"[A-Za-z0-9+/]*={0,2}")
URL_SAFE = re.compile(r"[A-Za-z0-9_-]*={0,2}")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")


class BadEncoding(ValueError):
    """The text is not what it should encode; the message says why, in a few words."""


def base64_bytes(text: str, most: int) -> bytes:
    """The bytes of base64 in the standard or the URL-safe alphabet, not in a mixture; at most ``most`` of them.

    Padding may be left out. Raises :class:`BadEncoding`, also for unused bits that are not zero: otherwise one
    value would have several spellings, and a changed character could go unnoticed.
    """
    if len(text) > 4 * (most // 3 + 1):
        raise BadEncoding(f"more than {most} bytes")
    if not (STANDARD.fullmatch(text) or URL_SAFE.fullmatch(text)):
        raise BadEncoding("not base64")
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    padded = bare + "=" * (-len(bare) % 4)
    if text.endswith("=") and len(text) != len(padded):
        raise BadEncoding("not base64: wrong padding")
    try:
        data = binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error as error:
        raise BadEncoding("not base64") from error
    if binascii.b2a_base64(data, newline=False).decode() != padded:
        raise BadEncoding("not base64: its last bits are not zero")
    if len(data) > most:
        raise BadEncoding(f"more than {most} bytes")
    return data


def base64_exactly(text: str, length: int) -> bytes:
    """The same where exactly ``length`` bytes are expected. Raises :class:`BadEncoding`."""
    return _of_length(base64_bytes(text, length), length)


def hex_exactly(text: str, length: int) -> bytes:
    """``length`` bytes written in hexadecimal, in either case. Raises :class:`BadEncoding`."""
    if len(text) > 2 * length or not HEX.fullmatch(text):
        raise BadEncoding(f"not {length} bytes in hexadecimal")
    return _of_length(bytes.fromhex(text), length)


def _of_length(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise BadEncoding(f"{len(data)} bytes instead of {length}")
    return data

"""Signatures of wallets."""

from __future__ import annotations

from typing import Protocol


class Signatures(Protocol):
    """Checks Ed25519 signatures (RFC 8032)."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (64 bytes) is that of the owner of ``public_key`` (32 bytes) over ``message``.

        Never raises: other lengths, points that are none, keys of small order and a second spelling of a good
        signature are all no signature.
        """
        ...

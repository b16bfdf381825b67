"""Ed25519 by libsodium, which refuses keys of small order and signatures that are not canonical."""

from __future__ import annotations

from nacl.bindings import crypto_sign_BYTES, crypto_sign_open, crypto_sign_PUBLICKEYBYTES
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey


class SodiumSignatures:
    """Checks Ed25519 signatures."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        if len(public_key) != crypto_sign_PUBLICKEYBYTES or len(signature) != crypto_sign_BYTES:
            return False
        try:
            crypto_sign_open(signature + message, public_key)
        except BadSignatureError:
            return False
        return True


def sign_with(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    """The public key of a seed of 32 bytes, and its signature of the message."""
    key = SigningKey(seed)
    return bytes(key.verify_key), key.sign(message).signature

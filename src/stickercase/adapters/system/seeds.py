"""Seeds from the operating system's cryptographic random generator."""

from __future__ import annotations

import secrets

from stickercase.domain.fairness import SEED_BYTES


class SystemSeeds:
    """Makes seeds nobody can guess."""

    def server_seed(self) -> bytes:
        """32 fresh random bytes."""
        return secrets.token_bytes(SEED_BYTES)

    def wallet_nonce(self) -> str:
        """24 fresh random bytes in URL-safe base64."""
        return secrets.token_urlsafe(24)

    def client_seed(self) -> str:
        """16 hexadecimal signs, for a player who has not chosen a seed yet."""
        return secrets.token_hex(8)

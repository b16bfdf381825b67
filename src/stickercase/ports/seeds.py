"""Where seeds come from."""

from __future__ import annotations

from typing import Protocol


class Seeds(Protocol):
    """Makes seeds that nobody can guess."""

    def server_seed(self) -> bytes:
        """32 bytes from a cryptographic random generator, never the same twice."""
        ...

    def wallet_nonce(self) -> str:
        """32 URL-safe characters from a cryptographic random generator: what a wallet's owner must sign."""
        ...

    def client_seed(self) -> str:
        """A first client seed for a player who has not chosen one yet."""
        ...

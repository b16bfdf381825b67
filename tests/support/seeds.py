"""Seeds that a test can foretell."""

from __future__ import annotations

from hashlib import sha256
from itertools import count


class CountingSeeds:
    """The hashes of 0, 1, 2 … under a salt; never the same twice, from any thread."""

    def __init__(self, salt: str = "") -> None:
        self._salt = salt
        self._numbers = count()

    def server_seed(self) -> bytes:
        return sha256(f"{self._salt}{next(self._numbers)}".encode()).digest()

    def wallet_nonce(self) -> str:
        return f"nonce-{next(self._numbers)}".ljust(32, "_")

    def client_seed(self) -> str:
        return f"first {next(self._numbers)}"


class GivenSeeds:
    """Hands out the given server seeds in order."""

    def __init__(self, *server_seeds: bytes, client_seed: str = "stickercase") -> None:
        self._server_seeds = iter(server_seeds)
        self._client_seed = client_seed

    def server_seed(self) -> bytes:
        return next(self._server_seeds)

    def wallet_nonce(self) -> str:
        return "n" * 32

    def client_seed(self) -> str:
        return self._client_seed

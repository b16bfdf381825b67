"""Wallets that players have connected, and the nonces they sign for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.challenges import Challenge
    from stickercase.domain.wallet.ownership import Connected


class Wallets(Protocol):
    """Wallets within one transaction. Whoever writes has locked the player's account."""

    def challenge(self, nonce: str) -> Challenge | None:
        """The challenge of a nonce, locked until the commit."""
        ...

    def newest_challenge(self, player_id: int) -> Challenge | None:
        """The challenge that the player was given last."""
        ...

    def keep_challenge(self, challenge: Challenge) -> None:
        """Write a challenge: a new one, or a known one with its use.

        The player's challenges that were issued :data:`~stickercase.domain.wallet.challenges.KEPT` before it go.
        """
        ...

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that is the player's now."""
        ...

    def connect(self, player_id: int, connected: Connected) -> None:
        """Make this the player's wallet, instead of the one there was. What was stays on record."""
        ...

    def disconnect(self, player_id: int, at: datetime) -> None:
        """The player has no wallet from now on; nothing happens where there was none."""
        ...

"""Players and their seed pairs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.fairness import SeedPair
    from stickercase.domain.players.profile import Player, Profile


class Players(Protocol):
    """Players within one transaction."""

    def find(self, telegram_id: int) -> Player | None:
        """The player with this Telegram id."""
        ...

    def create(self, profile: Profile, pair: SeedPair, at: datetime) -> tuple[Player, bool]:
        """A new player with an empty TON account and ``pair``; or the one that came into being meanwhile, and False."""
        ...

    def update(self, player_id: int, profile: Profile) -> None:
        """Replace a player's profile."""
        ...

    def show(self, player_id: int, avatar: str) -> None:
        """Have the picture that is kept under this key shown as the player's."""
        ...

    def block(self, player_id: int, blocked: bool) -> None:
        """Keep the player from playing, or let them again."""
        ...

    def live_pair(self, player_id: int) -> SeedPair | None:
        """The player's live seed pair, locked until the commit."""
        ...

    def rotate(self, player_id: int, pair: SeedPair, at: datetime) -> None:
        """Close the live pair (its server seed is revealed from now on) and make ``pair`` the live one."""
        ...

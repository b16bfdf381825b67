"""Who somebody is, by what they can prove."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.players.profile import Profile


class Identity(Protocol):
    """Checks a player's credential."""

    def profile(self, credential: str, now: datetime) -> Profile:
        """Whom the credential proves. Raises :class:`~stickercase.ports.failures.NotAuthentic`."""
        ...

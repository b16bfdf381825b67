"""Where players are met: from a proven profile to our own id of the player."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread

from stickercase.domain.players.profile import Player, Profile
from stickercase.entrypoints.http.callers import PlayerCaller

REMEMBERED = 200_000
Welcome = Callable[..., tuple[Player, bool]]


class Lobby:
    """Knows the ids of players who came before; a new one is created from the valid initData on first use."""

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome
        # An id never changes, so what is remembered never goes stale.
        self._ids: dict[int, int] = {}

    def known(self, profile: Profile) -> int | None:
        """The player's id when it was met before; costs nothing."""
        return self._ids.get(profile.telegram_id)

    def met(self, profile: Profile) -> int:
        """The player's id. May ask the database: not for the event loop."""
        known = self._ids.get(profile.telegram_id)
        if known is not None:
            return known
        player, _ = self._welcome(profile, update=False)
        if len(self._ids) >= REMEMBERED:
            self._ids.clear()
        self._ids[profile.telegram_id] = player.id
        return player.id

    async def meet(self, profile: Profile) -> int:
        """The player's id, asking the database beside the event loop where needed."""
        known = self.known(profile)
        return known if known is not None else await to_thread.run_sync(self.met, profile)


def meet(telegram_id: int | str, me: PlayerCaller, lobby: Lobby) -> int:
    """Our id of the caller, who must be the player that was named. Raises :class:`Refused`; may ask the database."""
    me.named(telegram_id)
    return lobby.met(me.profile)

"""Identify a player by a credential, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.players.profile import Profile
from stickercase.domain.refusal import Forbidden, Refused, Unauthenticated
from stickercase.ports.failures import NotAuthentic

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.identity import Identity


def identify_player(identity: Identity, clock: Clock, credential: str) -> Profile:
    """Whom ``credential`` proves. Raises :class:`Refused`: ``unauthenticated``, or ``forbidden`` for a bot."""
    try:
        profile = identity.profile(credential, clock.now())
    except NotAuthentic as error:
        raise Refused(Unauthenticated(str(error))) from error
    if profile.is_bot:
        raise Refused(Forbidden("a bot cannot be a player"))
    return profile

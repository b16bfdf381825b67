"""Wallet nonces: what a player must sign to show that a signature was made now and for this house.

A nonce is given to one player, is good for five minutes and for one use. It is used up *before* the signature is
looked at: a wrong signature costs the nonce.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from stickercase.domain.wallet.refusals import NonceExists, NonceExpired, NonceForeign, NonceUnknown, NonceUsed

LIFETIME = timedelta(minutes=5)
"""How long a nonce is good. At exactly this age it is good no more."""

KEPT = timedelta(days=1)
"""How long it is still known of a nonce that it was used. No signature is accepted for as long as that."""

NONCE = re.compile(r"[A-Za-z0-9_-]{32}")
"""32 URL-safe characters: base64 of 24 random bytes."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce, whose it is, and whether it was used."""

    nonce: str
    player_id: int
    issued_at: datetime
    used_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """From here on it is good no more."""
        return self.issued_at + LIFETIME

    def is_live(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and now < self.expires_at


def issued(last: Challenge | None, player_id: int, nonce: str, now: datetime) -> Challenge | NonceExists:
    """A new challenge with the fresh random ``nonce``; ``last`` is the player's newest one. One is live at a time."""
    if not NONCE.fullmatch(nonce):
        raise ValueError("a wallet nonce is 32 URL-safe characters")
    if last is not None and last.is_live(now):
        return NonceExists(ceil((last.expires_at - now).total_seconds()))
    return Challenge(nonce, player_id, now)


def taken(
    found: Challenge | None, player_id: int, now: datetime
) -> Challenge | NonceUnknown | NonceForeign | NonceUsed | NonceExpired:
    """The challenge after its use, to be written before anything else is looked at; ``found`` is the nonce's own.

    Refused in this order: unknown, foreign, used, expired. A refusal uses up nothing.
    """
    if found is None:
        return NonceUnknown()
    if found.player_id != player_id:
        return NonceForeign()
    if found.used_at is not None:
        return NonceUsed()
    return replace(found, used_at=now) if found.is_live(now) else NonceExpired()

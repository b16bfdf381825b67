"""Meet a player: create on first use, keep the profile up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stickercase.domain.fairness import SeedPair
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import Forbidden, Refused

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.seeds import Seeds
    from stickercase.ports.transactions import Transactions


def welcome_player(
    transactions: Transactions, clock: Clock, seeds: Seeds, profile: Profile, *, update: bool = True
) -> tuple[Player, bool]:
    """The player with this Telegram id, and whether it was just created; a known one takes the new profile.

    With ``update`` false a known player's profile is left alone (first use through initData). A profile without a
    picture says nothing of it, and the known one stays. The new player gets an
    empty TON account and a seed pair whose next server seed is already committed. Raises :class:`Refused` for a bot.
    """
    if profile.is_bot:
        raise Refused(Forbidden("a bot cannot be a player"))
    with transactions() as tx:
        known, created = tx.players.find(profile.telegram_id), False
        if known is None:
            pair = SeedPair(0, seeds.server_seed(), seeds.client_seed(), 0, seeds.server_seed())
            known, created = tx.players.create(profile, pair, clock.now())
        newest = replace(profile, image_url=profile.image_url or known.profile.image_url)
        if update and known.profile != newest:
            tx.players.update(known.id, newest)
            known = replace(known, profile=newest)
        return known, created

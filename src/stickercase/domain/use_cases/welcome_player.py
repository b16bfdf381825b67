"""Meet a player: create on first use, keep the profile up to date, have a new photo fetched."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.fairness import SeedPair
from stickercase.domain.players.photos import photo_host
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import Forbidden, Refused
from stickercase.domain.use_cases.fetch_avatar import FETCH

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.seeds import Seeds
    from stickercase.ports.transactions import Transaction, Transactions


def welcome_player(
    transactions: Transactions, clock: Clock, seeds: Seeds, profile: Profile, *, update: bool = True
) -> tuple[Player, bool]:
    """The player with this Telegram id, and whether it was just created; a known one takes the new profile.

    With ``update`` false a known player's profile is left alone but for the photo (first use through initData, where
    the photo is and which the bot does not see). A profile without a picture says nothing of it, and the known one
    stays. A photo of Telegram's that is new is fetched later, by a task. The new player gets an empty TON account and a
    seed pair whose next server seed is already committed. Raises :class:`Refused` for a bot.
    """
    if profile.is_bot:
        raise Refused(Forbidden("a bot cannot be a player"))
    with transactions() as tx:
        at = clock.now()
        known, created = tx.players.find(profile.telegram_id), False
        if known is None:
            pair = SeedPair(0, seeds.server_seed(), seeds.client_seed(), 0, seeds.server_seed())
            known, created = tx.players.create(profile, pair, at)
        before = None if created else known.profile.image_url
        newest = replace(profile if update else known.profile, image_url=profile.image_url or known.profile.image_url)
        if known.profile != newest:
            tx.players.update(known.id, newest)
            known = replace(known, profile=newest)
        if newest.image_url != before:
            _have_fetched(tx, known, at)
        return known, created


def _have_fetched(tx: Transaction, player: Player, at: datetime) -> None:
    if photo_host(player.profile.image_url) is not None:
        tx.tasks.add(FETCH, f"player:{player.id}", {"telegram_id": player.profile.telegram_id}, at, at)

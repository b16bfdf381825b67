"""Fetch a player's photo from Telegram and keep it as ours: pages of the house send nobody to strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.pictures.formats import BadPicture, picture_of
from stickercase.domain.pictures.keys import avatar_key
from stickercase.domain.use_cases.tasks import Done, Task
from stickercase.ports.failures import PhotoRefused, VendorUnavailable

if TYPE_CHECKING:
    from stickercase.ports.photos import Photos
    from stickercase.ports.pictures import Pictures
    from stickercase.ports.transactions import Transactions

FETCH = "fetch_avatar"
"""The kind of the task."""

ATTEMPTS = 8
"""After so many, within some eight minutes, the player goes without: nobody has to look into a missing photo."""


def fetch_avatar(transactions: Transactions, photos: Photos, pictures: Pictures, task: Task) -> Done:
    """Fetch the photo that the player has now, keep it, and have it shown.

    Whatever it is that cannot be taken, the player keeps the picture from before, or the stub. Safe to repeat: the
    same photo is kept under the same key. Raises :class:`VendorUnavailable` when it should be tried again.
    """
    telegram_id = task.payload["telegram_id"]
    assert isinstance(telegram_id, int), "the payload is ours"
    with transactions() as tx:
        player = tx.players.find(telegram_id)
    if player is None or player.profile.image_url is None:
        return Done("no photo")
    try:
        photo = photos.fetch(player.profile.image_url)
        picture = picture_of(photo.body, photo.media_type)
    except (PhotoRefused, BadPicture) as error:
        return Done(f"not taken: {error}")
    except VendorUnavailable as error:
        if task.attempts >= ATTEMPTS:
            return Done(f"given up: {error}")
        raise
    key = avatar_key(telegram_id, picture)
    pictures.put(key, picture)
    with transactions() as tx:
        now = tx.players.find(telegram_id)
        assert now is not None, "players are never deleted"
        # Another photo meanwhile has a task of its own, which puts it under its key and shows that.
        before, is_newest = now.avatar, now.profile.image_url == player.profile.image_url
        if is_newest and before != key:
            tx.players.show(now.id, key)
    if is_newest and before not in ("", key):
        pictures.delete(before)
    return Done(f"kept as {key}")

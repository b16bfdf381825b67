"""Which picture is shown of a player."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.players.photos import photo_host

if TYPE_CHECKING:
    from stickercase.domain.players.profile import Player
    from stickercase.ports.pictures import Pictures


def show_avatar(pictures: Pictures, stub: str, player: Player) -> str:
    """The address of the player's picture: ours, else what a service said it is, else ``stub``.

    A photo at Telegram's is shown once it is kept here, and not from there: pages of the house send nobody to others.
    """
    if player.avatar:
        return pictures.url(player.avatar)
    said = player.profile.image_url
    return said if said and photo_host(said) is None else stub

"""Players and what Telegram says of them."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TELEGRAM_ID = 2**52 - 1
"""Telegram promises that an id fits 52 bits."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What Telegram knows of a person. ``language`` is an IETF tag such as ``ru``; None where Telegram gave none."""

    telegram_id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language: str | None = None
    is_bot: bool = False
    image_url: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.telegram_id <= MAX_TELEGRAM_ID:
            raise ValueError("a Telegram id is between 1 and 2^52 − 1")


@dataclass(frozen=True, slots=True)
class Player:
    """A person who plays: ``id`` is ours, the Telegram id an attribute of the profile.

    ``avatar`` is the key of their picture among ours, empty while there is none.
    """

    id: int
    profile: Profile
    blocked: bool = False
    avatar: str = ""

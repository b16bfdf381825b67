"""Telegram initData: the signed query string a Mini App is opened with.

``hash`` is the hex HMAC-SHA256 of every other ``key=value`` pair, percent-decoded once, sorted by key and joined by
newlines (``signature`` stays in), under ``HMAC_SHA256("WebAppData", bot token)``. Source: core.telegram.org.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import datetime

from init_data_py import InitData, hash_token, sign, validate_by_hash
from init_data_py.errors import InvalidInitDataError

from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Profile
from stickercase.ports.clock import Clock
from stickercase.ports.failures import NotAuthentic

MAX_LENGTH = 4096
FUTURE_SECONDS = 60
REMEMBERED = 20_000


class TelegramInitData:
    """Checks initData for one bot. ``max_age`` is in seconds since ``auth_date``."""

    def __init__(self, bot_token: str, max_age: int) -> None:
        self._secret = hash_token(bot_token)
        self._max_age = max_age
        # A Mini App sends the same string with every request; its signature stays good, only its age moves on.
        self._proven: OrderedDict[str, tuple[int, Profile]] = OrderedDict()

    def profile(self, credential: str, now: datetime) -> Profile:
        """Whom the initData proves. Raises :class:`NotAuthentic`."""
        proven = self._proven.get(credential)
        if proven is None:
            proven = self._prove(credential)
            self._proven[credential] = proven
            while len(self._proven) > REMEMBERED:
                self._proven.popitem(last=False)
        issued_at, profile = proven
        age = now.timestamp() - issued_at
        if age > self._max_age:
            raise NotAuthentic("the initData has expired: open the Mini App again")
        if age < -FUTURE_SECONDS:
            raise NotAuthentic("the initData is dated in the future")
        return profile

    def _prove(self, credential: str) -> tuple[int, Profile]:
        if len(credential.encode(errors="replace")) > MAX_LENGTH:
            raise NotAuthentic(f"the initData is longer than {MAX_LENGTH} bytes")
        try:
            data = validate_by_hash(credential, self._secret, token_hashed=True, expires_in=None)
        except (InvalidInitDataError, RecursionError, UnicodeError) as error:
            # The library's message may quote the data: only the kind of error is told.
            raise NotAuthentic(f"the initData is not from Telegram ({type(error).__name__})") from error
        return data.auth_date, _profile(data)


def _profile(data: InitData) -> Profile:
    user = data.user
    if user is None:
        raise NotAuthentic("the initData names no user")
    if not 0 < user.id <= MAX_TELEGRAM_ID:
        raise NotAuthentic("the initData names an impossible user id")
    return Profile(
        telegram_id=user.id,
        first_name=_text(user.first_name) or "",
        last_name=_text(user.last_name),
        username=_text(user.username),
        language=_text(user.language_code),
        is_bot=bool(user.is_bot),
        image_url=_text(user.photo_url),
    )


def _text(value: object) -> str | None:
    """A text of the profile; the library passes on whatever JSON value was signed."""
    if value is not None and (not isinstance(value, str) or "\0" in value):
        raise NotAuthentic("the initData has something else than text where a text belongs")
    return value or None


def sign_init_data(bot_token: str, clock: Clock, profile: Profile) -> str:
    """initData as Telegram would sign it for ``profile`` now, for trying things out with one's own bot token."""
    user = {
        "id": profile.telegram_id,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "username": profile.username,
        "language_code": profile.language,
        "photo_url": profile.image_url,
    }
    known = {name: value for name, value in user.items() if value is not None}
    fields = {"user": json.dumps(known, ensure_ascii=False, separators=(",", ":"))}
    return sign(fields, bot_token, auth_date=clock.now())

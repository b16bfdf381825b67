"""Where pictures are kept: by keys such as ``users/1380639458.jpg``, which are parts of addresses too."""

from __future__ import annotations

import re
from hashlib import sha256

from stickercase.domain.pictures.formats import Picture

USERS, CASES, PACKS = "users", "cases", "packs"
PLUG = "plug.png"
"""The stub: what is shown where a picture is missing."""

KEY = re.compile(r"(?:users|cases|packs)/[0-9a-z][0-9a-z-]{0,99}\.(?:jpg|png|webp)", re.ASCII)
FOR_AN_HOUR, FOR_EVER = "public, max-age=3600", "public, max-age=31536000, immutable"


def is_key(text: str) -> bool:
    """Whether a picture can have this key: one folder, one plain name, nothing that leads elsewhere."""
    return KEY.fullmatch(text) is not None


def avatar_key(telegram_id: int, picture: Picture) -> str:
    """Where a player's picture is kept; a newer one takes its place."""
    return f"{USERS}/{telegram_id}.{picture.kind.extension}"


def goods_key(folder: str, number: int, picture: Picture) -> str:
    """Where the picture of a case or a pack is kept. Another picture has another key: caches show no old one."""
    return f"{folder}/{number}-{sha256(picture.body).hexdigest()[:16]}.{picture.kind.extension}"


def caching(key: str) -> str:
    """For how long what lies under a key may be cached, as ``Cache-Control`` says it."""
    return FOR_AN_HOUR if key.startswith(f"{USERS}/") or key.endswith(f"/{PLUG}") else FOR_EVER

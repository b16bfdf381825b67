"""Telegram's photos of people: where they may be fetched from.

A ``photo_url`` is ``https://t.me/i/userpic/…``, a JPEG or an SVG (core.telegram.org/bots/webapps, `WebAppUser`), and
leads on to ``cdnN.telesco.pe`` or ``cdnN.cdn-telegram.org``, where t.me keeps what its pages show.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

TELEGRAM_HOSTS = ("t.me", "telegram.me", "telegram.org", "telesco.pe", "cdn-telegram.org")
"""These hosts and those below them."""

HTTPS_PORT = 443


def photo_host(address: str | None, hosts: Sequence[str] = TELEGRAM_HOSTS) -> str | None:
    """The host of an address that a photo may be fetched from; None for every other address.

    Plain ``https`` to the usual port, without a user, to one of ``hosts`` or below it: told by whole labels, so that
    neither ``t.me.evil.example`` nor ``not-t.me`` is taken for Telegram's, and no number passes for a name.
    """
    if address is None or not address.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, HTTPS_PORT):
        return None
    host = parts.hostname or ""
    is_known = any(host == known or host.endswith(f".{known}") for known in hosts)
    return host if is_known else None

"""TonConsole's webhooks: unsigned, so that nothing in them is believed but which invoice to look at."""

from __future__ import annotations

import msgspec

MAX_ID = 200


class Notice(msgspec.Struct):
    """The one field of a webhook that is read."""

    id: str | int


def invoice_named(body: bytes) -> str | None:
    """The invoice that a webhook names; None when it names none."""
    try:
        named = str(msgspec.json.decode(body, type=Notice).id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return named if 0 < len(named) <= MAX_ID and named.isprintable() else None

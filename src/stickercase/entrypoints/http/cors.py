"""Which pages of other origins a browser lets talk to the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping

Header = tuple[bytes, bytes]

ANY = "*"
VARY: Header = (b"vary", b"origin")
EXPOSED: Header = (
    b"access-control-expose-headers",
    b"x-request-id, idempotent-replayed, retry-after, ratelimit, ratelimit-policy, etag",
)
PREFLIGHT: list[Header] = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, idempotency-key, x-request-id, x-telegram-init-data",
    ),
    (b"access-control-max-age", b"600"),
]


class Origins:
    """The origins that are let in; credentials are headers here, never cookies, so ``*`` lets in everybody safely."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = {origin.encode() for origin in allowed}
        self._any = ANY in allowed

    def headers(self, headers: Mapping[bytes, bytes]) -> list[Header]:
        """What an answer to a request with these headers says of origins."""
        if not self._allowed:
            return []
        if self._any:
            return [(b"access-control-allow-origin", b"*"), EXPOSED] if b"origin" in headers else []
        origin = headers.get(b"origin")
        if origin not in self._allowed:
            return [VARY]
        return [(b"access-control-allow-origin", origin), EXPOSED, VARY]

    def lets_ask(self, method: str, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the request is a browser's question before a request, from an origin that is let in."""
        is_question = method == "OPTIONS" and b"access-control-request-method" in headers
        return is_question and (self._any or headers.get(b"origin") in self._allowed)

"""One request from its arrival to its line in the log: what is known of it, whichever door answers."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from litestar.types import Message, Scope, Send

from stickercase.entrypoints.http.callers import NOBODY, Caller, PlayerCaller, ServiceCaller
from stickercase.entrypoints.http.request_log import RequestLine

REQUEST_ID = b"x-request-id"
SANE_ID = re.compile(rb"[!-~]{1,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER_METHOD = "OTHER"


class Visit:
    """A request under way. The scope keeps it as ``scope["visit"]``, and the caller as ``scope["user"]``."""

    __slots__ = ("_scope", "_send", "began_at", "caller", "code", "extra", "headers", "method", "request_id", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.began_at = perf_counter()
        self._scope: dict[str, Any] = scope  # type: ignore[assignment]  # a visit adds keys that no type knows
        self._send = send
        method: str = self._scope["method"]
        self.method = method if method in METHODS else OTHER_METHOD
        """The method, or one word for all that no address knows."""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = request_id(self.headers.get(REQUEST_ID))
        self.extra: list[tuple[bytes, bytes]] = [(REQUEST_ID, self.request_id.encode())]
        """Headers that the answer gets whichever door gives it."""
        self.status: int | None = None
        """The answer's, once it is begun."""
        self.code: str | None = None
        """Why the request was refused."""
        self.caller: Caller = NOBODY
        self._scope["visit"] = self

    @property
    def route(self) -> str | None:
        """The template of the address, when there is such an address; never the address itself."""
        return self._scope.get("path_template")

    @route.setter
    def route(self, template: str) -> None:
        """Put it where Litestar puts it, which does not see every request."""
        self._scope["path_template"] = template

    @property
    def player_id(self) -> int | None:
        """The Telegram id of the player who calls."""
        return self.caller.profile.telegram_id if isinstance(self.caller, PlayerCaller) else None

    @property
    def path(self) -> str:
        """The address, decoded."""
        path: str = self._scope["path"]
        return path

    @property
    def language(self) -> str | None:
        """The language of the player who calls."""
        return self.caller.profile.language if isinstance(self.caller, PlayerCaller) else None

    def come_from(self, caller: Caller) -> None:
        """Say who calls; guards and handlers find it in the scope."""
        self.caller = self._scope["user"] = caller

    def send(self, message: Message) -> Awaitable[None]:
        """ASGI's send, with the headers that every answer gets."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # A list of its own: what a handler gave may be shared by its answers.
            message["headers"] = [*message["headers"], *self.extra]
        return self._send(message)

    def line(self, seconds: float) -> RequestLine:
        """The line for the log of a request that took so long."""
        is_fault = self.status is None or self.status >= 500
        line = RequestLine(
            event="request",
            level="warning" if is_fault else "info",
            timestamp=datetime.now(UTC),
            request_id=self.request_id,
            method=self.method,
            route=self.route,
            status=self.status,
            ms=round(seconds * 1000, 3),
            code=self.code,
        )
        if isinstance(self.caller, PlayerCaller):
            line.caller, line.caller_id = "player", self.caller.profile.telegram_id
        elif isinstance(self.caller, ServiceCaller):
            line.caller, line.caller_id = "service", self.caller.name
        return line


def visit_of(scope: Any) -> Visit:
    """The visit that a scope belongs to."""
    visit: Visit = scope["visit"]
    return visit


def request_id(given: bytes | None) -> str:
    """The caller's own id when it is 1–64 visible ASCII characters, else a new one."""
    if given is not None and SANE_ID.fullmatch(given):
        return given.decode()
    return os.urandom(16).hex()

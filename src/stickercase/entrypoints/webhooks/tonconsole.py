"""TonConsole's webhooks. They are unsigned: whoever knows the address may knock, and nobody is believed.

A body is kept as it came and answered at once; a worker then asks TonConsole itself about the invoice it names. The
door stands behind the front of the API, which limits, counts and logs its requests like all others.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import structlog
from anyio import to_thread
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable

PREFIX = "/webhook/tonconsole/"
TEMPLATE = "/webhook/tonconsole/{uuid}"
"""What lines and figures call the address: never what was asked for, which may be the secret."""
MAX_BODY = 64 * 1024
SOURCE = "tonconsole"

log = structlog.get_logger("stickercase")


class TonConsoleDoor:
    """Answers POST /webhook/tonconsole/{uuid}."""

    def __init__(
        self, uuid: str, named: Callable[[bytes], str | None], receive_letter: Callable[[str, str, bytes], int]
    ) -> None:
        self._uuid = uuid.encode()
        self._named = named
        self._receive_letter = receive_letter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, behind the front: what it keeps in the scope learns the address's name, and why a knock is refused."""
        visited: dict[str, Any] = scope  # type: ignore[assignment]  # the front adds keys that no type knows
        visited["path_template"] = TEMPLATE
        status, code, message = await self._answer(scope, receive)
        visited["visit"].code = code
        told = {"status": "success"} if code is None else {"status": "error", "code": code, "message": message}
        body = msgspec.json.encode(told)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *([(b"retry-after", b"1")] if status == 503 else []),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str | None, str]:
        """Status, code of a refusal, and its message."""
        given = scope["path"].removeprefix(PREFIX).rstrip("/")
        if not hmac.compare_digest(given.encode(), self._uuid):
            return 404, "not_found", "There is no such page."
        if scope.get("method") != "POST":
            return 405, "method_not_allowed", "This address does not answer to that method."
        body = await _body(receive)
        if body is None:
            return 413, "payload_too_large", "The body is larger than this address accepts."
        if not _is_json(body):
            return 400, "invalid_request", "body: JSON is needed."
        if self._named(body) is None:
            return 200, None, ""  # well-formed, and about nothing: there is nothing to keep
        try:
            await to_thread.run_sync(partial(self._receive_letter, SOURCE, NOTICE, body))
        except (StoreUnavailable, OutcomeUnknown) as error:
            log.warning("unavailable", source=SOURCE, why=str(error))
            return 503, "unavailable", "The service cannot do this right now; try again in a moment."
        return 200, None, ""


def is_webhook(scope: Scope) -> bool:
    """Whether this door answers the request."""
    return scope["type"] == ScopeType.HTTP and scope["path"].startswith(PREFIX)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large. A connection that ends early leaves what is no JSON."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        chunks.append(message["body"])
        size += len(message["body"])
        if size > MAX_BODY:
            return None
        more = message["more_body"]
    return b"".join(chunks)


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True

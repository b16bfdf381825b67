"""The hot path's door as plain ASGI: every step of answering an opening, without a framework between.

Litestar's way to a handler costs more than deciding the opening does: see
docs/decisions/0008-a-plain-route-for-openings.md.
The operation is documented by its Litestar handler in :mod:`openings`, which comes here as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from litestar.types import Receive, Scope, Send

from stickercase.domain.refusal import Forbidden, InvalidRequest, Refusal, Refused
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.open_cases import MAX_COUNT, OpenCase
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.callers import Callers, PlayerCaller
from stickercase.entrypoints.http.errors import failure
from stickercase.entrypoints.http.lobby import Lobby
from stickercase.entrypoints.http.requests import (
    MAX_BODY,
    PayloadTooLarge,
    amount_nano,
    converted,
    decoded,
    idempotency_key,
    name_in_path,
    request_hash,
    short_text,
    whole_number,
)

Headers = dict[bytes, bytes]
JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotent-replayed", b"true")


class OpenCaseWire(msgspec.Struct):
    """What a player asks for. ``price`` (TON) and ``table_id`` are what the player was shown, where given."""

    telegram_id: int | str
    count: int = 1
    price: float | None = None
    table_id: str | None = None


@dataclass(slots=True)
class OpeningDoor:
    """Answers POST /api/cases/{name}/open."""

    callers: Callers
    lobby: Lobby
    batcher: Batcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong has the API's error shape."""
        caller: PlayerCaller | None = None
        try:
            headers = dict(scope["headers"])
            caller = self.player(headers.get(b"authorization"), headers.get(b"x-telegram-init-data"))
            body = await _body(headers, receive)
            answered = await self.open(caller, scope["path"], headers.get(b"idempotency-key"), body)
        except Exception as error:  # noqa: BLE001  # whatever it is becomes an answer, and the log has it
            status, answer, extra = failure(error, caller, scope["path"])
            await send_answer(send, status, answer, extra)
        else:
            await send_answer(send, 200, answered.answer, [REPLAYED] if answered.replayed else [])

    def player(self, authorization: bytes | None, init_data: bytes | None) -> PlayerCaller:
        """The player who calls. Raises :class:`Refused` when it is nobody, or not a player."""
        caller = self.callers.of(_text(authorization), _text(init_data))
        if not isinstance(caller, PlayerCaller):
            raise Refused(Forbidden("this is for players, with their initData"))
        return caller

    async def open(self, me: PlayerCaller, path: str, key: bytes | None, body: bytes) -> Answered:
        """Open the case that ``path`` names. Raises :class:`Refused` and what :class:`Batcher` raises."""
        plain = decoded(body)
        wish = converted(plain, OpenCaseWire)
        me.named(wish.telegram_id)
        idempotent = idempotency_key(_text(key))
        command = OpenCase(
            player_id=self.lobby.known(me.profile) or await self.lobby.meet(me.profile),
            case_name=name_in_path(case_name_of(path), "case"),
            count=whole_number(wish.count, "count", 1, MAX_COUNT),
            price_nano=amount_nano(wish.price, "price"),
            table_id=short_text(wish.table_id, "table_id", TABLE_ID_LENGTH),
            key=idempotent,
            request_hash=b"" if idempotent is None else request_hash("POST", path, plain),
        )
        outcome = await self.batcher.submit(command)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return outcome


TABLE_ID_LENGTH = 64
PREFIX, SUFFIX = "/api/cases/", "/open"


def is_opening(scope: Scope) -> bool:
    """Whether this door answers the request."""
    if scope.get("method") != "POST":
        return False
    path = scope["path"]
    return path.startswith(PREFIX) and path.rstrip("/").endswith(SUFFIX) and path.count("/") <= PREFIX.count("/") + 2


def case_name_of(path: str) -> str:
    """The case's name in the path of an opening (already percent-decoded by the server)."""
    return path.rstrip("/").removeprefix(PREFIX).removesuffix(SUFFIX)


async def _body(headers: Headers, receive: Receive) -> bytes:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > MAX_BODY:
        raise PayloadTooLarge
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(InvalidRequest("body", "the connection was closed before the body had arrived"))
        chunks.append(message["body"])
        size += len(message["body"])
        if size > MAX_BODY:
            raise PayloadTooLarge
        more = message["more_body"]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def send_answer(send: Send, status: int, body: bytes, extra: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a whole JSON answer with some headers of its own."""
    headers = [JSON, (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")

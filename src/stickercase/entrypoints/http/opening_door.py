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

from stickercase.domain.refusal import InvalidRequest, Refusal, Refused
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.open_cases import MAX_COUNT, OpenCase
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.callers import PlayerCaller, player
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
from stickercase.entrypoints.http.tally import Tally
from stickercase.entrypoints.http.visits import Visit

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

    lobby: Lobby
    batcher: Batcher
    tally: Tally

    async def __call__(self, visit: Visit, receive: Receive) -> None:
        """Answer one request. Raises what :meth:`open` raises: the front answers that, as it does everywhere."""
        me = player(visit.caller)
        body = await _body(visit.headers, receive)
        answered = await self.open(me, visit.path, visit.headers.get(b"idempotency-key"), body)
        await send_answer(visit.send, 200, answered.answer, [REPLAYED] if answered.replayed else [])

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
        if not outcome.replayed:
            self.tally.opened(command.count)
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

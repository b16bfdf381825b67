"""Where every request comes in: named, limited, timed and logged here, then shown to the door that answers it.

Plain functions and no middleware, so that openings pay for nothing else: see
docs/decisions/0010-one-front-for-both-doors.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from stickercase.entrypoints.http.addresses import Addresses
from stickercase.entrypoints.http.callers import Callers, ServiceCaller
from stickercase.entrypoints.http.cors import PREFLIGHT, Origins
from stickercase.entrypoints.http.errors import failure
from stickercase.entrypoints.http.limiter import Limiter, TooManyRequests
from stickercase.entrypoints.http.opening_door import OpeningDoor, is_opening, send_answer
from stickercase.entrypoints.http.request_log import RequestLog
from stickercase.entrypoints.http.tally import Tally
from stickercase.entrypoints.http.visits import Visit
from stickercase.entrypoints.http.window import Window

OPENING_ROUTE = "/api/cases/{name}/open"
UNLIMITED = {"/health/live", "/health/ready", "/metrics"}
"""Who watches over a process must see it at its busiest."""


@dataclass(slots=True)
class Desk:
    """What the front needs for every request."""

    callers: Callers
    addresses: Addresses
    origins: Origins
    limiter: Limiter
    tally: Tally
    log: RequestLog


class Front:
    """Sends openings straight to their door, serves what stands in the window, and leaves the rest to ``api``."""

    def __init__(self, api: ASGIApp, door: OpeningDoor, desk: Desk, window: Window) -> None:
        self._api = api
        self._door = door
        self._desk = desk
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != ScopeType.HTTP:
            await self._api(scope, receive, send)
            return
        visit = Visit(scope, send)
        try:
            await self._admit(visit, scope, receive)
        except Exception as error:  # noqa: BLE001  # whatever it is becomes an answer, and the log has it
            status, body, extra = failure(error, visit)
            if visit.status is None:
                await send_answer(visit.send, status, body, extra)
        finally:
            self._note(visit)

    async def _admit(self, visit: Visit, scope: Scope, receive: Receive) -> None:
        desk = self._desk
        visit.extra += desk.origins.headers(visit.headers)
        if desk.origins.lets_ask(visit.method, visit.headers):
            await _send_bare(visit, PREFLIGHT)
            return
        visit.come_from(desk.callers.found(visit.headers))
        opens = is_opening(scope)
        if opens:
            visit.route = OPENING_ROUTE
        await self._limit(visit, scope)
        if opens:
            await self._door(visit, receive)
        elif not await self._window.serve(scope, visit.send):
            with bound_contextvars(request_id=visit.request_id):
                await self._api(scope, receive, visit.send)

    async def _limit(self, visit: Visit, scope: Scope) -> None:
        """Raise :class:`TooManyRequests`, or let the request go on. Services are trusted with their own pace."""
        if isinstance(visit.caller, ServiceCaller) or scope["path"].rstrip("/") in UNLIMITED:
            return
        client = scope["client"]
        address = self._desk.addresses.of(client[0] if client else None, scope["headers"])
        verdict = await self._desk.limiter.verdict(visit.player_id, address)
        visit.extra += verdict.headers
        if verdict.exceeded is not None:
            raise TooManyRequests(verdict.exceeded)

    def _note(self, visit: Visit) -> None:
        seconds = perf_counter() - visit.began_at
        self._desk.tally.answered(visit.method, visit.route, visit.status, visit.code, seconds)
        self._desk.log.add(visit.line(seconds))


async def _send_bare(visit: Visit, headers: Iterable[tuple[bytes, bytes]]) -> None:
    await visit.send({"type": "http.response.start", "status": 204, "headers": list(headers)})
    await visit.send({"type": "http.response.body", "body": b"", "more_body": False})

"""The sandbox's HTTP server: one thread a connection, and full power over how an answer fails to come."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog

from stickercase.domain.wallet.addresses import Address
from stickercase.entrypoints.sandbox.chain import Chain, Verify
from stickercase.entrypoints.sandbox.control import Control
from stickercase.entrypoints.sandbox.exchange import (
    Answer,
    Now,
    Refusal,
    Request,
    Route,
    json_answer,
    refused,
    route_of,
)
from stickercase.entrypoints.sandbox.faults import Fault, FaultKind, Faults
from stickercase.entrypoints.sandbox.floors import FirstFloor, Floors
from stickercase.entrypoints.sandbox.giftly import Giftly
from stickercase.entrypoints.sandbox.notebook import Notebook
from stickercase.entrypoints.sandbox.pay_page import PayPage
from stickercase.entrypoints.sandbox.ton_api import TonApi
from stickercase.entrypoints.sandbox.tonconsole import TonConsole
from stickercase.entrypoints.sandbox.webhooks import Webhooks

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
MOST_BYTES = 1 << 20
IDLE_SECONDS = 60.0
TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the sandbox plays with: where its state lies, the tokens it accepts, whom it sends webhooks to.

    ``funds`` are accounts of the chain and the nanotons that each has to begin with; ``nfts`` are NFTs of the chain and
    their first owners.
    """

    folder: Path
    port: int
    tonconsole_token: str
    giftly_token: str
    ton_api_key: str
    webhook_url: str
    floors: Sequence[FirstFloor]
    now: Now
    verify: Verify
    funds: Mapping[Address, int] = field(default_factory=dict)
    nfts: Mapping[Address, Address] = field(default_factory=dict)


class Sandbox:
    """The server, bound to its port when it is made and serving while it is entered. Listens to this machine only.

    Raises :class:`OSError` when somebody else has the port; port 0 is any free one.
    """

    def __init__(self, scene: Scene) -> None:
        self._server = _Server((HOST, scene.port), _Connection)
        self.port: int = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self._notebook = Notebook(scene.folder / "state.sqlite")
        faults = Faults(self._notebook)
        self._webhooks = Webhooks(scene.webhook_url, self._notebook, faults)
        self._tonconsole = TonConsole(self._notebook, scene.now, scene.tonconsole_token, self._webhooks)
        giftly = Giftly(self._notebook, scene.now, scene.giftly_token)
        floors = Floors(self._notebook, scene.floors)
        self._chain = Chain(self._notebook, scene.now, scene.verify)
        for address, amount_nano in scene.funds.items():
            self._chain.endow(address, amount_nano)
        self._chain.endow_nfts(scene.nfts)
        control = Control(self._notebook, self._tonconsole, giftly, floors, self._chain, faults)
        doors = (self._tonconsole, giftly, floors, TonApi(self._chain, scene.ton_api_key), control)
        routes = [route for door in (*doors, PayPage(self._tonconsole)) for route in door.routes()]
        self._server.desk = Desk(routes, faults, self._server.stopping)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=[0.05], name="sandbox", daemon=True),
            threading.Thread(target=self._tick, name="sandbox time", daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self._webhooks.start()
        log.info("sandbox_listening", port=self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._webhooks.stop()
        for thread in self._threads:
            thread.join()
        self._notebook.close()

    def _tick(self) -> None:
        """Notice what time alone brings about, so that webhooks go out although nobody looks."""
        while not self._server.stopping.wait(TICK_SECONDS):
            self._tonconsole.tick()
            self._chain.tick()


class Silence(Exception):
    """The connection is to end without an answer."""


class Desk:
    """Takes requests to their handlers, and lets the faults happen that were asked for."""

    def __init__(self, routes: Sequence[Route], faults: Faults, stopping: threading.Event) -> None:
        self._routes, self._faults, self._stopping = routes, faults, stopping

    def answer(self, request: Request) -> Answer:
        """The answer. Raises :class:`Silence` when there is to be none."""
        if self._stopping.is_set():
            raise Silence
        found = route_of(self._routes, request.method, request.path)
        if found is None:
            return refused(404, "there is nothing here").answer
        route, groups = found
        fault = None if route.service is None else self._faults.next_of_request(route.service)

        def work() -> Answer:
            return _answered(route, request, groups)

        return work() if fault is None else self._gone_wrong(fault, work)

    def _gone_wrong(self, fault: Fault, work: Callable[[], Answer]) -> Answer:
        if fault.kind is FaultKind.TIMEOUT:
            self._stopping.wait(fault.wait_seconds)
            raise Silence
        if fault.kind is FaultKind.ERROR:
            return Answer(500, b"<html><h1>500 Internal Server Error</h1></html>", "text/html")
        answer = work()
        if fault.kind is FaultKind.LOST_ANSWER:
            raise Silence
        if fault.kind is FaultKind.DELAY:
            self._stopping.wait(fault.wait_seconds)
            return answer
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type)


def _answered(route: Route, request: Request, groups: Sequence[str]) -> Answer:
    try:
        return route.handler(request, *map(unquote, groups))
    except Refusal as refusal:
        return refusal.answer
    except Exception:
        # One request that goes wrong ends nothing else.
        log.exception("sandbox_failed", path=request.path)
        return json_answer({"error": "the sandbox has failed: see its log"}, 500)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Without it a killed sandbox's port would stay taken for a minute.
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.stopping = threading.Event()
        self.desk: Desk
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is no news."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def _exchange(self) -> None:
        try:
            answer = self.server.desk.answer(self._request())
        except Refusal as refusal:
            self.close_connection = True
            answer = refusal.answer
        except Silence:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PATCH = do_DELETE = _exchange  # noqa: N815 - the names that http.server calls

    def _request(self) -> Request:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdigit() or int(length) > MOST_BYTES:
            raise refused(413, "a body has a length of at most a mebibyte")
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(length))
        base = f"http://{HOST}:{self.server.server_address[1]}"
        return Request(self.command, parts.path.rstrip("/") or "/", query, headers, body, base)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Write no line for each request: tokens stand in their addresses."""

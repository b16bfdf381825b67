"""Hosts of Telegram's that lie on this machine: real TLS on real sockets, behind addresses of the public internet.

The names and the numbers are those that production sees. Only the last step, the connection to a number, leads here.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpcore

from stickercase.adapters.telegram.photos import TelegramPhotos

CERTIFICATE = Path(__file__).parents[1] / "vectors" / "telegram_for_tests.pem"
"""A certificate for t.me, telegram.org and the hosts below telesco.pe and cdn-telegram.org, good until 2126.

Made with ``openssl req -x509 -newkey ec``, for these tests and nothing else.
"""
PUBLIC = "149.154.167.99"
"""An address that t.me has had."""

Send = Callable[[bytes], None]
Page = Callable[[Send], None]
"""What a host does once it was asked."""


@dataclass
class Telegram:
    """What stands where, and who called: ``pages`` by host and path, ``names`` to numbers, ``dials`` as they were."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    dials: list[tuple[str, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def shows(self, address: str, body: bytes, media_type: str = "image/jpeg", **headers: str) -> str:
        """Have a host answer with these bytes; the address once more."""
        told = {"Content-Type": media_type, "Content-Length": str(len(body)), **headers}
        self.pages[address] = lambda send: send(answer(200, told) + body)
        return address

    def leads(self, address: str, to: str, status: int = 302) -> str:
        """Have a host lead on to another address."""
        self.pages[address] = lambda send: send(answer(status, {"Location": to, "Content-Length": "0"}))
        return address

    def resolve(self, host: str) -> Sequence[str]:
        """The numbers behind a name: a public one unless the test says otherwise."""
        return self.names.get(host, [PUBLIC])

    def dial(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        """A connection to this machine, whatever the number."""
        self.dials.append((address, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout=seconds)

    def photos(self, **how: float) -> TelegramPhotos:
        """What fetches from these hosts."""
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        return TelegramPhotos(resolve=self.resolve, dial=self.dial, tls=trusting, **{"seconds": 5.0, **how})  # type: ignore[arg-type]  # numbers all


def answer(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


@contextmanager
def telegram() -> Iterator[Telegram]:
    """Telegram's hosts, showing nothing yet."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shown = Telegram(listener.getsockname()[1])
        threading.Thread(target=_serve, args=(listener, tls, shown), daemon=True).start()
        yield shown
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, tls: ssl.SSLContext, shown: Telegram) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(caller, tls, shown), daemon=True).start()


def _talk(caller: socket.socket, tls: ssl.SSLContext, shown: Telegram) -> None:
    caller.settimeout(10)
    # Who hangs up on us, does; the test looks at the other end.
    with suppress(OSError), caller, tls.wrap_socket(caller, server_side=True) as secure:
        head = b""
        while b"\r\n\r\n" not in head:
            part = secure.recv(4096)
            if not part:
                return
            head += part
        lines = head.decode("latin-1").split("\r\n")
        host = next(line.partition(": ")[2] for line in lines if line.lower().startswith("host: "))
        address = f"https://{host}{lines[0].split()[1]}"
        shown.asked.append(address)
        page = shown.pages.get(address)
        if page is None:
            secure.sendall(answer(404, {"Content-Length": "0"}))
        else:
            page(secure.sendall)


def dripping(head: bytes, drop: bytes, pause: float = 0.05) -> Page:
    """Send a head, then a drop at a time for ever."""

    def drip(send: Send) -> None:
        send(head)
        while True:
            send(drop)
            time.sleep(pause)

    return drip

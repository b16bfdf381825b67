"""Fetching people's photos from Telegram, from addresses that strangers may have written.

What is connected to is the very address that was checked, and each step of a redirection is checked anew: neither a
name that resolves otherwise a moment later nor a host that sends us on leads into our own network.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin

import httpcore

from stickercase.adapters.outgoing import TOO_MANY, TROUBLE
from stickercase.domain.pictures.formats import MAX_BYTES
from stickercase.domain.players.photos import HTTPS_PORT, TELEGRAM_HOSTS, photo_host
from stickercase.ports.failures import PhotoRefused, VendorUnavailable
from stickercase.ports.photos import Photo

SECONDS = 10.0
MOST_STEPS = 3
"""So often may an address lead on to another."""
UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6; what lies outside translates to other networks, or is near (RFC 4291, RFC 6052)."""
LEADS_ON = (301, 302, 303, 307, 308)

Resolve = Callable[[str], Sequence[str]]
Dial = Callable[[str, int, float], httpcore.NetworkStream]


def resolved(host: str) -> Sequence[str]:
    """The numeric addresses of a host, as this machine sees them. Raises OSError, UnicodeError for what is no name."""
    found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def dialled(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    """A connection to a numeric address, where nothing is looked up any more."""
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=seconds)


def is_public(address: str) -> bool:
    """Whether a numeric address is somebody's on the internet: not ours, not this machine's, not a clever spelling."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv6Address) and (number not in UNICAST or number.sixtofour or number.teredo):
        return False
    return number.is_global and not number.is_multicast


class TelegramPhotos:
    """Photos from ``hosts``. One takes ``seconds`` at most, name look-up left out, and has ``most_bytes`` at most.

    ``resolve`` and ``dial`` are how names are looked up and addresses called; what may be called is decided here. The
    environment's proxy is not used: through one, nobody could tell what is connected to.
    """

    def __init__(
        self,
        *,
        hosts: Sequence[str] = TELEGRAM_HOSTS,
        resolve: Resolve = resolved,
        dial: Dial = dialled,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MAX_BYTES,
    ) -> None:
        self._hosts, self._resolve, self._dial = hosts, resolve, dial
        self._tls = tls
        self._seconds, self._most_bytes = seconds, most_bytes

    def fetch(self, address: str) -> Photo:
        """What stands at the address, or at the one that it leads to."""
        until = time.monotonic() + self._seconds
        for _ in range(MOST_STEPS + 1):
            if photo_host(address, self._hosts) is None:
                raise PhotoRefused("the address is none of Telegram's")
            found = self._asked(address, until)
            if isinstance(found, Photo):
                return found
            address = _onward(address, found)
        raise PhotoRefused("the address leads on and on")

    def _asked(self, address: str, until: float) -> Photo | str:
        """The photo, or the address to go on to."""
        network = _CheckedNetwork(self._resolve, self._dial, until)
        if self._tls is None:
            self._tls = httpcore.default_ssl_context()
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
                pool.stream("GET", address, headers={"accept": "image/*"}) as response,
            ):
                headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
                return self._taken(response.status, headers, response.iter_stream())
        except httpcore.TimeoutException as error:
            raise VendorUnavailable(f"the photo took more than {self._seconds:g} seconds") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            raise VendorUnavailable(f"the photo did not come whole ({type(error).__name__})") from error

    def _taken(self, status: int, headers: dict[bytes, str], parts: Iterable[bytes]) -> Photo | str:
        if status in LEADS_ON and b"location" in headers:
            return headers[b"location"]
        if status == TOO_MANY or status >= TROUBLE:
            raise VendorUnavailable(f"Telegram answered {status}")
        if status != 200:
            raise PhotoRefused(f"Telegram answered {status}")
        if headers.get(b"content-encoding", "identity") != "identity":
            raise PhotoRefused("it came compressed, which nobody asked for")
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._most_bytes:
                raise PhotoRefused(f"it has more than {self._most_bytes} bytes")
        return Photo(bytes(body), headers.get(b"content-type", ""))


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and lets nothing take longer than until a moment."""

    def __init__(self, resolve: Resolve, dial: Dial, until: float) -> None:
        self._resolve, self._dial, self._until = resolve, dial, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # one moment ends all
        local_address: str | None = None,  # noqa: ARG002  # as the system likes
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002  # as the system likes
    ) -> httpcore.NetworkStream:
        """A connection to the host's first address, all of which must be public."""
        try:
            addresses = self._resolve(host)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        except UnicodeError:
            raise PhotoRefused("no host can have this name") from None
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        if not all(map(is_public, addresses)):
            raise PhotoRefused("the host's name leads into a network that is not public")
        return _Hurried(self._dial(addresses[0], port, _left(self._until)), self._until)


class _Hurried(httpcore.NetworkStream):
    """A connection that is over at a moment, however busy it looks until then."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # one moment ends all
        """Some bytes."""
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # one moment ends all
        """All of these bytes."""
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # one moment ends all
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, with whom the certificate names."""
        secure = self._stream.start_tls(ssl_context, server_hostname, _left(self._until))
        return _Hurried(secure, self._until)

    def get_extra_info(self, info: str) -> object:
        """What the connection knows."""
        return self._stream.get_extra_info(info)


def _onward(address: str, found: str) -> str:
    """Where an address leads; what is no address is handed on to be refused like every other that is not Telegram's."""
    try:
        return urljoin(address, found)
    except ValueError:
        return found


def _left(until: float) -> float:
    """The seconds that are left. Raises ``httpcore.ReadTimeout`` when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left

"""Calls to vendors: bounded in time and size, repeated only where it is safe, their faults in the words of ports."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from stickercase.ports.failures import AnswerLost, Unintelligible, VendorUnavailable

MEBIBYTE = 1 << 20
SECONDS = 10.0
PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt of what may be repeated."""
THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
TOO_MANY = 429
TROUBLE = 500

# httpx logs every address, and Giftly's token stands in one.
logging.getLogger("httpx").setLevel(logging.WARNING)

T = TypeVar("T")


class TooLong(Unintelligible):
    """An answer has more bytes than are read of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answered."""

    status: int
    body: bytes

    @property
    def is_trouble(self) -> bool:
        """Whether the vendor says that it can't answer now: 429 or 5xx."""
        return self.status == TOO_MANY or self.status >= TROUBLE


class Calls:
    """Calls one vendor below ``url``. A call takes ``seconds`` at most, and an answer has ``most_bytes`` at most.

    Redirections are not followed: a token would go along. The environment's proxy is used, but not to this machine.
    """

    def __init__(
        self,
        vendor: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        pauses: Sequence[float] = PAUSES,
        most_bytes: int = MEBIBYTE,
    ) -> None:
        self.vendor = vendor
        self._url = url.rstrip("/")
        self._seconds, self._pauses, self._most_bytes = seconds, pauses, most_bytes
        by_proxy = urlsplit(url).hostname not in THIS_MACHINE
        self._client = httpx.Client(headers=headers, timeout=seconds, trust_env=by_proxy, verify=_tls())
        # A kept connection may be closed by the vendor just as it is used: one could not tell that from a lost answer.
        self._unkept = httpx.Client(
            headers=headers,
            timeout=seconds,
            trust_env=by_proxy,
            verify=_tls(),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str = "", query: Mapping[str, str] | None = None) -> Reply:
        """Ask for something, up to three times while the time lasts.

        Raises :class:`VendorUnavailable` when that was in vain.
        """
        return self._repeated("GET", path, b"", query)

    def ask(self, path: str, body: object) -> Reply:
        """Ask for something by POST, as :meth:`get` does: for what changes nothing there."""
        return self._repeated("POST", path, msgspec.json.encode(body), None)

    def send(self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None) -> Reply:
        """Send something as JSON, once. Raises :class:`AnswerLost` when the vendor may have got it.

        An answer of trouble (429, 5xx) comes back like any other.
        """
        content = b"" if body is None else msgspec.json.encode(body)
        return self._call(self._unkept, method, path, content, query)

    def _repeated(self, method: str, path: str, content: bytes, query: Mapping[str, str] | None) -> Reply:
        until = time.monotonic() + self._seconds
        for pause in self._pauses:
            try:
                return self._asked(method, path, content, query)
            except VendorUnavailable as error:
                if isinstance(error, Unintelligible) or time.monotonic() + pause >= until:
                    raise
            time.sleep(pause)
        return self._asked(method, path, content, query)

    def _asked(self, method: str, path: str, content: bytes, query: Mapping[str, str] | None) -> Reply:
        reply = self._call(self._client, method, path, content, query)
        if reply.is_trouble:
            raise VendorUnavailable(f"{self.vendor} answered {reply.status}")
        return reply

    def _call(
        self, client: httpx.Client, method: str, path: str, content: bytes, query: Mapping[str, str] | None
    ) -> Reply:
        headers = {"content-type": "application/json"} if content else {}
        until = time.monotonic() + self._seconds
        try:
            with client.stream(
                method, f"{self._url}{path}", content=content, params=query, headers=headers
            ) as response:
                return Reply(response.status_code, self._read(response, until))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise VendorUnavailable(f"{self.vendor} cannot be reached ({type(error).__name__})") from error
        except httpx.RequestError as error:
            raise AnswerLost(f"the answer of {self.vendor} was lost ({type(error).__name__})") from error
        except httpx.InvalidURL as error:
            raise VendorUnavailable(f"the address of {self.vendor} is none") from error

    def _read(self, response: httpx.Response, until: float) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > self._most_bytes:
                raise TooLong(f"{self.vendor} answered with more than {self._most_bytes} bytes")
            if time.monotonic() > until:
                raise AnswerLost(f"{self.vendor} took more than {self._seconds:g} seconds to answer")
        return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """The certificates that are trusted: reading them takes a tenth of a second, so it is done once."""
    return httpx.create_ssl_context()


def decoded(vendor: str, body: bytes, shape: type[T]) -> T:
    """The answer as ``shape``; fields that the shape does not name are ignored. Raises :class:`Unintelligible`."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        told = str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise Unintelligible(f"{vendor} answered what its documents do not describe: {told}") from error

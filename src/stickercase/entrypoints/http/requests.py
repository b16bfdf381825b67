"""Reading a request: JSON of bounded depth, and what an idempotency key is remembered with."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty

from stickercase.domain.refusal import InvalidRequest, Refused

MAX_DEPTH = 32
MAX_BODY = 64 * 1024
MAX_SERVICE_BODY = 8 * 1024 * 1024
MAX_KEY = 255


class ApiRequest(Request[Any, Any, State]):
    """A request whose JSON is refused with a clear error instead of a recursion error."""

    _plain: Any = Empty

    async def json(self) -> Any:
        """The decoded body, null when there is none. Raises :class:`Refused` for what is no JSON of depth ≤ 32."""
        if self._plain is Empty:
            self._plain = decoded(await self.body())
        return self._plain


def decoded(body: bytes) -> Any:
    """The body as plain values. Raises :class:`Refused` with ``invalid_request``."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise Refused(InvalidRequest("body", f"JSON is nested at most {MAX_DEPTH} deep"))
    try:
        return msgspec.json.decode(body or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(InvalidRequest("body", f"not JSON ({error})")) from error


class PayloadTooLarge(Exception):
    """The body is larger than the address accepts."""


T = TypeVar("T")
# Where msgspec says that a value does not fit its type.
PLACE = re.compile(r" - at `\$\.?([^`]*)`")


def converted(plain: Any, wire: type[T]) -> T:
    """Plain values as a wire struct. Raises :class:`Refused` naming the field that does not fit."""
    if not isinstance(plain, dict):
        raise Refused(InvalidRequest("body", "a JSON object is needed"))
    try:
        return msgspec.convert(plain, wire)
    except msgspec.ValidationError as error:
        raise Refused(misfit(str(error), "body")) from error


def misfit(message: str, field: str) -> InvalidRequest:
    """msgspec's message as a refusal; ``field`` where the message names no place of its own."""
    place = PLACE.search(message)
    found = place.group(1) if place and place.group(1) else field
    return InvalidRequest(found, PLACE.sub("", message).removesuffix("."))


def request_hash(method: str, path: str, body: Any) -> bytes:
    """SHA-256 over method, path without trailing slash and decoded body: never over credentials."""
    canonical = msgspec.json.encode(body, order="deterministic")
    return sha256(f"{method}\n{path.rstrip('/')}\n".encode() + canonical).digest()


def idempotency_key(value: str | None) -> str | None:
    """The header's value. Raises :class:`Refused` unless it is 1–255 visible characters."""
    if value is not None and not (1 <= len(value) <= MAX_KEY and all("!" <= sign <= "~" for sign in value)):
        raise Refused(InvalidRequest("Idempotency-Key", f"a key is 1–{MAX_KEY} visible ASCII characters"))
    return value


def whole_number(value: int | str, field: str, least: int, most: int) -> int:
    """An integer or a string of digits as a number in ``least … most``, or :class:`Refused` naming ``field``."""
    number = value if isinstance(value, int) else _digits(value)
    if number is None or not least <= number <= most:
        raise Refused(InvalidRequest(field, f"a whole number from {least} to {most}"))
    return number


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


TEXT = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"?', re.DOTALL)


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for sign in TEXT.sub(b"", body):
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest

"""Reading a request: JSON of bounded depth, and what an idempotency key is remembered with."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.domain.refusal import InvalidRequest, NotFound, Refused

MAX_DEPTH = 32
MAX_BODY = 64 * 1024
MAX_SERVICE_BODY = 8 * 1024 * 1024
MAX_KEY = 255
MAX_ID = 2**53 - 1
MAX_TEXT = 500
Amount = float | str
"""An amount of TON on the wire."""
# PostgreSQL keeps no text with a NUL, and no name or word has one.
NUL, ESCAPED_NUL = "\0", b"\\u0000"


class ApiRequest(Request[Any, Any, State]):
    """A request whose JSON is read strictly: clear errors, bounded depth, no number out of a text."""

    _plain: Any = Empty

    async def json(self) -> Any:
        """The body as the handler's ``data``. Raises :class:`Refused` for what does not fit."""
        field = self.route_handler.parsed_data_field
        # Litestar itself converts leniently, for the sake of query parameters, where everything is text.
        plain = await self.plain()
        if field is None or (plain is None and field.is_optional):
            return plain
        return converted(plain, field.annotation)

    async def plain(self) -> Any:
        """The decoded body, null when there is none. Raises :class:`Refused` for what is no JSON of depth ≤ 32."""
        if self._plain is Empty:
            self._plain = decoded(await self.body())
        return self._plain


def decoded(body: bytes) -> Any:
    """The body as plain values. Raises :class:`Refused` with ``invalid_request``."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise Refused(InvalidRequest("body", f"JSON is nested at most {MAX_DEPTH} deep"))
    try:
        plain = msgspec.json.decode(body or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(InvalidRequest("body", f"not JSON ({error})")) from error
    if ESCAPED_NUL in body and _holds_nul(plain):
        raise Refused(InvalidRequest("body", "no text holds the character NUL"))
    return plain


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))


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


def amount_nano(amount: Any, field: str, *, signed: bool = False) -> Any:
    """An amount of TON in nanotons, None for None. Raises :class:`Refused` naming ``field`` for what is no amount."""
    try:
        return None if amount is None else parse_amount(amount, signed=signed)
    except BadAmount as error:
        raise Refused(InvalidRequest(field, str(error))) from error


def name_in_path(name: str, what: str) -> str:
    """The name, or :class:`Refused` with ``not_found`` when nothing can have it: no name holds a NUL."""
    if NUL in name:
        raise Refused(NotFound(what, name))
    return name


def text_in_query(text: str | None, field: str) -> str | None:
    """The text, or :class:`Refused` when no text that is kept can be like it."""
    if text is not None and NUL in text:
        raise Refused(InvalidRequest(field, "no text holds the character NUL"))
    return text


def short_text(text: str | None, field: str, most: int) -> str | None:
    """The text, or :class:`Refused` when it is longer than ``most`` characters."""
    if text is not None and len(text) > most:
        raise Refused(InvalidRequest(field, f"at most {most} characters"))
    return text


def spoken(text: Any, field: str, *, least: int = 1) -> Any:
    """The text, None for None. Raises :class:`Refused` for one that says too little or too much."""
    if text is not None and not least <= len(text.strip()) <= MAX_TEXT:
        raise Refused(InvalidRequest(field, f"{least} to {MAX_TEXT} characters"))
    return text


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for sign in TEXT.sub(b"", body):
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest

"""Requests, answers and routes of the sandbox."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

T = TypeVar("T")
Now = Callable[[], datetime]
"""Tells the time, in UTC."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int
    body: bytes
    content_type: str = "application/json"


def json_answer(value: object, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, msgspec.json.encode(value))


class Refusal(Exception):
    """A request is not granted; ``answer`` says so in the vendor's way."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refused(status: int, message: str) -> Refusal:
    """A refusal in the way most vendors write one."""
    return Refusal(json_answer({"success": False, "message": message, "error": message}, status))


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. Names of headers are in lower case; ``base`` is the address that this server is called by."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str

    def json(self, shape: type[T]) -> T:
        """The body as ``shape``. Raises :class:`Refusal` with 400."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=shape)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise refused(400, f"the body cannot be read: {str(error)[:200]}") from error


Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """Requests of ``method`` whose whole path matches ``pattern`` go to ``handler``, groups as further arguments.

    ``service`` is the vendor's name, by which faults are asked for; None for what is the sandbox's own.
    """

    method: str
    pattern: str
    handler: Handler
    service: str | None = None


def route_of(routes: Sequence[Route], method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a request, and the groups of its path."""
    for route in routes:
        found = re.fullmatch(route.pattern, path)
        if found is not None and route.method == method:
            return route, found.groups()
    return None


def is_same(one: str, other: str) -> bool:
    """Whether two secrets are the same, told in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())

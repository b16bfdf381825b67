"""HTTP/1.1 by hand over keep-alive connections: many at once, cheap, and nothing is tidied up on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

HOST = "127.0.0.1"
ANSWER_SECONDS = 60.0


class LineLost(Exception):
    """The connection ended, or could not be made, before a whole answer had come."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; ``target`` is sent as it is, so it is percent-encoded already. Headers go out in Latin-1."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self) -> bytes:
        """What goes over the line."""
        head = {"Host": HOST, "Content-Length": str(len(self.body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class Line:
    """One connection to an API on this machine. One question at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Line:
        """Connect. Raises :class:`LineLost` when nobody listens."""
        try:
            return cls(*await asyncio.open_connection(HOST, port))
        except OSError as error:
            raise LineLost(str(error)) from error

    async def ask(self, ask: Ask) -> Answer:
        """The answer. Raises :class:`LineLost`: then it is not known whether the request arrived."""
        return await self.send(ask.encoded())

    async def send(self, request: bytes) -> Answer:
        """The answer to a request written by hand; raises as :meth:`ask` does."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._writer.write(request)
                await self._writer.drain()
                return await self._answer()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise LineLost(str(error)) from error

    async def _answer(self) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(first.split(" ", 2)[1]), headers, body)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def opened_lines(ports: Sequence[int], lines: int) -> list[Line]:
    """So many connections, spread evenly over the ports."""
    chosen = cycle(ports)
    return list(await asyncio.gather(*(Line.open(next(chosen)) for _ in range(lines))))


def at_the_same_moment(ports: Sequence[int], asks: Sequence[Ask]) -> list[Answer]:
    """Every request on a connection of its own, all sent together once all are connected; answers in order."""

    async def run() -> list[Answer]:
        lines = await opened_lines(ports, len(asks))
        try:
            return list(await asyncio.gather(*(line.ask(ask) for line, ask in zip(lines, asks, strict=True))))
        finally:
            await asyncio.gather(*(line.close() for line in lines))

    return asyncio.run(run())


def one_by_one(port: int, asks: Sequence[Ask]) -> list[Answer | None]:
    """Each request after the answer to the one before, on one connection while it lasts; None: no answer came."""

    async def run() -> list[Answer | None]:
        answers: list[Answer | None] = []
        line: Line | None = None
        for ask in asks:
            line = line or await Line.open(port)
            try:
                answers.append(await line.ask(ask))
            except LineLost:
                answers.append(None)
            last = answers[-1]
            if last is None or last.headers.get("connection") == "close":
                await line.close()
                line = None
        if line is not None:
            await line.close()
        return answers

    return asyncio.run(run())


def through(ports: Sequence[int], asks: Sequence[Ask], lines: int = 32) -> list[Answer]:
    """All requests through so many connections, each busy all the time; answers in the order of the requests."""
    answers: dict[int, Answer] = {}
    waiting: Iterator[tuple[int, Ask]] = iter(enumerate(asks))

    async def work(line: Line) -> None:
        for number, ask in waiting:
            answers[number] = await line.ask(ask)

    async def run() -> None:
        opened = await opened_lines(ports, lines)
        try:
            await asyncio.gather(*map(work, opened))
        finally:
            await asyncio.gather(*(line.close() for line in opened))

    asyncio.run(run())
    return [answers[number] for number in range(len(asks))]

"""Floors from a table that the operator keeps: CSV or JSON, in a file or at a URL.

CSV has a line of headings with ``collection``, ``pack`` and ``ton``; JSON is a list of objects with these fields, or
an object whose ``floors`` is that list.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from stickercase.adapters.floors.prices import NoPrice, price_nano
from stickercase.adapters.outgoing import MEBIBYTE, Calls, decoded
from stickercase.domain.stock.floors import Reading
from stickercase.ports.failures import Unintelligible, VendorUnavailable
from stickercase.ports.feeds import FeedRead

MOST_BYTES = 16 * MEBIBYTE
COLUMNS = ("collection", "pack", "ton")
Row = Mapping[str, object]


class FloorsWire(msgspec.Struct):
    """The JSON form with a name."""

    floors: list[object]


class TableFeed:
    """Reads the table at ``place``, a path or an ``http(s)://`` URL."""

    def __init__(self, contributor: str, place: str, *, seconds: float = 20.0) -> None:
        self._name = f"the table of {contributor}"
        self._path = None if place.startswith(("http://", "https://")) else Path(place)
        self._calls = Calls(self._name, place, seconds=seconds, most_bytes=MOST_BYTES) if self._path is None else None

    def read(self) -> FeedRead:
        """Every floor in it. Raises :class:`~stickercase.ports.failures.VendorUnavailable`."""
        return read_table(self._name, self._fetched() if self._path is None else self._file(self._path))

    def _fetched(self) -> bytes:
        assert self._calls is not None
        reply = self._calls.get()
        if not 200 <= reply.status < 300:
            raise Unintelligible(f"{self._name} was answered with {reply.status}")
        return reply.body

    def _file(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                body = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise VendorUnavailable(f"{self._name} cannot be read: {error.strerror}") from error
        if len(body) > MOST_BYTES:
            raise Unintelligible(f"{self._name} has more than {MOST_BYTES} bytes")
        return body


def read_table(name: str, body: bytes) -> FeedRead:
    """The floors in a table called ``name``. Raises :class:`Unintelligible` when it is neither CSV nor JSON."""
    is_json = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")
    readings: list[Reading] = []
    skipped: list[str] = []
    for number, row in enumerate(_json_rows(name, body) if is_json else _csv_rows(name, body), 1):
        try:
            collection, pack = _text(row, "collection"), _text(row, "pack")
        except NoPrice as error:
            skipped.append(f"row {number}: {error}")
            continue
        price: int | None = None
        try:
            price = price_nano(_number(row))
        except NoPrice as error:
            skipped.append(f"row {number}: {error}")
        readings.append(Reading(collection, pack, price, name))
    return FeedRead(readings, skipped)


def _json_rows(name: str, body: bytes) -> Iterator[Row]:
    text = body.removeprefix(b"\xef\xbb\xbf")
    rows = decoded(name, text, FloorsWire).floors if text.lstrip()[:1] == b"{" else decoded(name, text, list[object])
    yield from (row if isinstance(row, dict) else {} for row in rows)


def _csv_rows(name: str, body: bytes) -> Iterator[Row]:
    try:
        reader = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        headings = [heading.strip().casefold() for heading in next(reader, [])]
        if not set(COLUMNS) <= set(headings):
            raise Unintelligible(f"{name} has no columns {', '.join(COLUMNS)}")
        yield from (dict(zip(headings, row, strict=False)) for row in reader if row)
    except (UnicodeError, csv.Error) as error:
        raise Unintelligible(f"{name} is no CSV: {type(error).__name__}") from error


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    if not isinstance(value, str) or not value.strip():
        raise NoPrice(f"there is no {column}")
    return value.strip()


def _number(row: Row) -> Decimal:
    value = row.get("ton")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NoPrice("there is no price")
    try:
        return Decimal(value.strip() if isinstance(value, str) else repr(value))
    except (InvalidOperation, ValueError):
        raise NoPrice("the price is no number") from None

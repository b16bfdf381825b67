"""Arrays as PostgreSQL receives them in binary: packed at once, where the driver would convert element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Any

from psycopg import Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

# Object ids of the types, fixed in PostgreSQL's catalogue (pg_type.dat): element, array.
BIGINT, BIGINT_ARRAY = 20, 1016
BYTEA, BYTEA_ARRAY = 17, 1001
TEXT, TEXT_ARRAY = 25, 1009

EMPTY = Struct(">iiI")  # no dimensions, no nulls, the element's type
HEADER = Struct(">iiIii")  # one dimension, no nulls, the element's type, length, lower bound
LENGTH = Struct(">i")


@dataclass(frozen=True, slots=True)
class Bigints:
    """A ``bigint[]`` parameter."""

    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Byteas:
    """A ``bytea[]`` parameter."""

    values: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Texts:
    """A ``text[]`` parameter."""

    values: Sequence[str]


class BigintsDumper(Dumper):
    """Packs :class:`Bigints`."""

    format = Format.BINARY
    oid = BIGINT_ARRAY

    def dump(self, obj: Bigints) -> Buffer:
        """Header, then every element behind its length of 8 bytes."""
        flat = [8] * (2 * len(obj.values))
        flat[1::2] = obj.values
        return _header(BIGINT, len(obj.values)) + _elements(len(obj.values)).pack(*flat)


class ByteasDumper(Dumper):
    """Packs :class:`Byteas`."""

    format = Format.BINARY
    oid = BYTEA_ARRAY

    def dump(self, obj: Byteas) -> Buffer:
        """Header, then every element behind its length."""
        return _strings(BYTEA, obj.values)


class TextsDumper(Dumper):
    """Packs :class:`Texts`, for databases in UTF-8."""

    format = Format.BINARY
    oid = TEXT_ARRAY

    def dump(self, obj: Texts) -> Buffer:
        """Header, then every element in UTF-8 behind its length."""
        return _strings(TEXT, [value.encode() for value in obj.values])


def use_arrays(driver: Connection[Any]) -> None:
    """Let ``driver`` take these classes as parameters."""
    driver.adapters.register_dumper(Bigints, BigintsDumper)
    driver.adapters.register_dumper(Byteas, ByteasDumper)
    driver.adapters.register_dumper(Texts, TextsDumper)


def _header(element: int, length: int) -> bytes:
    return HEADER.pack(1, 0, element, length, 1) if length else EMPTY.pack(0, 0, element)


def _strings(element: int, values: Sequence[bytes]) -> bytes:
    parts = chain.from_iterable((LENGTH.pack(len(value)), value) for value in values)
    return _header(element, len(values)) + b"".join(parts)


@lru_cache(maxsize=1024)
def _elements(length: int) -> Struct:
    return Struct(">" + "iq" * length)

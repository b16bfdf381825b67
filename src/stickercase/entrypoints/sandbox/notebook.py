"""What the sandbox remembers: structs by kind and id, on disk, written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) STRICT"


class Page:
    """The notes within one transaction. The kind of a note is the name of its struct."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, shape: type[T], id: str) -> T | None:  # noqa: A002 - it is what the column is called
        """The note of that id."""
        found = self._connection.execute("SELECT body FROM notes WHERE kind = ? AND id = ?", (shape.__name__, id))
        row = found.fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=shape)

    def all(self, shape: type[T], after: str = "", before: str = "\U0010ffff") -> list[tuple[str, T]]:
        """Every note of the kind with its id, by id, strictly between these two."""
        found = self._connection.execute(
            "SELECT id, body FROM notes WHERE kind = ? AND id > ? AND id < ? ORDER BY id",
            (shape.__name__, after, before),
        )
        return [(name, msgspec.json.decode(body, type=shape)) for name, body in found.fetchall()]

    def put(self, id: str, note: msgspec.Struct) -> None:  # noqa: A002 - it is what the column is called
        """Write the note, over an older one if there is one."""
        row = (type(note).__name__, id, msgspec.json.encode(note))
        self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", row)

    def drop(self, shape: type[T], id: str) -> None:  # noqa: A002 - it is what the column is called
        """Forget the note of that id."""
        self._connection.execute("DELETE FROM notes WHERE kind = ? AND id = ?", (shape.__name__, id))


class Notebook:
    """A SQLite file. One transaction at a time: the sandbox is small."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(SCHEMA)
        self._lock = RLock()
        self._page = Page(self._connection)

    @contextmanager
    def open(self) -> Iterator[Page]:
        """A transaction: what is written in it is on disk when it ends well, and nothing of it when it does not."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._page
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._page
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

"""Looking without changing anything: a connection at one instant, its failures told in the port's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Connection, Engine

from stickercase.adapters.postgres.failures import EXPECTED, driver_of, is_lost, translated

IsolationLevel = Literal["REPEATABLE READ", "AUTOCOMMIT"]


@contextmanager
def look(engine: Engine, isolation: IsolationLevel = "REPEATABLE READ") -> Iterator[Connection]:
    """A connection on which every statement of the block sees the same instant. Raises ``StoreUnavailable``.

    ``AUTOCOMMIT`` is enough for a single statement, and saves the trips that begin and end a transaction.
    """
    try:
        connection = engine.connect().execution_options(isolation_level=isolation)
    except EXPECTED as error:
        raise translated(error) from error
    try:
        yield connection
    except EXPECTED as error:
        if not (connection.closed or connection.invalidated) and is_lost(driver_of(connection)):
            connection.invalidate()
        # The server went away: the idle connections of the pool are as dead as this one.
        if connection.invalidated:
            engine.dispose()
        raise translated(error) from error
    finally:
        connection.close()

"""What a whole database holds, in one line a table: two looks tell whether anything has moved between them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from stickercase.adapters.postgres.tables import metadata


def fingerprint(database_url: str) -> dict[str, tuple[int, int]]:
    """Rows and a hash over all of them, for every table."""
    with psycopg.connect(database_url) as connection:
        return fingerprint_on(connection)


def fingerprint_on(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """The same at one instant on a connection that is there."""
    of_one = sql.SQL("SELECT {}, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t")
    every = sql.SQL(" UNION ALL ").join(of_one.format(name, sql.Identifier(name)) for name in metadata.tables)
    return {name: (int(rows), int(hashed)) for name, rows, hashed in connection.execute(every)}

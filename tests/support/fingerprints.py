"""What a whole database holds, in one line a table: two looks tell whether anything has moved between them."""

from __future__ import annotations

import psycopg
from psycopg import sql

from stickercase.adapters.postgres.tables import metadata


def fingerprint(database_url: str) -> dict[str, tuple[int, int]]:
    """Rows and a hash over all of them, for every table."""
    query = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t")
    with psycopg.connect(database_url) as connection:
        found = {}
        for name in metadata.tables:
            row = connection.execute(query.format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = (int(row[0]), int(row[1]))
        return found

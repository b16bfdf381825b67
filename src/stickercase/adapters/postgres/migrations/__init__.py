"""The schema's history, kept by Alembic and run by ``migrate``: by ``stickercase up`` and ``stickercase migrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from stickercase.adapters.postgres.connections import connect
from stickercase.adapters.postgres.failures import translated

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it is used: only who migrates should wait for it.

# Held while migrating, so that two starts at once do not both migrate ("stickercase" in ASCII, shortened).
MIGRATION_LOCK = 0x737469636B6572


def migrate(url: str) -> str:
    """Bring the database at ``url`` to the newest schema and return that revision's name; safe to repeat.

    Raises :class:`~stickercase.ports.transactions.StoreUnavailable` when the database cannot be reached.
    """
    from alembic import command

    engine = connect(url, pool_size=1, by_key=False, statement_ms=0)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            command.upgrade(_config(connection), "head")
    except DBAPIError as error:
        raise translated(error) from error
    finally:
        engine.dispose()
    return newest()


def newest() -> str:
    """The name of the newest revision this code knows."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert head is not None
    return head


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

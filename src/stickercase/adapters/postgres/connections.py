"""Connections to PostgreSQL: pooled by SQLAlchemy, with bounds on how long anything may take."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from stickercase.adapters.postgres.arrays import use_arrays
from stickercase.adapters.postgres.failures import BAD_ADDRESS
from stickercase.ports.failures import StoreUnavailable

CONNECT_SECONDS = 5
LOCK_MS = 8_000
STATEMENT_MS = 20_000

# Transactions touch rows by key only. A plan made while a table was empty would scan it for ever after on that
# connection, so scans are priced out where they are never right.
BY_KEY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}


def connect(url: str, *, pool_size: int = 10, by_key: bool = True, statement_ms: int = STATEMENT_MS) -> Engine:
    """An engine on ``url`` (``postgresql://…``) that opens at most ``pool_size`` connections, none of them yet.

    With ``by_key`` the planner always uses indexes, as transactions want it; audits want it off.
    ``statement_ms`` bounds one statement (0: no bound). Nothing is contacted before the first use. Raises
    ``StoreUnavailable`` for an address that is none.
    """
    # Moments are shown in UTC, whatever the server or its databases are set to.
    settings = {
        "timezone": "UTC",
        "lock_timeout": str(LOCK_MS),
        "statement_timeout": str(statement_ms),
        **(BY_KEY if by_key else {}),
    }
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "stickercase",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    try:
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            connect_args=arguments,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_use_lifo=True,
            hide_parameters=True,  # seeds and answers do not belong into error messages
        )
    except ArgumentError:
        # Without the words of the error: they quote the address, and it holds a password.
        raise StoreUnavailable(BAD_ADDRESS) from None
    event.listen(engine, "connect", lambda driver, _: use_arrays(driver))
    return engine


def connections_in_use(**engines: Engine) -> dict[str, int]:
    """How many connections of each engine's pool somebody works with right now."""
    pools = {name: engine.pool for name, engine in engines.items()}
    return {name: pool.checkedout() for name, pool in pools.items() if isinstance(pool, QueuePool)}

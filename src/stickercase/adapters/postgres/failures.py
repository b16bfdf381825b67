"""What PostgreSQL's errors mean to the rest of the house."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from stickercase.ports.failures import BrokenLaw, StoreUnavailable

BAD_ADDRESS = "the address of the database cannot be used: see STICKERCASE_DATABASE_URL"
EXPECTED = (psycopg.Error, DBAPIError, PoolTimeout)


def cause_of(error: BaseException) -> BaseException:
    """The driver's own error beneath SQLAlchemy's."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error


def translated(error: Exception) -> Exception:
    """The port's exception for a driver's error before the commit: nothing has happened.

    An unexpected one (a bug in our SQL) comes back as it is.
    """
    cause = cause_of(error)
    if isinstance(cause, psycopg.IntegrityError):
        return BrokenLaw(f"the database refused to break {cause.diag.constraint_name or 'a law'}")
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return StoreUnavailable("the database has another schema than this version needs: run `stickercase migrate`")
    if isinstance(cause, psycopg.ProgrammingError) and cause.sqlstate is None:
        return StoreUnavailable(BAD_ADDRESS)  # no server has spoken: libpq knows no such option
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | PoolTimeout):
        return StoreUnavailable(f"the database did not answer as it should: {type(cause).__name__}")
    return error


def driver_of(connection: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The psycopg connection beneath SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def is_lost(driver: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Whether the connection is gone, so that the answer to a commit can no longer arrive."""
    return driver.closed or driver.broken

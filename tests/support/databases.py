"""Databases for longer than one test: copies of a template, dropped when the block ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

_numbers = count(1)


@contextmanager
def copied_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database on the server, made after ``template`` (by default an empty one)."""
    name = f"sc_copy_{os.getpid()}_{next(_numbers)}"
    _run(server_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _run(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def name_of(database_url: str) -> str:
    """The name of the database that a URL leads to."""
    return urlsplit(database_url).path.removeprefix("/")


def _run(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

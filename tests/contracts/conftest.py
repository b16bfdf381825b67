"""Every contract is kept by every adapter: the same tests run on memory and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from stickercase.adapters.postgres.connections import connect
from support.worlds import World, memory_world, postgres_world

# More than the threads of any race here.
CONNECTIONS = 40


@pytest.fixture(params=["memory", "postgres"])
def new_world(request: pytest.FixtureRequest) -> Iterator[Callable[[], World]]:
    """Makes new, empty worlds on one adapter. A database that cannot be had is an error, never a skip."""
    if request.param == "memory":
        yield memory_world
        return
    new_database: Callable[[], str] = request.getfixturevalue("new_database")
    with ExitStack() as worlds:

        def make() -> World:
            url = new_database()
            auditing = connect(url, pool_size=2, by_key=False, statement_ms=0)
            made = postgres_world(connect(url, pool_size=CONNECTIONS), auditing)
            worlds.callback(made.close)
            return made

        yield make


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    """A new, empty world."""
    return new_world()

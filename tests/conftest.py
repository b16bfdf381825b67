"""What every test may ask for: a database of its own, and Hypothesis in the mood of the house."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from psycopg import sql

from stickercase.adapters.embedded.folders import delete_outside_data
from stickercase.adapters.embedded.postgres import EmbeddedPostgres
from stickercase.adapters.embedded.redis import EmbeddedRedis
from stickercase.adapters.postgres.migrations import migrate

LONG = bool(os.environ.get("STICKERCASE_LONG"))

# The same examples every time: a red build has to be red for everybody. The long run looks for new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("long" if LONG else "house")

# Nothing here outlives the run: tests of durability start servers of their own.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


LONGEST = (
    "test_model_over_http.py",
    "test_machinery.py",
    "test_killed_processes.py",
    "test_up.py",
    "test_schema_fuzz.py",
)
"""Files that take a minute or more: dealt out first, and two that wait much do not hold up a processor each."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs for minutes, unless it is asked for; begin with the journeys, which take longest.

    Files are dealt out whole: a long one that comes last is waited for by a processor with nothing to do.
    """
    left_out = [] if LONG else [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: (item.path.name not in LONGEST, "journeys" not in item.path.parts))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A PostgreSQL server on which databases can be made: the one that the environment names, or one of our own."""
    given = os.environ.get("STICKERCASE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    try:
        with EmbeddedPostgres(folder, extra_settings=HASTY) as server:
            yield server.url
    finally:
        delete_outside_data(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder that the user of embedded servers can enter, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.iterdir():
        delete_outside_data(path)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    """A Redis for the session."""
    with EmbeddedRedis(server_folder / "redis") as server:
        yield server.url


@pytest.fixture(scope="session")
def template_database(database_url: str) -> Iterator[str]:
    """The name of a migrated, empty database to copy."""
    name = f"sc_template_{os.getpid()}"
    _run(database_url, "CREATE DATABASE {}", name)
    migrate(_url_of(database_url, name))
    yield name
    _run(database_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def new_database(database_url: str, template_database: str) -> Iterator[Callable[[], str]]:
    """Makes migrated, empty databases and gives their URLs; they are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(f"sc_test_{os.getpid()}_{next(_numbers)}")
        _run(database_url, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", made[-1], template_database)
        return _url_of(database_url, made[-1])

    yield make
    for name in made:
        _run(database_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def fresh_database(new_database: Callable[[], str]) -> str:
    """The URL of a migrated, empty database."""
    return new_database()


_numbers = count(1)


def _run(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url_of(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()

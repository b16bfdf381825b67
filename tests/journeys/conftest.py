"""Two API processes on one database for all journeys; each test brings its own players, packs and cases."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stickercase.adapters.embedded import EmbeddedPostgres, EmbeddedRedis, delete_outside_data
from stickercase.adapters.postgres.migrations import migrate
from support.api_processes import ApiProcess, Pair, Tell
from support.databases import copied_database
from support.fingerprints import fingerprint
from support.players import Operator
from support.routes import Stage, set_stage

FAULTS = ('"internal_error"', '"batch_failed"')


@pytest.fixture
def mortal_postgres() -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, as durable as `up` starts it."""
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        migrate(server.url)
        yield server
    finally:
        server.stop()
        delete_outside_data(folder)
        shutil.rmtree(folder)


@pytest.fixture
def mortal_redis() -> Iterator[EmbeddedRedis]:
    """A Redis of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    folder.chmod(0o755)
    server = EmbeddedRedis(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        delete_outside_data(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def journeys_database(database_url: str, template_database: str) -> Iterator[str]:
    """One migrated database for all journeys that can share."""
    with copied_database(database_url, template_database) as url:
        yield url


@pytest.fixture(scope="session")
def pair(journeys_database: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two API processes on one database and one folder of pictures."""
    data = {"data_dir": str(tmp_path_factory.mktemp("data"))}
    with (
        ApiProcess(journeys_database, redis_url, **data) as first,
        ApiProcess(journeys_database, redis_url, **data) as second,
    ):
        yield first, second
        for api in (first, second):
            assert api.is_alive, f"an API process died:\n{api.err.text}"


@pytest.fixture
def operator(pair: Pair) -> Operator:
    """The operator, at the first process."""
    return Operator(pair[0].client)


@pytest.fixture
def ports(pair: Pair) -> list[int]:
    """Where the two listen."""
    return [api.port for api in pair]


@pytest.fixture(scope="session")
def stage(pair: Pair) -> Stage:
    """Two players and a case that wrong requests are about: they have something to lose."""
    return set_stage(Operator(pair[0].client), pair[0].client)


@pytest.fixture
def untouched(stage: Stage, pair: Pair, journeys_database: str) -> Iterator[None]:
    """Nothing in the whole database moves while the test runs, and every law holds afterwards."""
    before = fingerprint(journeys_database)
    yield
    after = fingerprint(journeys_database)
    moved = [name for name in before if before[name] != after[name]]
    assert not moved, f"refused requests left a trace in {moved}"
    Operator(pair[1].client).assert_every_law_held()


@pytest.fixture(autouse=True)
def _no_fault_of_ours(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is right only because a failed batch was tried again is not right: the processes have no fault to log."""
    if "pair" not in request.fixturenames:
        yield
        return
    processes: Pair = request.getfixturevalue("pair")
    before = [api.err.count(*FAULTS) for api in processes]
    yield
    assert [api.err.count(*FAULTS) for api in processes] == before, "the processes logged a fault; see their output"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Say a line that is seen although output is captured: counts of what was tried and found."""
    capturing = request.config.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        with capturing.global_and_fixture_disabled():
            sys.stderr.write(f"\n  {request.node.name}: {line}\n")

    return say

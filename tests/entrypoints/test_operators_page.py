"""docs/operators.md for those who read it at a terminal: its commands do what it shows, one after another."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stickercase.entrypoints.cli.demo import stock_demo
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import Settings
from support.api_processes import environment
from support.command_line import inside
from support.databases import copied_database
from support.tours import agrees, tour

DOCS = Path(__file__).parents[2] / "docs"
STEPS = tour((DOCS / "operators.md").read_text())
PLAIN = re.compile(r"stickercase (?P<words>[^|>]*?)(?P<both> 2>&1)?(?: \| (?P<end>head|tail) -(?P<count>\d+))?")


@pytest.fixture(scope="module")
def demo(database_url: str, template_database: str) -> Iterator[str]:
    """The demo catalogue in a database."""
    with copied_database(database_url, template_database) as url:
        container = make_container(Settings(database_url=url))
        stock_demo(container)
        for engine in (container.engine(), container.reading_engine()):
            engine.dispose()
        yield url


def typed(command: str, folder: Path, **settings: str) -> str:
    """What a shell prints for a command. Plain commands of ours are spared the start of an interpreter."""
    plain = PLAIN.fullmatch(command)
    if plain is None:
        environ = environment(**settings)
        environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
        done = subprocess.run(command, shell=True, env=environ, cwd=folder, capture_output=True, text=True, timeout=60)
        return done.stdout
    run = inside(*shlex.split(plain["words"]), cwd=folder, **settings)
    lines = (run.stdout + (run.stderr if plain["both"] else "")).splitlines()
    if plain["end"]:
        count = int(plain["count"])
        lines = lines[:count] if plain["end"] == "head" else lines[-count:]
    return "\n".join(lines)


def test_a_day_at_the_house(demo: str, tmp_path: Path) -> None:
    shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    assert len(STEPS) > 20
    for command, expected in STEPS:
        found = typed(command, tmp_path, database_url=demo, data_dir=str(tmp_path / "data"))
        assert agrees(expected, found), f"$ {command}\nexpected:\n{expected}\ngot:\n{found}"

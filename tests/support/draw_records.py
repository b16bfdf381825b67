"""Public records of draws that every verifier is held to, and what `stickercase verify` says of one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from stickercase.entrypoints.cli.checks import verify

VECTORS = Path(__file__).parents[1] / "vectors" / "draw_records.json"
NO_RECORD = "this is no public record of a draw"
BAD_STEP = re.compile(r"^BAD  (.*?): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a verifier says: fair, unfair, damaged or secret, and the steps that failed."""

    verdict: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vector:
    """A record as a text, and what is to be said of it."""

    name: str
    text: str
    due: Opinion


def vectors() -> list[Vector]:
    """All of them."""
    listed: list[dict[str, Any]] = json.loads(VECTORS.read_text())["records"]
    return [Vector(each["name"], each["text"], Opinion(each["verdict"], tuple(each["failed"]))) for each in listed]


def vector(name: str) -> Vector:
    """The one of this name."""
    return next(each for each in vectors() if each.name == name)


def opinion_of_verify(content: bytes) -> Opinion:
    """What `stickercase verify` says of what it reads from standard input. Lets through what it does not expect."""
    run = CliRunner().invoke(verify, input=content)
    if run.exception is not None and not isinstance(run.exception, SystemExit):
        raise run.exception
    damaged = run.exit_code == 1 and NO_RECORD in run.output
    verdict = "damaged" if damaged else {0: "fair", 1: "unfair", 2: "secret"}[run.exit_code]
    return Opinion(verdict, tuple(BAD_STEP.findall(run.output)))

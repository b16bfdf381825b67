"""Case files to give to the analysts' commands, and how their answers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.command_line import Run

SIGMA: dict[str, Any] = {
    "name": "Sigma Case",
    "price": "90.5",
    "base_fee": 20,
    "rows": [
        {"pack": "Gold bone", "collection": "DOGS Rewards", "floor": "18900", "chance": 0.0025},
        {"pack": "Not Cap", "collection": "DOGS OG", "floor": "430.52", "chance": 0.051798642533936665},
        {"pack": "Extra Eyes", "collection": "DOGS OG", "floor": "3.413", "chance": 0.9457013574660634},
    ],
}
COIN: dict[str, Any] = {
    "name": "Coin",
    "price": 1,
    "base_fee": 20,
    "rows": [{"pack": "heads", "floor": 2, "chance": 0.4}, {"pack": "tails", "floor": 0, "chance": 0.6}],
}


def with_row(document: Mapping[str, Any], index: int, **fields: object) -> dict[str, Any]:
    """The document with other fields in one of its rows."""
    rows = [dict(row) for row in document["rows"]]
    rows[index] |= fields
    return {**document, "rows": rows}


def written(folder: Path, document: object, name: str = "case.json") -> str:
    """The path of a JSON file that holds the document."""
    path = folder / name
    path.write_text(json.dumps(document))
    return str(path)


TABLE_ID = "e03cefa1c035ba0011d177075476751649856cf2cf58991c3da6969edd5c3dd4"
SIGMA_FEE = 19.58228694282642
DEARER = with_row(SIGMA, 1, floor="560")
CERTAIN = with_row(with_row(COIN, 0, chance=0.5), 1, chance=0.5)
IMPOSSIBLE = with_row(COIN, 0, floor=1)
HUGE_PRIZE = {
    "name": "Rare",
    "price": 10,
    "base_fee": 20,
    "rows": [
        {"pack": "prize", "floor": 10_000, "chance": 1e-5},
        {"pack": "most", "floor": 9, "chance": 0.9},
        {"pack": "rest", "floor": 5, "chance": 0.09999},
    ],
}


def sentence(run: Run, *words: str) -> str:
    """What a command says when it cannot: one sentence on standard error, exit status 2, nothing else."""
    assert (run.returncode, run.stdout) == (2, ""), (run.returncode, run.stdout, run.stderr)
    told = run.stderr.strip()
    assert told.startswith("stickercase: ")
    assert "\n" not in told, told
    assert [word for word in words if word not in told] == [], told
    return told


def answer(run: Run) -> Any:
    """The JSON document of a command that succeeded."""
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    return json.loads(run.stdout)


def text(run: Run) -> str:
    """What a command that succeeded printed, with single spaces."""
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    return re.sub(r" +", " ", run.stdout)

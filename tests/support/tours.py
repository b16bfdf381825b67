"""Console blocks of documents: the commands that a reader would type, and what the document says they print."""

from __future__ import annotations

import re

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tour(markdown: str) -> list[tuple[str, str]]:
    """``(command, expected output)`` of every console block, in order."""
    steps: list[tuple[str, str]] = []
    for block in BLOCK.findall(markdown):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            steps.append((command, expected.strip()))
    return steps


def agrees(expected: str, found: str) -> bool:
    """Whether ``found`` is ``expected``, where ``…`` stands for anything."""
    pattern = ".*".join(map(re.escape, expected.split("…")))
    return re.fullmatch(pattern, found.strip().replace("\r", ""), re.DOTALL) is not None

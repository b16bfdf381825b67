"""The domain needs nothing but the standard library, and is there at once."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import stickercase.domain

LIMIT_MS = 60
ALL_LIMIT_MS = 300
"""For everything below as well: mostly dataclasses being made."""

SCRIPT = """
import importlib, json, sys, time
before = set(sys.modules)
start = time.process_time()
for name in sys.argv[1:]:
    importlib.import_module(name)
spent = time.process_time() - start
print(json.dumps([spent * 1000, sorted(set(sys.modules) - before)]))
"""


def _modules() -> list[str]:
    """``stickercase.domain`` and everything below it."""
    package = stickercase.domain
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    assert len(found) > 20
    return [package.__name__, *found]


def _import(names: list[str]) -> tuple[float, set[str]]:
    """Milliseconds of the processor that importing ``names`` takes in a new interpreter, and what it loads."""
    result = subprocess.run([sys.executable, "-c", SCRIPT, *names], capture_output=True, text=True, check=True)
    spent, loaded = json.loads(result.stdout)
    return spent, set(loaded)


def _foreign(loaded: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"stickercase"}


def test_the_domain_loads_no_third_party_module() -> None:
    _, loaded = _import(_modules())
    assert set(_modules()) <= loaded
    assert _foreign(loaded) == set()
    assert not {name for name in loaded if name.startswith(("stickercase.adapters", "stickercase.entrypoints"))}


def test_a_third_party_module_would_be_noticed() -> None:
    _, loaded = _import(["stickercase.domain", "msgspec"])
    assert "msgspec" in _foreign(loaded)


@pytest.mark.parametrize(("names", "limit_ms"), [(["stickercase.domain"], LIMIT_MS), (_modules(), ALL_LIMIT_MS)])
def test_the_domain_is_there_at_once(names: list[str], limit_ms: float) -> None:
    """Net of the interpreter's own start; the fastest of five, in time of the processor: others may need it too."""
    assert min(_import(names)[0] for _ in range(5)) < limit_ms

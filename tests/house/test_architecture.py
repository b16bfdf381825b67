"""The arrows between modules: .importlinter holds, can fail, and is completed by what an import alone can't show."""

import ast
import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "stickercase"
CONTRACTS = ROOT / ".importlinter"
USE_CASES = "stickercase.domain.use_cases"
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

FAULTS = [
    ("Arrows point inward", "domain/money.py", "import stickercase.adapters.memory"),
    ("Arrows point inward", "referrals/__init__.py", ""),
    ("Contexts meet only in use cases", "domain/cases/pricing.py", "import stickercase.domain.ledger.laws"),
    ("Contexts meet only in use cases", "domain/referrals/__init__.py", ""),
    (
        "Only use cases, adapters and the container speak through ports",
        "domain/ledger/laws.py",
        "import stickercase.ports.clock",
    ),
    ("Nothing beneath the use cases calls them", "domain/ledger/laws.py", f"import {USE_CASES}.once"),
    ("Only the container picks adapters", "entrypoints/settings/struct.py", "import stickercase.adapters.memory"),
    ("Doors do not open into each other", "entrypoints/settings/struct.py", "import stickercase.entrypoints.app"),
    ("Doors do not open into each other", "entrypoints/telephone.py", ""),
    ("Adapters do not know one another", "adapters/memory/__init__.py", "import stickercase.adapters.postgres"),
    ("Adapters do not know one another", "adapters/carrier_pigeons/__init__.py", ""),
    ("The domain and its ports are plain Python", "domain/fairness.py", "import random"),
    ("The domain and its ports are plain Python", "ports/clock.py", "from time import time"),
    ("No cycles inside any room", "domain/ledger/accounts.py", "import stickercase.domain.ledger.transfers"),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Lint the package that lies in ``folder/src`` by the contracts in ``folder``."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    return subprocess.run([sys.executable, "-c", LINT], cwd=folder, env=environment, capture_output=True, text=True)


def _copy_with(folder: Path, file: str, line: str) -> Path:
    copy = folder / "src" / "stickercase"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONTRACTS, folder)
    target = copy / file
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a") as opened:
        opened.write(f"\n{line}\n")
    return folder


def test_the_arrows_hold() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("contract", "file", "line"), FAULTS, ids=[f"{file}: {line}" for _, file, line in FAULTS])
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, contract: str, file: str, line: str) -> None:
    result = _lint(_copy_with(tmp_path, file, line))
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in " ".join(result.stdout.split())


def test_every_contract_is_shown_to_fail() -> None:
    config = configparser.ConfigParser()
    config.read(CONTRACTS)
    names = {config[section]["name"] for section in config.sections() if ":contract:" in section}
    assert names == {contract for contract, _, _ in FAULTS}


def _imports(tree: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    """Line, module and imported names (none for a plain ``import``) of every import in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ".", [alias.name for alias in node.names]


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def not_standard(text: str) -> list[int]:
    """Lines that import what is neither the standard library nor ours."""
    own = {*sys.stdlib_module_names, "stickercase"}
    return [line for line, module, _ in _imports(ast.parse(text)) if module.partition(".")[0] not in own]


def domain_at_run_time(text: str) -> list[int]:
    """Lines that import the domain outside ``if TYPE_CHECKING:``."""
    tree = ast.parse(text)
    guarded = {line for node in ast.walk(tree) if _is_type_checking(node) for line, _, _ in _imports(node)}
    found = [line for line, module, _ in _imports(tree) if module.startswith("stickercase.domain")]
    return [line for line in found if line not in guarded]


def calls_of_use_cases(text: str) -> list[int]:
    """Lines that import something of a use case that is no type or constant, which are written with a capital."""
    found = [(line, names) for line, module, names in _imports(ast.parse(text)) if module.startswith(USE_CASES)]
    return [line for line, names in found if not names or not all(name[0].isupper() for name in names)]


RULES = [
    (
        not_standard,
        ["domain", "ports"],
        "the domain and its ports use the standard library only",
        ("import numpy as np", "import hashlib\nfrom stickercase.domain import money"),
    ),
    (
        domain_at_run_time,
        ["ports"],
        "a port imports domain types under TYPE_CHECKING only",
        (
            "from stickercase.domain.money import Asset",
            "if TYPE_CHECKING:\n    from stickercase.domain.money import Asset",
        ),
    ),
    (
        calls_of_use_cases,
        ["ports", "adapters"],
        "ports and adapters take types from use cases, never a function: the arrow points inward",
        (f"from {USE_CASES}.open_cases import Seat, decide", f"from {USE_CASES}.open_cases import Seat, MAX_COUNT"),
    ),
]


@pytest.mark.parametrize(("rule", "folders", "what", "_"), RULES)
def test_imports_keep_the_finer_rules(rule, folders: list[str], what: str, _: tuple[str, str]) -> None:
    files = [path for folder in folders for path in sorted((PACKAGE / folder).rglob("*.py"))]
    assert files
    problems = [f"{path.relative_to(ROOT)}:{line}: {what}" for path in files for line in rule(path.read_text())]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("rule", "_", "__", "snippets"), RULES)
def test_each_finer_rule_can_fail(rule, _: list[str], __: str, snippets: tuple[str, str]) -> None:
    bad, good = snippets
    assert rule(bad) == [1]
    assert rule(good) == []

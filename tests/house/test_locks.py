"""The locks: a hash for every requirement, no index address, and what pyproject.toml asks for."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = (ROOT / "requirements" / "run.lock").read_text()
DEV = (ROOT / "requirements" / "dev.lock").read_text()

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
NOT_A_HASH = re.compile(r"(?:^|\s)-(?!-hash=sha256:[0-9a-f]{64}\b)\S*")
ADDRESS = re.compile(r"://|\s@\s")


@dataclass(frozen=True)
class Locked:
    """One line of a lock, its continuation lines joined."""

    line: str

    @property
    def requirement(self) -> Requirement:
        return Requirement(re.split(r"\s--", self.line)[0])

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def pin(self) -> str | None:
        """The one version it may have; None unless it is pinned with ``==``."""
        exact = [part for part in self.requirement.specifier if part.operator == "==" and "*" not in part.version]
        return exact[0].version if len(exact) == len(self.requirement.specifier) == 1 else None


def locked(text: str) -> list[Locked]:
    """The requirements of a lock file."""
    lines = text.replace("\\\n", " ").splitlines()
    return [
        Locked(" ".join(line.split())) for line in lines if line.strip() and not line.lstrip().startswith(("#", "-"))
    ]


def form_problems(text: str) -> list[str]:
    """What makes a lock depend on an index's word or on one index: no pin, no hash, an address, an option."""
    problems = [f"an address or option: {line}" for line in text.splitlines() if ADDRESS.search(line)]
    problems += [f"an option other than a SHA-256: {found[0]}" for found in NOT_A_HASH.finditer(text)]
    if not problems:
        problems += [f"no exact version: {entry.line[:60]}" for entry in locked(text) if entry.pin is None]
        problems += [f"no hash: {entry.line[:60]}" for entry in locked(text) if not HASH.search(entry.line)]
    return problems


def wanted(pyproject: dict, extras: list[str], groups: list[str]) -> list[Requirement]:
    """What pyproject.toml asks for: the dependencies, these extras and these groups with those they include."""
    project = pyproject["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    lines += [line for group in groups for line in _group(pyproject["dependency-groups"], group)]
    return [Requirement(line) for line in lines]


def _group(groups: dict, name: str) -> list[str]:
    lines = []
    for entry in groups[name]:
        lines += [entry] if isinstance(entry, str) else _group(groups, entry["include-group"])
    return lines


def range_problems(text: str, requirements: list[Requirement]) -> list[str]:
    """What is asked for and not locked, or locked outside its range."""
    pins = {entry.name: entry.pin for entry in locked(text)}
    found = [(requirement, pins.get(canonicalize_name(requirement.name))) for requirement in requirements]
    return [
        f"{requirement} is locked at {pin}: run `make lock`"
        for requirement, pin in found
        if pin is None or not requirement.specifier.contains(pin, prereleases=True)
    ]


def missing_from(run: str, dev: str) -> list[str]:
    """Lines of the run lock that are not, hash for hash, in the dev lock."""
    kept = {entry.line for entry in locked(dev)}
    return [entry.line[:60] for entry in locked(run) if entry.line not in kept]


@pytest.mark.parametrize("text", [RUN, DEV], ids=["run.lock", "dev.lock"])
def test_every_requirement_is_pinned_by_hash(text: str) -> None:
    assert len(locked(text)) > 20
    assert form_problems(text) == []


def test_locks_hold_what_pyproject_asks_for() -> None:
    assert range_problems(RUN, wanted(PYPROJECT, ["embedded"], ["build"])) == []
    assert range_problems(DEV, wanted(PYPROJECT, list(PYPROJECT["project"]["optional-dependencies"]), ["dev"])) == []


def test_dev_installs_what_production_runs() -> None:
    assert missing_from(RUN, DEV) == []


GOOD = "click==8.1.0 ; sys_platform != 'win32' \\\n    --hash=sha256:" + "a" * 64 + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "click==8.1.0\n",
        GOOD.replace("==8.1.0", ">=8.1.0"),
        GOOD.replace("==8.1.0", "==8.*"),
        GOOD.replace("==8.1.0", ""),
        GOOD.replace("sha256", "md5"),
        GOOD.replace("a" * 64, "a" * 63),
        "--index-url https://example.org/simple\n" + GOOD,
        "--no-binary :all:\n" + GOOD,
        "-r other.lock\n" + GOOD,
        "click @ file:///click.whl \\\n    --hash=sha256:" + "a" * 64,
    ],
)
def test_a_loose_lock_is_caught(text: str) -> None:
    assert len(form_problems(text)) >= 1
    assert form_problems(GOOD) == []


def test_a_lock_behind_pyproject_is_caught() -> None:
    assert len(range_problems(GOOD, [Requirement("click>=8.2")])) == 1
    assert len(range_problems(GOOD, [Requirement("redis>=5")])) == 1
    assert range_problems(GOOD, [Requirement("Click>=8.1")]) == []


def test_included_groups_are_wanted_too() -> None:
    pyproject = {
        "project": {"dependencies": ["a"], "optional-dependencies": {"x": ["b"]}},
        "dependency-groups": {"build": ["c"], "dev": [{"include-group": "build"}, "d"]},
    }
    assert {requirement.name for requirement in wanted(pyproject, ["x"], ["dev"])} == {"a", "b", "c", "d"}


def test_a_run_lock_with_something_else_is_caught() -> None:
    assert missing_from(GOOD, GOOD) == []
    assert len(missing_from(GOOD, GOOD.replace("8.1.0", "8.1.1"))) == 1
    assert len(missing_from(GOOD, GOOD.replace("aa", "bb"))) == 1


def undocumented(page: str, requirements: list[Requirement]) -> set[str]:
    """Packages that stand in only one of the two: the tables of the record about dependencies, and pyproject.toml."""
    rows = re.findall(r"^\| `([\w.-]+)(?:\[\w+\])?` \|", page, re.MULTILINE)
    return {canonicalize_name(row) for row in rows} ^ {canonicalize_name(entry.name) for entry in requirements}


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "decisions" / "0005-dependencies.md").read_text()
    assert undocumented(page, wanted(PYPROJECT, list(PYPROJECT["project"]["optional-dependencies"]), ["dev"])) == set()


def test_a_dependency_without_a_reason_is_caught() -> None:
    page = "| `click` | why | MIT | |\n| `psycopg[binary]` | why | LGPL | |\n"
    assert undocumented(page, [Requirement("click>=8"), Requirement("psycopg[binary]")]) == set()
    assert undocumented(page, [Requirement("click>=8"), Requirement("redis")]) == {"psycopg", "redis"}

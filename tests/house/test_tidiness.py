"""The style of the house, as far as a test can read it. Each rule says where it was broken and what to do.

Every rule is itself tested: a snippet that breaks it must be caught, and one that keeps it must pass.
"""

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTS = ROOT / "src" / "stickercase" / "ports"

MAX_FUNCTION_LINES = 70
MAX_MODULE_LINES = 400
MEDIAN_FUNCTION_LINES = 10
MAX_RECORD_LINES = 80

TEST_FOLDERS = {
    "adapters",
    "contracts",
    "domain",
    "entrypoints",
    "house",
    "journeys",
    "support",
    "use_cases",
    "vectors",
}
SKIPPED_FOLDERS = {"__pycache__", "dist", "results"}
CI_FOLDER = ".ci"

IMPURE_MODULES = {"os", "random", "secrets", "socket", "time", "uuid"}
CLOCK_READINGS = {"now", "today", "utcnow"}
EMPTY_WORDS = {"base", "helper", "helpers", "impl", "manager", "managers", "service", "services", "util", "utils"}
UNDONE = re.compile("TO" + "DO|FIX" + "ME")
SILENCER = re.compile(r"type:\s*ignore|\bnoqa\b")
EXCUSED = re.compile(r"(type:\s*ignore\[[\w, -]+\]|noqa:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)\s+[#-]\s*\w")
# Put together here so that this file does not break its own rule.
PRIVATE_PATHS = ["/" + "work/", "/" + "root/", "/" + "tmp/w", ".." + "/shared"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Finding = tuple[int, str]


@dataclass(frozen=True)
class Source:
    """A Python file: its path as a reader names it, from the top of the tree, and what is in it."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def comments(self) -> Iterator[Finding]:
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string

    def is_in(self, *folders: str) -> bool:
        return self.path.startswith(tuple(f"{folder}/" for folder in folders))


def _visible(folder: Path) -> Iterator[Path]:
    """The files of the project below ``folder``: no hidden folder but CI's, nothing that a run leaves behind."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS and (path.name == CI_FOLDER or not path.name.startswith(".")):
                yield from _visible(path)
        elif path.name != ".git":  # a file in a linked work tree
            yield path


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _sources(*folders: str) -> list[Source]:
    """The files as they are, read and parsed once for all rules."""
    paths = [path for folder in folders for path in _visible(ROOT / folder) if path.suffix == ".py"]
    return [Source(_named(path), path.read_text()) for path in paths]


def _docstring(node: ast.AST) -> ast.Expr | None:
    first = node.body[0] if isinstance(node, ast.Module | ast.ClassDef | Function) and node.body else None
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return first if is_text else None


def _length(node: Function) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    doc = _docstring(node)
    return node.end_lineno - node.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)


def _is_stub(node: Function) -> bool:
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in node.body)


def long_functions(source: Source) -> Iterator[Finding]:
    for node in source.functions():
        if _length(node) > MAX_FUNCTION_LINES:
            yield node.lineno, f"{node.name} has {_length(node)} lines; split it, {MAX_FUNCTION_LINES} fit on a screen"


def long_modules(source: Source) -> Iterator[Finding]:
    lines = source.text.count("\n")
    if lines > MAX_MODULE_LINES:
        yield lines, f"the module has {lines} lines; split it by subject, {MAX_MODULE_LINES} is the most"


def impure_domain(source: Source) -> Iterator[Finding]:
    if source.is_in("src/stickercase/domain"):
        for node in ast.walk(source.tree):
            if problem := _impurity(node):
                yield node.lineno, f"{problem}: in the domain time, dice and files are arguments or ports"


def _impurity(node: ast.AST) -> str | None:
    match node:
        case ast.Import(names=names) if impure := {name.name.partition(".")[0] for name in names} & IMPURE_MODULES:
            return f"import of {', '.join(sorted(impure))}"
        case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in IMPURE_MODULES:
            return f"import of {module}"
        case ast.Attribute(value=ast.Name(id="clock"), attr="now"):
            return None  # the port of that name
        case ast.Attribute(attr=attr) if attr in CLOCK_READINGS:
            return f".{attr}"
        case ast.Call(func=ast.Name(id="open")):
            return "open()"
    return None


def undocumented(source: Source) -> Iterator[Finding]:
    if source.is_in("src"):
        ports = _port_methods()
        for node, name in _public(source.tree, ""):
            told_by_port = (
                "." in name and name.rpartition(".")[2] in ports and not source.is_in("src/stickercase/ports")
            )
            if _docstring(node) is None and not told_by_port:
                yield getattr(node, "lineno", 1), f"{name or 'the module'} is public and needs a docstring"


def _public(node: ast.AST, name: str) -> Iterator[tuple[ast.AST, str]]:
    """The module, and its public classes, functions and methods by their dotted names."""
    yield node, name
    for child in node.body if isinstance(node, ast.Module | ast.ClassDef) else []:
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield from _public(child, f"{name}.{child.name}".lstrip("."))


@cache
def _port_methods() -> set[str]:
    """What ports document, so that adapters need not say it again."""
    trees = [ast.parse(path.read_text()) for path in PORTS.glob("*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, Function)}


def empty_names(source: Source) -> Iterator[Finding]:
    stem = PurePosixPath(source.path).stem
    if stem.rpartition("_")[2] in EMPTY_WORDS:
        yield 1, f"{stem} says nothing; name the module for what it is about"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and re.findall("[A-Z][^A-Z]*", f"X{node.name}")[-1].lower() in EMPTY_WORDS:
            yield node.lineno, f"{node.name} says nothing; name the class for what it is or does"


def undone_work(source: Source) -> Iterator[Finding]:
    what = "finish it, or say in the docs what is not there"
    for line, comment in source.comments():
        if found := UNDONE.search(comment):
            yield line, f"{found[0]}: {what}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, f"NotImplementedError: {what}"
        doc = _docstring(node)
        if doc and UNDONE.search(doc.value.value):
            yield doc.lineno, f"a promise in a docstring: {what}"


def silenced_checks(source: Source) -> Iterator[Finding]:
    for line, comment in source.comments():
        if SILENCER.search(comment) and not EXCUSED.search(comment):
            yield line, "give the code and the reason, as in `noqa: S108 - short` or `type: ignore[misc]  # untyped`"


def prints(source: Source) -> Iterator[Finding]:
    if source.is_in("src") and not source.is_in("src/stickercase/entrypoints/cli"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield node.lineno, "print() is for the command line only; log it or return it"


LONG = "def f():\n" + "    x = 1\n" * MAX_FUNCTION_LINES
DOMAIN, HTTP = "src/stickercase/domain/x.py", "src/stickercase/entrypoints/http/x.py"
Rule = Callable[[Source], Iterator[Finding]]
RULES: dict[Rule, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    # rule: snippets that break it once each, snippets that keep it
    long_functions: ([(DOMAIN, LONG), (DOMAIN, f"async {LONG}")], [(DOMAIN, LONG.replace("    x = 1\n", "", 1))]),
    long_modules: ([("bench/x.py", "x = 1\n" * (MAX_MODULE_LINES + 1))], [(DOMAIN, "x = 1\n" * MAX_MODULE_LINES)]),
    impure_domain: (
        [
            (DOMAIN, "import random"),
            (DOMAIN, "import os.path"),
            (DOMAIN, "from time import monotonic"),
            (DOMAIN, "from secrets import token_bytes"),
            (DOMAIN, "at = datetime.now(UTC)"),
            (DOMAIN, "at: datetime = field(default_factory=datetime.utcnow)"),
            (DOMAIN, "day = date.today()"),
            (DOMAIN, "text = open('odds.txt')"),
        ],
        [(DOMAIN, "at = clock.now()"), (DOMAIN, "opened = open_cases()"), (HTTP, "import time")],
    ),
    undocumented: (
        [
            (HTTP, "x = 1"),
            (HTTP, '"""M."""\ndef f(): ...'),
            (HTTP, '"""M."""\nasync def f(): ...'),
            (HTTP, '"""M."""\nclass C: ...'),
            (DOMAIN, '"""M."""\nclass C:\n    """C."""\n    def price(self): ...'),
            ("src/stickercase/ports/x.py", '"""M."""\nclass C:\n    """C."""\n    def now(self): ...'),
        ],
        [
            (HTTP, '"""M."""\ndef _f(): ...'),
            (HTTP, '"""M."""\ndef f():\n    """F."""\n    def inner(): ...'),
            ("src/stickercase/adapters/x.py", '"""M."""\nclass C:\n    """C."""\n    def now(self): ...'),
            ("tests/x.py", "def f(): ..."),
        ],
    ),
    empty_names: (
        [
            ("src/stickercase/utils.py", ""),
            ("src/stickercase/case_helpers.py", ""),
            (HTTP, "class CaseManager: ..."),
            (HTTP, "class CaseService: ..."),
            (HTTP, "class LedgerImpl: ..."),
            (HTTP, "class Base: ..."),
            (HTTP, "class AdapterBase: ..."),
        ],
        [(HTTP, "class ServiceToken: ..."), ("src/stickercase/base_fee.py", "class BaseFee: ...")],
    ),
    undone_work: (
        [
            (HTTP, "x = 1  # TO" + "DO: two"),
            (HTTP, "# FIX" + "ME"),
            (HTTP, '"""TO' + 'DO."""'),
            (HTTP, "raise NotImplementedError"),
        ],
        [(HTTP, "x = 'TO" + "DO'"), (HTTP, "# done")],
    ),
    silenced_checks: (
        [
            (HTTP, "x = 1  # type: ignore"),
            (HTTP, "x = 1  # type: ignore[misc]"),
            (HTTP, "x = 1  # noqa"),
            (HTTP, "x = 1  # noqa: S108"),
            (HTTP, "# ruff: noqa"),
        ],
        [
            (HTTP, "x = 1  # type: ignore[arg-type]  # the stub is wrong"),
            (HTTP, "x = 1  # noqa: S108, S101 - short"),
            (HTTP, "x = '# noqa'"),
        ],
    ),
    prints: (
        [(DOMAIN, "print(1)"), (HTTP, "def f():\n    print(1)")],
        [("src/stickercase/entrypoints/cli/x.py", "print(1)"), ("bench/x.py", "print(1)")],
    ),
}


def _ids(rule: object) -> str:
    return getattr(rule, "__name__", "")


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_the_tree_keeps(rule: Rule) -> None:
    sources = _sources("src", "tests", "bench")
    assert len(sources) > 50
    problems = [f"{source.path}:{line}: {what}" for source in sources for line, what in rule(source)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("rule", RULES, ids=_ids)
def test_the_rule_can_fail(rule: Rule) -> None:
    bad, good = RULES[rule]
    assert [len(list(rule(Source(*snippet)))) for snippet in bad] == [1] * len(bad)
    assert [list(rule(Source(*snippet))) for snippet in good] == [[]] * len(good)


def median_length(sources: list[Source]) -> float:
    """The median length of functions that do something: a Protocol's stubs do not count."""
    return statistics.median(_length(node) for source in sources for node in source.functions() if not _is_stub(node))


def test_functions_are_short() -> None:
    assert median_length(_sources("src")) < MEDIAN_FUNCTION_LINES


def test_the_median_leaves_out_docstrings_and_stubs() -> None:
    stub, short = 'def s():\n    """S."""\n    ...\n', 'def f():\n    """F\n\n    f.\n    """\n    return 1\n'
    assert median_length([Source(DOMAIN, stub + stub + short)]) == 2
    assert median_length([Source(DOMAIN, stub + LONG)]) == MAX_FUNCTION_LINES + 1


def private_paths(text: str) -> list[Finding]:
    """Lines that name a folder of somebody's own machine."""
    lines = enumerate(text.splitlines(), 1)
    return [(number, needle) for number, line in lines for needle in PRIVATE_PATHS if needle in line]


def test_no_text_names_a_private_path() -> None:
    problems = []
    for path in _visible(ROOT):
        found = private_paths(path.read_bytes().decode(errors="replace"))
        problems += [
            f"{_named(path)}:{line}: {needle} is a path of one machine; say it without" for line, needle in found
        ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("needle", PRIVATE_PATHS)
def test_a_private_path_is_caught(needle: str) -> None:
    assert private_paths(f"see\n{needle}x") == [(2, needle)]
    assert private_paths("network/ and /tmp/x") == []


def unknown_test_places(paths: list[str]) -> list[str]:
    """Python files of the tests that lie in no folder the house knows; ``conftest.py`` may lie at the top."""
    parts = [(path, PurePosixPath(path).parts) for path in paths if path.endswith(".py")]
    return [path for path, part in parts if part[1] not in TEST_FOLDERS and part[1:] != ("conftest.py",)]


def test_tests_lie_where_they_are_looked_for() -> None:
    unknown = unknown_test_places([source.path for source in _sources("tests")])
    assert not unknown, f"move these into one of {sorted(TEST_FOLDERS)}: {unknown}"


def test_an_unknown_test_folder_is_caught() -> None:
    assert unknown_test_places(["tests/misc/test_x.py", "tests/test_y.py"]) == [
        "tests/misc/test_x.py",
        "tests/test_y.py",
    ]
    assert unknown_test_places(["tests/conftest.py", "tests/domain/deep/test_x.py", "tests/vectors/x.json"]) == []


def record_problems(name: str, text: str) -> list[str]:
    """What a decision record lacks: its number in name and title, a status, three headings in order, one page."""
    number = re.match(r"(\d{4})-[a-z0-9-]+\.md$", name)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    checks = {
        "name it NNNN-words-with-hyphens.md": number,
        "begin with `# NNNN. Title`": number and text.startswith(f"# {number[1]}. "),
        "give a line `Status: …`": re.search(r"^Status: \w+", text, re.MULTILINE),
        "have the headings Context, Decision, Consequences": headings == ["Context", "Decision", "Consequences"],
        f"keep to {MAX_RECORD_LINES} lines": text.count("\n") <= MAX_RECORD_LINES,
    }
    return [f"docs/decisions/{name}:1: {what}" for what, held in checks.items() if not held]


def test_decision_records_have_their_form() -> None:
    records = sorted((ROOT / "docs" / "decisions").iterdir())
    problems = [problem for path in records for problem in record_problems(path.name, path.read_text())]
    assert not problems, "\n".join(problems)
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]


def test_a_malformed_record_is_caught() -> None:
    good = "# 0001. Title\n\nStatus: accepted, 2025-01-01\n\n## Context\n\n## Decision\n\n## Consequences\n"
    assert record_problems("0001-title.md", good) == []
    assert len(record_problems("1-Title.md", good)) == 2
    assert len(record_problems("0002-title.md", good)) == 1
    for part in ("Status", "## Context", "## Decision", "## Consequences"):
        assert len(record_problems("0001-title.md", good.replace(part, "x"))) == 1, part
    assert len(record_problems("0001-title.md", good + "\n" * MAX_RECORD_LINES)) == 1

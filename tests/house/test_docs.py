"""The documents are true: their Python runs, their links lead somewhere, and the names they give exist.

Every ```python or ```pycon block of README.md and docs/ is executed, those of one document in one namespace and in
order; a block with ``>>>`` is checked as a doctest. ```python no-run is for what cannot run here.
"""

import doctest
import importlib
import re
import sys
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stickercase.domain.ledger.laws import LAWS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "stickercase"
NAMESPACE = "a_document"

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)\n(?P<code>.*?)^ *(?P=fence) *$", re.M | re.S
)
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
INLINE_CODE = re.compile(r"`([^`\n]+)`")
DOTTED = re.compile(r"stickercase(\.\w+)+")
OUR_PATH = re.compile(r"(?:src|tests|docs|requirements|bench|domain|ports|adapters|entrypoints)/[\w./-]*")
# Not there and rightly so: placeholders, the example of a new context, and what a run makes and nobody keeps.
PLACEHOLDER = re.compile(r"NNNN|[<…*]|referrals|^bench/results")
NAMED_DOCUMENT = re.compile(r"[\w./-]*\w\.md\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: the line its code starts on, what follows the fence, and the code."""

    line: int
    info: str
    code: str

    @property
    def runs(self) -> bool:
        return self.info in ("python", "pycon")


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a document."""
    return [
        Block(text.count("\n", 0, found.start()) + 2, found["info"].strip(), textwrap.dedent(found["code"]))
        for found in FENCE.finditer(text)
    ]


def prose(text: str) -> str:
    """The document without its fenced blocks, every line where it was."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def run_document(name: str, text: str) -> int:
    """Run a document's Python and say how many blocks that were; raises what they raise, at the document's lines."""
    module = types.ModuleType(NAMESPACE)
    sys.modules[NAMESPACE] = module
    try:
        running = [block for block in blocks(text) if block.runs]
        for block in running:
            _run(name, block, module.__dict__)
        return len(running)
    finally:
        del sys.modules[NAMESPACE]


def _run(name: str, block: Block, namespace: dict[str, object]) -> None:
    if ">>>" not in block.code:
        exec(compile("\n" * (block.line - 1) + block.code, name, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.code, namespace, name, name, block.line - 1)
    runner, report = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), []
    failed = runner.run(test, out=report.append, clear_globs=False).failed
    namespace.update(test.globs)
    assert not failed, "".join(report)


def _markdown() -> list[Path]:
    folders = [ROOT / name for name in ("bench", "docs", "src", "tests")]
    return [*sorted(ROOT.glob("*.md")), *(path for folder in folders for path in sorted(folder.rglob("*.md")))]


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


RUNNABLE = [path for path in _markdown() if path.name == "README.md" or path.is_relative_to(ROOT / "docs")]


@pytest.mark.parametrize("path", RUNNABLE, ids=_named)
def test_the_python_of_a_document_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_document(str(path), path.read_text())


def test_some_document_runs_python() -> None:
    assert sum(block.runs for path in RUNNABLE for block in blocks(path.read_text())) >= 3


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, made as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(path: Path, text: str) -> list[str]:
    """Relative links whose file or heading is not there."""
    targets = LINK.findall(INLINE_CODE.sub("", prose(text)))
    return [
        target for target in targets if not re.match(r"[a-z]+:", target) and not _leads_somewhere(path, text, target)
    ]


def _leads_somewhere(path: Path, text: str, target: str) -> bool:
    file, _, anchor = target.partition("#")
    if not file:
        return anchor in anchors(text)
    aim = path.parent / file
    return aim.exists() and (not anchor or anchor in anchors(aim.read_text()))


@pytest.mark.parametrize("path", _markdown(), ids=_named)
def test_links_lead_somewhere(path: Path) -> None:
    assert dead_links(path, path.read_text()) == []


def dead_names(text: str) -> list[str]:
    """Inline code that names a module, an object or a file of ours that does not exist."""
    spans = [span for span in INLINE_CODE.findall(prose(text)) if not PLACEHOLDER.search(span)]
    paths = [span for span in spans if OUR_PATH.fullmatch(span)]
    missing_files = [span for span in paths if not any((top / span).exists() for top in (ROOT, PACKAGE))]
    return missing_files + [span for span in spans if DOTTED.fullmatch(span) and not _exists(span)]


def _exists(dotted: str) -> bool:
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            known = getattr(found, "__dataclass_fields__", {}) | getattr(found, "__annotations__", {})
            if not hasattr(found, name) and name not in known:
                return False
            found = getattr(found, name, None)
        return True
    return False


@pytest.mark.parametrize("path", _markdown(), ids=_named)
def test_names_in_documents_exist(path: Path) -> None:
    assert dead_names(path.read_text()) == []


def missing_documents(text: str) -> Iterator[tuple[int, str]]:
    """Lines of a source file that send the reader to a document that is not in the tree."""
    for number, line in enumerate(text.splitlines(), 1):
        yield from ((number, name) for name in NAMED_DOCUMENT.findall(line) if not (ROOT / name).exists())


def test_sources_name_documents_that_exist() -> None:
    problems = [
        f"{_named(path)}:{line}: there is no {name}; name it from the top of the tree, as in docs/fairness.md"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line, name in missing_documents(path.read_text())
    ]
    assert not problems, "\n".join(problems)


def fenced(info: str, code: str) -> str:
    return f"Words.\n\n```{info}\n{code}\n```\n\n"


def test_a_wrong_block_is_caught_at_its_line() -> None:
    with pytest.raises(AssertionError) as caught:
        run_document("x.md", fenced("python", "assert 1 == 1") + fenced("python", "assert 1 == 2"))
    assert (Path(caught.traceback[-1].path).name, caught.traceback[-1].lineno + 1) == ("x.md", 10)


def test_a_wrong_doctest_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"line 4, in x\.md(.|\n)*Expected(.|\n)*3(.|\n)*Got(.|\n)*2"):
        run_document("x.md", fenced("python", ">>> 1 + 1\n3"))


def test_blocks_of_a_document_share_a_namespace() -> None:
    text = fenced("python", "a = 1") + fenced("python", ">>> b = a + 1\n>>> b\n2") + fenced("python", "assert b == 2")
    assert run_document("x.md", text) == 3
    with pytest.raises(NameError):
        run_document("y.md", fenced("python", "a"))


def test_a_document_may_define_dataclasses() -> None:
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\nC(1)"
    )
    assert run_document("x.md", fenced("python", code)) == 1


@pytest.mark.parametrize("info", ["", "text", "mermaid", "sh", "python no-run"])
def test_only_python_runs(info: str) -> None:
    assert run_document("x.md", fenced(info, "1 / 0")) == 0


def test_an_indented_block_runs() -> None:
    assert run_document("x.md", "- point\n\n  ```python\n  x = 1\n  if x:\n      x = 2\n  ```\n") == 1


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# The *first* heading\n\n```sh\n# no heading\n```\n")
    text = "[a](there.md) [b](there.md#the-first-heading) [c](https://example.org) [d](#own)\n\n## Own\n"
    assert dead_links(tmp_path / "x.md", text) == []
    for dead in ("gone.md", "there.md#gone", "there.md#no-heading", "#gone", "folder/"):
        assert dead_links(tmp_path / "x.md", f"[a]({dead})") == [dead]
    assert dead_links(tmp_path / "x.md", f"`[a](gone.md)`\n\n{fenced('text', '[a](gone.md)')}") == []


def test_a_dead_name_is_caught() -> None:
    good = ["stickercase.domain.money.NANO", "stickercase.domain.fairness.SeedPair.nonce", "domain/", "docs/"]
    assert dead_names(" ".join(f"`{name}`" for name in [*good, "docs/decisions/NNNN-words.md", "price"])) == []
    bad = [
        "src/stickercase/gone.py",
        "domain/gone/",
        "stickercase.domain.gone",
        "stickercase.domain.fairness.SeedPair.gone",
    ]
    assert dead_names(" ".join(f"`{name}`" for name in bad)) == bad


def test_a_missing_document_is_caught() -> None:
    assert list(missing_documents("# see docs/fairness.md\n# see gone.md, section 5")) == [(2, "gone.md")]


def test_the_ledger_page_lists_the_laws() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", (ROOT / "docs" / "ledger.md").read_text(), re.MULTILINE))
    assert {law: rows.get(law) for law in LAWS} == LAWS

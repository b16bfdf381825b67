"""Tables in the documents that restate what the code says are what the code says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import stickercase
from stickercase.adapters.memory import MemoryReading, MemoryStore, MemoryWork
from stickercase.adapters.memory.office import MemoryOffice
from stickercase.adapters.memory.rates import MemoryRates
from stickercase.domain import refusal
from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.money import NANO
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.documentation import DETAILS
from stickercase.entrypoints.http.limiter import Limiter
from stickercase.entrypoints.http.metrics import Figures
from stickercase.entrypoints.http.refusals import ENGLISH, NOUNS, RUSSIAN, STATUS, error_body
from stickercase.entrypoints.http.tally import Tally
from stickercase.entrypoints.settings import PREFIX, Settings
from support.clock import FixedClock

DOCS = Path(__file__).parents[2] / "docs"


def _table(page: str, name: str) -> list[str]:
    text = (DOCS / page).read_text()
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    assert found is not None, f"docs/{page} has no table between <!-- {name} --> marks"
    return found.group(1).splitlines()[2:]


def test_every_setting_is_documented_with_its_default() -> None:
    expected = [
        f"| `{PREFIX}{f.name.upper()}` | {f'`{f.default}`' if str(f.default) else '—'} | {f.metadata['meaning']}"
        f"{' (secret)' if f.metadata['secret'] else ''} |"
        for f in fields(Settings)
    ]
    assert _table("operations.md", "settings") == expected


def test_every_code_is_documented_with_its_status_and_words() -> None:
    assert _table("api.md", "codes") == [f"| `{code}` | {STATUS[code]} | {ENGLISH[code]} |" for code in STATUS]


def test_every_refusal_has_a_status_and_words_in_both_languages() -> None:
    kinds = [
        kind
        for kind in vars(refusal).values()
        if isinstance(kind, type) and issubclass(kind, refusal.Refusal) and kind is not refusal.Refusal
    ]
    codes = {kind.code for kind in kinds}
    assert len(codes) == len(kinds) > 10
    assert codes <= set(STATUS)
    assert set(STATUS) == set(ENGLISH) == set(RUSSIAN)


def test_both_languages_fill_in_the_same_details() -> None:
    for code, words in ENGLISH.items():
        names = set(re.findall(r"{(\w+)}", words))
        assert names >= set(re.findall(r"{(\w+)}", RUSSIAN[code])), code


class OneCase:
    """A shelf with one case, as the metrics page asks for it."""

    def shelf(self) -> tuple[Shelf, dict[int, int]]:
        pack = Pack(1, "P", "C", "x", NANO, "", PackStatus.ACTIVE)
        case = Case(1, "Dawn", 2 * NANO, 20.0, "", CaseStatus.ACTIVE, odds_id=1, odds=odds_table([(1, 1.0)]))
        return Shelf(1, {"Dawn": case}, {1: pack}), {1: 3}


def test_every_metric_is_documented() -> None:
    limiter = Limiter(MemoryRates(), 1, 1)
    store = MemoryStore()
    work, lines = MemoryWork(store), MemoryReading(store)
    books = MemoryOffice(store)
    figures = Figures(
        Tally(), limiter, Batcher(lambda commands: []), OneCase(), lines, work, lines, books, FixedClock().now, dict
    )
    expected = []
    for family in figures.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ()) or ())
        expected.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    assert _table("operations.md", "metrics") == expected


SRC = Path(stickercase.__file__).parent
SAID = re.compile(r"(?:NotFound|AlreadyExists)\(\s*\"([a-z ]+)\"")


def test_every_noun_has_a_russian_word() -> None:
    used = {noun for path in SRC.rglob("*.py") for noun in SAID.findall(path.read_text())}
    assert used
    assert used <= set(NOUNS), "refusals.NOUNS lacks a word"


@pytest.mark.parametrize("code", STATUS)
def test_a_russian_message_is_in_russian(code: str) -> None:
    """But for names, which are what they are, and the header's name."""
    message = str(error_body(code, DETAILS.get(code, {}), "ru")["message"])
    for name in ("Idempotency-Key", "Telegram", "TON", "Sigma Case", "DOGS OG", "Nope", "count"):
        message = message.replace(name, "")
    assert not re.findall("[A-Za-z]+", message)
    assert re.search("[А-я]", message)

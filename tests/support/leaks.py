"""Secrets that can be told from everything else, and a finder that knows them in disguise."""

from __future__ import annotations

import base64
import json
import re
import secrets as dice
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from urllib.parse import quote, urlsplit

from ton_core import ton_mnemonic_new

from stickercase.entrypoints.settings import Settings

PIECE, STEP = 12, 6
"""A piece of a secret of this many characters is looked for at every so many: what has 17 of them is found."""
WORDS = 3
"""So many consecutive words of a mnemonic are a leak; one alone is a word."""

# Settings hold secrets by this mark alone, so what is added later is planted and looked for by itself.
SECRET_SETTINGS = tuple(f.name for f in fields(Settings) if f.metadata["secret"])


def new_secret() -> str:
    """One that must be encoded in addresses and in JSON: forms differ from it."""
    return f"{dice.token_urlsafe(18)}/+{dice.token_urlsafe(6)}=%"


def planted(**chosen: str) -> dict[str, str]:
    """A value for every secret setting, made up where none is chosen."""
    return {name: chosen.get(name) or _made_up(name) for name in SECRET_SETTINGS}


def _made_up(name: str) -> str:
    if "mnemonic" in name:
        words = ton_mnemonic_new()
        return words if isinstance(words, str) else " ".join(words)
    if name.endswith("_tokens"):
        return ",".join(f"{who}:{new_secret()}" for who in ("feeder", "bot"))
    return new_secret()


def cores(setting: str, value: str) -> list[str]:
    """What of a setting's value is secret: the tokens of a list, the password or the secret path of an address."""
    if setting.endswith("_tokens"):
        return [entry.partition(":")[2] for entry in value.split(",")]
    if "://" in value:
        parts = urlsplit(value)
        return [parts.password] if parts.password else [parts.path.rstrip("/").rpartition("/")[2]]
    return [value.partition(":")[2] or value]


def forms(core: str) -> dict[str, str]:
    """The disguises of a secret, by their names."""
    raw = core.encode()
    return {
        "plain": core,
        "percent-encoded": quote(core, safe=""),
        "in JSON": json.dumps(core)[1:-1].replace("/", r"\/"),
        "hexadecimal": raw.hex(),
        **{f"{kind}, {lead} before it": text for kind, lead, text in _base64(raw)},
    }


def _base64(raw: bytes) -> Iterator[tuple[str, int, str]]:
    """In each of the three ways it may lie in longer bytes; the signs that share bits with a neighbour are left out."""
    for lead in range(3):
        text = base64.b64encode(b"\0" * lead + raw).decode()
        whole = text[-(-lead * 8 // 6) : (lead + len(raw)) * 8 // 6]
        yield "base64", lead, whole
        yield "base64 of addresses", lead, whole.replace("+", "-").replace("/", "_")


@dataclass(frozen=True, slots=True)
class Needle:
    """Something to look for: the setting it gives away, and in which form."""

    setting: str
    form: str
    text: str = ""
    pattern: re.Pattern[str] | None = None

    def is_in(self, haystack: str) -> bool:
        """Whether it is there."""
        return self.text in haystack if self.pattern is None else self.pattern.search(haystack) is not None


class Finder:
    """Looks for secrets. ``secrets`` maps settings (or what else is secret) to their values."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.needles = [needle for name, value in secrets.items() for needle in _needles(name, value)]

    def leaks(self, sources: Mapping[str, str]) -> list[str]:
        """A line for each secret that a source gives away."""
        return [
            f"{source} shows {needle.setting} ({needle.form})"
            for source, text in sources.items()
            for needle in self.needles
            if needle.is_in(text)
        ]


def _needles(name: str, value: str) -> Iterator[Needle]:
    if "mnemonic" in name:
        yield from _of_words(name, value.split())
        return
    for core in cores(name, value):
        yield from (Needle(name, form, text) for form, text in forms(core).items())
        pieces = range(0, len(core) - PIECE + 1, STEP)
        yield from (Needle(name, f"a piece from {start}", core[start : start + PIECE]) for start in pieces)


def _of_words(name: str, words: list[str]) -> Iterator[Needle]:
    for start in range(len(words) - WORDS + 1):
        some = words[start : start + WORDS]
        yield Needle(name, f"words from {start}", pattern=re.compile(r"\W+".join(some), re.IGNORECASE))
        disguised = forms(" ".join(some))
        yield from (Needle(name, f"words from {start}, {form}", text) for form, text in disguised.items())

"""Figures as people read them: columns, grouped digits, percent."""

from __future__ import annotations

from collections.abc import Sequence

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.money import NANO, ton_text
from stickercase.domain.stock.packs import Pack

Row = Sequence[str]


def table(headings: Row, rows: Sequence[Row], left: Sequence[int] = (0,)) -> str:
    """Columns under their headings, numbers to the right, the columns ``left`` (counted from 0) to the left."""
    lines = [tuple(map(plain, line)) for line in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def plain(text: str) -> str:
    """A text of anybody's on one line, without the signs that a terminal obeys."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """A name and what is to be said of it, a line each."""
    return table(*_split(rows), left=(0, 1))


def _split(rows: Sequence[tuple[str, str]]) -> tuple[Row, Sequence[Row]]:
    return rows[0], rows[1:]


def tons(amount_nano: int) -> str:
    """An amount in TON: all of its decimals, thousands set apart by commas."""
    sign, whole = "-" if amount_nano < 0 else "", f"{abs(amount_nano) // NANO:,}"
    decimals = ton_text(abs(amount_nano) % NANO, 9)[1:].rstrip("0").rstrip(".")
    return f"{sign}{whole}{decimals}"


def rounded_tons(amount_nano: int) -> str:
    """An amount in TON to the nearest whole one, for sums that no one reads to the nanoton."""
    return f"{round(amount_nano / NANO):,}"


def percent(part: float, digits: int = 4) -> str:
    """A part of one as percent, e.g. ``5.43``."""
    return f"{part * 100:.{digits}g}"


def pack_words(pack: Pack) -> tuple[str, str]:
    """The name of a pack and of its collection."""
    return pack.pack_name, pack.collection_name


def price_words(case: Case) -> str:
    """The case with its price."""
    return f"{case.name} at {tons(case.price_nano)} TON"

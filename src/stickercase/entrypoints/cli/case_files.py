"""Case files: one case as TOML or JSON, for analysts without a database. docs/simulations.md shows the format."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import MAX_ROWS, odds_table
from stickercase.domain.cases.pricing import measured_fee
from stickercase.domain.cases.risk import Risk, measure_risk
from stickercase.domain.cases.simulation import PricedTable, table_of
from stickercase.domain.fairness import BadOdds
from stickercase.domain.money import BadAmount, parse_amount, ton
from stickercase.domain.stock.packs import Pack, PackStatus, matched_names
from stickercase.domain.use_cases.shelf import Shelf

SUFFIXES = (".toml", ".json")
CASE_FIELDS = ("name", "price", "base_fee", "rows")
ROW_FIELDS = ("pack", "collection", "floor", "chance")
OPTIONAL = "collection"


class BadInput(Exception):
    """What was given to a command cannot be used; the message is one sentence for whoever gave it."""


@dataclass(frozen=True, slots=True)
class PricedCase:
    """A case with the pack of each of its rows, in the order of its odds table."""

    case: Case
    packs: tuple[Pack, ...]

    @classmethod
    def on(cls, shelf: Shelf, case: Case) -> PricedCase:
        """A case of the shelf with the floors that its packs have there."""
        return cls(case, tuple(shelf.packs[row.pack_id] for row in case.odds.rows))

    @property
    def table(self) -> PricedTable:
        """Tickets, floors and price: what a simulation takes."""
        return table_of(self.case.odds, [pack.floor_nano for pack in self.packs], self.case.price_nano)

    @property
    def current_fee(self) -> float:
        """The fee in percent that the odds leave at these floors."""
        rows = [(ton(pack.floor_nano), row.chance) for pack, row in zip(self.packs, self.case.odds.rows, strict=True)]
        return measured_fee(ton(self.case.price_nano), rows)

    @property
    def floors_nano(self) -> Mapping[int, int]:
        """Floors by pack id: what a rebalance takes."""
        return {pack.id: pack.floor_nano for pack in self.packs}

    @property
    def risk(self) -> Risk:
        """What the case can cost the house."""
        return measure_risk(self.table.price, self.table.rows)


def read_case(path: Path) -> PricedCase:
    """The case in a file. Raises :class:`BadInput` naming the file and the field that cannot be used."""
    try:
        return _case(Value("", _parsed(path)))
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _parsed(path: Path) -> object:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix.lower() == ".toml":
            return tomllib.loads(text, parse_float=Decimal)
        return json.loads(text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_without_repeats)
    except OSError as error:
        raise BadInput(f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadInput("it is not text in UTF-8") from None
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadInput(f"it is no {path.suffix[1:].upper()} ({str(error).partition(chr(10))[0]})") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _case(document: Value) -> PricedCase:
    fields = document.fields(CASE_FIELDS)
    name, price_nano = fields["name"].text(), fields["price"].amount()
    if not price_nano:
        raise BadInput("price: a case costs more than nothing")
    base_fee = fields["base_fee"].number(0, 100)
    if base_fee == 100:
        raise BadInput("base_fee: a fee is at least 0 and below 100 percent")
    rows = [row.fields(ROW_FIELDS) for row in fields["rows"].items()]
    packs = tuple(_pack(number, row) for number, row in enumerate(rows, 1))
    chances = [row["chance"].number(0, 1) for row in rows]
    _check_names(packs)
    try:
        odds = odds_table((pack.id, chance) for pack, chance in zip(packs, chances, strict=True))
    except BadOdds as error:
        raise BadInput(f"rows: {error}") from None
    return PricedCase(Case(0, name, price_nano, base_fee, "", CaseStatus.ACTIVE, 0, odds), packs)


def _pack(number: int, row: Mapping[str, Value]) -> Pack:
    collection = row[OPTIONAL].text() if OPTIONAL in row else ""
    return Pack(number, row["pack"].text(), collection, "", row["floor"].amount(), "", PackStatus.ACTIVE)


def _check_names(packs: Sequence[Pack]) -> None:
    seen: set[tuple[str, str]] = set()
    for number, pack in enumerate(packs):
        names = matched_names(pack.collection_name, pack.pack_name)
        if names in seen:
            raise BadInput(f"rows[{number}].pack: {pack.pack_name} of this collection has a row already")
        seen.add(names)


@dataclass(frozen=True, slots=True)
class Value:
    """Something in a document and its path there. What it is asked for it is, or :class:`BadInput` says what it is."""

    path: str
    value: object

    def fields(self, known: Sequence[str]) -> dict[str, Value]:
        """The fields of an object that has all the ``known`` ones, but for the optional one, and no others."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"it should be an object with the fields {', '.join(known)}")
        unknown = [str(key) for key in self.value if key not in known]
        if unknown:
            raise self.under(unknown[0]).wrong(f"this field is unknown; known are {', '.join(known)}")
        missing = [key for key in known if key not in self.value and key != OPTIONAL]
        if missing:
            raise self.under(missing[0]).wrong("this field is missing")
        return {key: self.under(key) for key in self.value}

    def items(self) -> Iterator[Value]:
        """The members of a list of 1 to 500."""
        if not isinstance(self.value, list) or not 1 <= len(self.value) <= MAX_ROWS:
            raise self.wrong(f"it should be a list of 1 to {MAX_ROWS} rows")
        return (Value(f"{self.path}[{number}]", member) for number, member in enumerate(self.value))

    def text(self) -> str:
        """A name that can be printed on one line."""
        if not isinstance(self.value, str) or not self.value.strip() or not self.value.isprintable():
            raise self.wrong("it should be a name on one line")
        return self.value

    def amount(self) -> int:
        """An amount of TON, in nanotons: a number, or a number as text."""
        if not isinstance(self.value, str | int | Decimal):
            raise self.wrong("an amount is a decimal number such as 7.5")
        try:
            return parse_amount(self.value)
        except BadAmount as error:
            raise self.wrong(str(error)) from None

    def number(self, least: int, most: int) -> float:
        """A number between two others."""
        value = self.value
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()
        if not is_number or not least <= value <= most:  # type: ignore[operator]  # a number by the test before
            raise self.wrong(f"it should be a number from {least} to {most}")
        return float(value)  # type: ignore[arg-type]  # as above

    def under(self, key: str) -> Value:
        """The field of that name."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Value(f"{self.path}.{key}".lstrip("."), value)

    def wrong(self, problem: str) -> BadInput:
        """The error that says what is wrong here."""
        return BadInput(f"{self.path}: {problem}".removeprefix(": "))

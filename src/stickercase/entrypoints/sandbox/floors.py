"""The price feeds, as the sandbox plays them: stickers.tools in both shapes, and tables for other contributors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.entrypoints.sandbox.exchange import Answer, Request, Route, json_answer, refused
from stickercase.entrypoints.sandbox.notebook import Notebook, Page

STICKER_PACK = "Sticker Pack"


@dataclass(frozen=True, slots=True)
class FirstFloor:
    """A floor that is served until another is set; ``ton`` is a decimal text."""

    contributor: str
    collection: str
    pack: str
    ton: str


class FloorNote(msgspec.Struct):
    """A pack's floor in TON; None when nobody offers it."""

    contributor: str
    collection: str
    pack: str
    ton: str | None


class Floors:
    """All floors, those of the demo catalogue to begin with."""

    def __init__(self, notebook: Notebook, first: Sequence[FirstFloor]) -> None:
        self._notebook = notebook
        with notebook.open() as page:
            for floor in first:
                key = _key(floor.collection, floor.pack)
                if page.get(FloorNote, key) is None:
                    page.put(key, FloorNote(floor.contributor, floor.collection, floor.pack, floor.ton))

    def routes(self) -> Sequence[Route]:
        """What the feeds answer to."""
        return (
            Route("GET", "/stickers.tools/api/stats-new", self._old, "floors"),
            Route("GET", "/stickers.tools/api/v1/market/stats", self._new, "floors"),
            Route("GET", r"/tables/([^/]+)\.csv", self._csv, "floors"),
            Route("GET", r"/tables/([^/]+)\.json", self._json, "floors"),
        )

    def set_floor(self, collection: str, pack: str, ton: object, contributor: str | None) -> FloorNote:
        """Let the pack have this floor in TON, or None; a pack that is new is the contributor's."""
        with self._notebook.open() as page:
            known = page.get(FloorNote, _key(collection, pack))
            whose = contributor or (known.contributor if known else STICKER_PACK)
            note = FloorNote(whose, collection, pack, _ton(ton))
            page.put(_key(collection, pack), note)
        return note

    def _old(self, _: Request) -> Answer:
        return json_answer({"collections": self._collections()})

    def _new(self, request: Request) -> Answer:
        if request.query.get("issuers") != STICKER_PACK:
            return json_answer({"success": True, "data": {"collections": {}}})
        return json_answer({"success": True, "data": {"collections": self._collections()}})

    def _collections(self) -> dict[str, object]:
        by_name: dict[str, dict[str, object]] = {}
        for note in self._of(STICKER_PACK):
            packs = by_name.setdefault(note.collection, {})
            price = {"ton": float(note.ton or 0)}
            packs[str(len(packs) + 1)] = {"name": note.pack, "current": {"price": {"floor": price, "median": price}}}
        return {
            str(number): {"name": name, "stickers": packs} for number, (name, packs) in enumerate(by_name.items(), 1)
        }

    def _csv(self, _: Request, contributor: str) -> Answer:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(("collection", "pack", "ton"))
        rows.writerows((note.collection, note.pack, note.ton) for note in self._of(unquote(contributor)))
        return Answer(200, text.getvalue().encode(), "text/csv; charset=utf-8")

    def _json(self, _: Request, contributor: str) -> Answer:
        notes = self._of(unquote(contributor))
        return json_answer([{"collection": note.collection, "pack": note.pack, "ton": note.ton} for note in notes])

    def _of(self, contributor: str) -> list[FloorNote]:
        with self._notebook.open() as page:
            return [note for note in _notes(page) if note.contributor == contributor and note.ton is not None]


def _notes(page: Page) -> list[FloorNote]:
    return [note for _, note in page.all(FloorNote)]


def _ton(ton: object) -> str | None:
    """The price as a decimal text. Anything that is a number or a text of one will do: a feed may say nonsense."""
    if ton is None:
        return None
    if isinstance(ton, bool) or not isinstance(ton, str | int | float):
        raise refused(400, "a floor is a number of TON, or null")
    try:
        parse_amount(ton, signed=True)
    except BadAmount as error:
        raise refused(400, str(error)) from error
    return str(ton)


def _key(collection: str, pack: str) -> str:
    return f"{collection}\t{pack}"

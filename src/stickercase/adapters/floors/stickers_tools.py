"""The feed of stickers.tools, in its old and its new shape. In our words: docs/outside-services.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from stickercase.adapters.floors.prices import NoPrice, price_nano
from stickercase.adapters.outgoing import MEBIBYTE, Calls, decoded
from stickercase.domain.stock.floors import Reading
from stickercase.ports.failures import Unintelligible
from stickercase.ports.feeds import FeedRead

VENDOR = "stickers.tools"
MOST_BYTES = 16 * MEBIBYTE

Raws = Mapping[str, msgspec.Raw]
T = TypeVar("T")


class CollectionsWire(msgspec.Struct):
    """All collections by id, each to be read on its own."""

    collections: dict[str, msgspec.Raw]


class AnswerWire(msgspec.Struct):
    """The answer: the old shape has ``collections`` at the top, the new one has them in ``data``."""

    collections: dict[str, msgspec.Raw] | None = None
    data: CollectionsWire | None = None


class CollectionWire(msgspec.Struct):
    """A collection and its packs by id, which are called stickers there."""

    name: str
    stickers: dict[str, msgspec.Raw]


class NamedWire(msgspec.Struct):
    """As much of a pack as it takes to know which it is."""

    name: str


class FloorWire(msgspec.Struct):
    """A price in TON."""

    ton: Decimal


class PriceWire(msgspec.Struct):
    """The prices of a pack; the median is not used."""

    floor: FloorWire


class CurrentWire(msgspec.Struct):
    """What is so now."""

    price: PriceWire


class PackWire(msgspec.Struct):
    """A pack with its floor."""

    current: CurrentWire


class BadItem(ValueError):
    """An item that makes no sense; the message says why."""


class StickersToolsFeed:
    """Reads the feed at ``url``."""

    def __init__(self, url: str, *, seconds: float = 20.0) -> None:
        self._calls = Calls(VENDOR, url, seconds=seconds, most_bytes=MOST_BYTES)

    def read(self) -> FeedRead:
        """Every floor in it. Raises :class:`~stickercase.ports.failures.VendorUnavailable`."""
        reply = self._calls.get()
        if not 200 <= reply.status < 300:
            raise Unintelligible(f"{VENDOR} answered {reply.status}")
        return read_feed(reply.body)


def read_feed(body: bytes) -> FeedRead:
    """The floors in an answer of either shape. Raises :class:`Unintelligible` when it is neither."""
    answer = decoded(VENDOR, body, AnswerWire)
    collections = answer.data.collections if answer.data is not None else answer.collections
    if collections is None:
        raise Unintelligible(f"{VENDOR} answered without any collections")
    readings: list[Reading] = []
    skipped: list[str] = []
    for number, raw in collections.items():
        for found in _collection(number, raw):
            if isinstance(found, Reading):
                readings.append(found)
            else:
                skipped.append(found)
    return FeedRead(readings, skipped)


def _collection(number: str, raw: msgspec.Raw) -> Iterator[Reading | str]:
    try:
        collection = _item(raw, CollectionWire)
    except BadItem as error:
        yield f"collection {number[:40]}: {error}"
        return
    for key, pack in collection.stickers.items():
        yield from _pack(collection.name, f"collection {number[:40]}, pack {key[:40]}", pack)


def _pack(collection_name: str, place: str, raw: msgspec.Raw) -> Iterator[Reading | str]:
    """The reading of a pack, and why it has no price if it has none; only the reason where it can't be named."""
    name: str | None = None
    price: int | None = None
    why: str | None = None
    try:
        name = _item(raw, NamedWire).name
        price = price_nano(_item(raw, PackWire).current.price.floor.ton)
    except (BadItem, NoPrice) as error:
        why = f"{place}: {error}"
    if name is not None:
        yield Reading(collection_name, name, price, VENDOR)
    if why is not None:
        yield why


def _item(raw: msgspec.Raw, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadItem(str(error)[:200]) from error

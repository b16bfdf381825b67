"""Packs: what can be won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
from litestar import Response, Router, get
from litestar.params import Parameter

from stickercase.domain.money import ton
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.provided import FromWindow
from stickercase.entrypoints.http.requests import MAX_ID, ApiRequest, whole_number
from stickercase.entrypoints.http.window import Stock

MOST = 1000


class CaseChanceWire(msgspec.Struct):
    """A case that holds a pack, and the pack's chance in it."""

    chance: float
    case_name: str


class PackWire(msgspec.Struct):
    """A pack as the mini-app knows it; ``floor_price`` in TON."""

    id: int
    pack_name: str
    collection_name: str
    contributor: str
    floor_price: float
    status: str
    in_stock_count: int
    image_url: str
    cases: list[CaseChanceWire]


class PacksWire(msgspec.Struct):
    """A list of packs."""

    status: str
    items: list[PackWire]


class OnePackWire(msgspec.Struct):
    """One pack."""

    status: str
    pack: PackWire


def pack_wire(shelf: Shelf, pack_id: int, in_stock_count: int) -> PackWire:
    """The pack object that every answer shows."""
    pack = shelf.packs[pack_id]
    return PackWire(
        id=pack.id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        contributor=pack.contributor,
        floor_price=ton(pack.floor_nano),
        status=pack.status.value,
        in_stock_count=in_stock_count,
        image_url=pack.image_url,
        cases=[CaseChanceWire(chance, name) for name, chance in shelf.cases_of_pack.get(pack_id, ())],
    )


@dataclass(frozen=True, slots=True)
class AllPacks:
    """Packs in ascending id, of one contributor or of all: ``limit`` of them from ``offset`` on."""

    contributor: str | None
    limit: int
    offset: int
    stock: ClassVar = Stock.COUNTS

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        """The list; empty for a contributor without any."""
        packs = shelf.packs.values()
        ids = sorted(pack.id for pack in packs if self.contributor in (None, pack.contributor))
        shown = ids[self.offset : self.offset + self.limit]
        return msgspec.json.encode(
            PacksWire("success", [pack_wire(shelf, pack_id, free.get(pack_id, 0)) for pack_id in shown])
        )


@dataclass(frozen=True, slots=True)
class OnePack:
    """One pack."""

    pack_id: int
    stock: ClassVar = Stock.COUNTS

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        """The pack."""
        if self.pack_id not in shelf.packs:
            raise Refused(NotFound("pack", str(self.pack_id)))
        return msgspec.json.encode(OnePackWire("success", pack_wire(shelf, self.pack_id, free.get(self.pack_id, 0))))


@get("/", summary="All packs, or one by its id")
async def list_packs(
    request: ApiRequest,
    window: FromWindow,
    pack_id: Annotated[str | None, Parameter(query="id")] = None,
    limit: str | None = None,
    offset: str | None = None,
) -> Response[PacksWire | OnePackWire]:
    """All packs in ascending id; with `id` just that one."""
    page = _page(None, limit, offset)
    if pack_id is None:
        return await window.show(request, page)
    return await window.show(request, OnePack(whole_number(pack_id, "id", 1, MAX_ID)))


@get("/contributor/{contributor:str}", summary="The packs of one contributor")
async def list_packs_of_contributor(
    request: ApiRequest, window: FromWindow, contributor: str, limit: str | None = None, offset: str | None = None
) -> Response[PacksWire]:
    """The packs that one contributor has issued; an empty list for a contributor without any."""
    return await window.show(request, _page(contributor, limit, offset))


def _page(contributor: str | None, limit: str | None, offset: str | None) -> AllPacks:
    start = whole_number(offset or "0", "offset", 0, MAX_ID)
    return AllPacks(contributor, whole_number(limit or str(MOST), "limit", 1, MOST), start)


router = Router("/api/packs", route_handlers=[list_packs, list_packs_of_contributor], tags=["packs"])

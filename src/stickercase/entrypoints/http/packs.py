"""Packs: what can be won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import Parameter

from stickercase.domain.money import ton
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.provided import FromShelves
from stickercase.entrypoints.http.requests import MAX_ID, whole_number

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


@get("/", sync_to_thread=True, summary="All packs, or one by its id")
def list_packs(
    shelves: FromShelves,
    pack_id: Annotated[str | None, Parameter(query="id")] = None,
    limit: str | None = None,
    offset: str | None = None,
) -> PacksWire | OnePackWire:
    """All packs in ascending id; with `id` just that one."""
    shelf, free = shelves.shelf()
    if pack_id is None:
        page = _page(sorted(shelf.packs), limit, offset)
        return _listed(shelf, free, page)
    wanted = whole_number(pack_id, "id", 1, MAX_ID)
    if wanted not in shelf.packs:
        raise Refused(NotFound("pack", pack_id))
    return OnePackWire("success", pack_wire(shelf, wanted, free.get(wanted, 0)))


@get("/contributor/{contributor:str}", sync_to_thread=True, summary="The packs of one contributor")
def list_packs_of_contributor(
    shelves: FromShelves, contributor: str, limit: str | None = None, offset: str | None = None
) -> PacksWire:
    """The packs that one contributor has issued; an empty list for a contributor without any."""
    shelf, free = shelves.shelf()
    ids = sorted(pack.id for pack in shelf.packs.values() if pack.contributor == contributor)
    return _listed(shelf, free, _page(ids, limit, offset))


def _page(ids: list[int], limit: str | None, offset: str | None) -> list[int]:
    start = whole_number(offset or "0", "offset", 0, MAX_ID)
    return ids[start : start + whole_number(limit or str(MOST), "limit", 1, MOST)]


def _listed(shelf: Shelf, free: Mapping[int, int], ids: list[int]) -> PacksWire:
    return PacksWire("success", [pack_wire(shelf, pack_id, free.get(pack_id, 0)) for pack_id in ids])


router = Router("/api/packs", route_handlers=[list_packs, list_packs_of_contributor], tags=["packs"])

"""Cases: what is on sale, and opening one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from litestar import Router, get

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.money import ton, ton_text
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.openings import open_case, show_demo_opening
from stickercase.entrypoints.http.provided import FromShelves
from stickercase.entrypoints.http.requests import ApiRequest, whole_number

DEFAULT_LIMIT, MOST = 20, 100
MAX_OFFSET = 2**31 - 1


class CaseWire(msgspec.Struct):
    """A case; ``price`` in TON, fees in percent."""

    name: str
    price: float
    image_url: str
    base_fee: float
    status: str
    current_fee: float


class CasesWire(msgspec.Struct):
    """All cases on sale."""

    status: str
    items: list[CaseWire]


class CasesPageWire(msgspec.Struct):
    """A page of the cases on sale; ``next`` and ``previous`` are absolute URLs."""

    status: str
    count: int
    next: str | None
    previous: str | None
    items: list[CaseWire]


class OneCaseWire(msgspec.Struct):
    """One case."""

    status: str
    case: CaseWire


class CaseItemWire(msgspec.Struct):
    """A row of an odds table; ``pack_floor_price`` is TON with three decimals."""

    pack_id: int
    pack_name: str
    collection_name: str
    pack_image: str
    chance: float
    tickets: int
    case_name: str
    pack_floor_price: str


class CaseItemsWire(msgspec.Struct):
    """The odds table of a case, in ascending pack id."""

    status: str
    case: str
    table_id: str
    items: list[CaseItemWire]


def case_wire(shelf: Shelf, case: Case, free: Mapping[int, int]) -> CaseWire:
    """The case object that every answer shows."""
    return CaseWire(
        name=case.name,
        price=ton(case.price_nano),
        image_url=case.image_url,
        base_fee=case.base_fee,
        status=shelf.status(case, free).value,
        current_fee=shelf.current_fee(case),
    )


@get("/", sync_to_thread=True, summary="The cases on sale, or one by its name")
def list_cases(
    request: ApiRequest,
    shelves: FromShelves,
    name: str | None = None,
    pagination: str | None = None,
    limit: str | None = None,
    offset: str | None = None,
) -> CasesWire | CasesPageWire | OneCaseWire:
    """Active cases, oldest first. `name` gives one case of any status; `pagination=true` a page."""
    shelf, free = shelves.shelf()
    if name is not None:
        return OneCaseWire("success", case_wire(shelf, _found(shelf, name), free))
    by_age = sorted(shelf.cases.values(), key=lambda case: case.id)
    wires = [case_wire(shelf, case, free) for case in by_age if shelf.status(case, free) is CaseStatus.ACTIVE]
    if (pagination or "").lower() not in ("true", "1"):
        return CasesWire("success", wires[:MOST])
    size = whole_number(limit or str(DEFAULT_LIMIT), "limit", 1, MOST)
    start = whole_number(offset or "0", "offset", 0, MAX_OFFSET)
    return CasesPageWire(
        status="success",
        count=len(wires),
        next=_page_url(request, size, start + size) if start + size < len(wires) else None,
        previous=_page_url(request, size, max(0, start - size)) if start > 0 else None,
        items=wires[start : start + size],
    )


@get("/{name:str}/items", sync_to_thread=True, summary="The odds table of a case")
def list_case_items(shelves: FromShelves, name: str) -> CaseItemsWire:
    """What can be won, with which chance, and the id of the table that openings are drawn from."""
    shelf, _ = shelves.shelf()
    case = _found(shelf, name)
    items = []
    for row in case.odds.rows:
        pack = shelf.packs[row.pack_id]
        items.append(
            CaseItemWire(
                pack_id=row.pack_id,
                pack_name=pack.pack_name,
                collection_name=pack.collection_name,
                pack_image=pack.image_url,
                chance=row.chance,
                tickets=row.tickets,
                case_name=case.name,
                pack_floor_price=ton_text(pack.floor_nano),
            )
        )
    return CaseItemsWire("success", case.name, case.odds.table_id, items)


def _found(shelf: Shelf, name: str) -> Case:
    case = shelf.cases.get(name)
    if case is None:
        raise Refused(NotFound("case", name))
    return case


def _page_url(request: ApiRequest, limit: int, offset: int) -> str:
    query = urlencode({"pagination": "true", "limit": limit, "offset": offset})
    base: str = request.app.state.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/api/cases/?{query}"


router = Router(
    "/api/cases", route_handlers=[list_cases, list_case_items, open_case, show_demo_opening], tags=["cases"]
)

"""Cases: what is on sale, and opening one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

import msgspec
from litestar import Response, Router, get

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import OddsRow
from stickercase.domain.money import ton, ton_text
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.openings import open_case, show_demo_opening
from stickercase.entrypoints.http.provided import FromWindow
from stickercase.entrypoints.http.requests import ApiRequest, whole_number
from stickercase.entrypoints.http.window import Stock

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


@dataclass(frozen=True, slots=True)
class CasesOnSale:
    """Active cases, oldest first: ``limit`` of them from ``offset`` on.

    ``base`` is where addresses of other pages begin; None for a list that has no other pages.
    """

    limit: int
    offset: int
    base: str | None
    stock: ClassVar = Stock.SOLD_OUT

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        """The list, or the page."""
        by_age = sorted(shelf.cases.values(), key=lambda case: case.id)
        wires = [case_wire(shelf, case, free) for case in by_age if shelf.status(case, free) is CaseStatus.ACTIVE]
        shown = wires[self.offset : self.offset + self.limit]
        if self.base is None:
            return msgspec.json.encode(CasesWire("success", shown))
        start, end = self.offset, self.offset + self.limit
        page = CasesPageWire(
            status="success",
            count=len(wires),
            next=self._url(self.base, end) if end < len(wires) else None,
            previous=self._url(self.base, max(0, start - self.limit)) if start > 0 else None,
            items=shown,
        )
        return msgspec.json.encode(page)

    def _url(self, base: str, offset: int) -> str:
        query = urlencode({"pagination": "true", "limit": self.limit, "offset": offset})
        return f"{base.rstrip('/')}/api/cases/?{query}"


@dataclass(frozen=True, slots=True)
class OneCase:
    """One case of any status."""

    name: str
    stock: ClassVar = Stock.SOLD_OUT

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        """The case."""
        return msgspec.json.encode(OneCaseWire("success", case_wire(shelf, _found(shelf, self.name), free)))


@dataclass(frozen=True, slots=True)
class CaseItems:
    """The odds table of a case."""

    name: str
    stock: ClassVar = Stock.NOTHING

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:  # noqa: ARG002  # the view's
        """The rows in ascending pack id."""
        case = _found(shelf, self.name)
        items = [_item_wire(case, row, shelf.packs[row.pack_id]) for row in case.odds.rows]
        return msgspec.json.encode(CaseItemsWire("success", case.name, case.odds.table_id, items))


@get("/", summary="The cases on sale, or one by its name")
async def list_cases(
    request: ApiRequest,
    window: FromWindow,
    name: str | None = None,
    pagination: str | None = None,
    limit: str | None = None,
    offset: str | None = None,
) -> Response[CasesWire | CasesPageWire | OneCaseWire]:
    """Active cases, oldest first. `name` gives one case of any status; `pagination=true` a page."""
    size = whole_number(limit or str(DEFAULT_LIMIT), "limit", 1, MOST)
    start = whole_number(offset or "0", "offset", 0, MAX_OFFSET)
    if name is not None:
        return await window.show(request, OneCase(name))
    if (pagination or "").lower() not in ("true", "1"):
        return await window.show(request, CasesOnSale(MOST, 0, None))
    base: str = request.app.state.public_url or str(request.base_url)
    return await window.show(request, CasesOnSale(size, start, base))


@get("/{name:str}/items", summary="The odds table of a case")
async def list_case_items(request: ApiRequest, window: FromWindow, name: str) -> Response[CaseItemsWire]:
    """What can be won, with which chance, and the id of the table that openings are drawn from."""
    return await window.show(request, CaseItems(name))


def _item_wire(case: Case, row: OddsRow, pack: Pack) -> CaseItemWire:
    return CaseItemWire(
        pack_id=row.pack_id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        pack_image=pack.image_url,
        chance=row.chance,
        tickets=row.tickets,
        case_name=case.name,
        pack_floor_price=ton_text(pack.floor_nano),
    )


def _found(shelf: Shelf, name: str) -> Case:
    case = shelf.cases.get(name)
    if case is None:
        raise Refused(NotFound("case", name))
    return case


router = Router(
    "/api/cases", route_handlers=[list_cases, list_case_items, open_case, show_demo_opening], tags=["cases"]
)

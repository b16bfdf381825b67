"""What operators do, with a service token: every change is idempotent, validated whole and logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from litestar import Response, Router, get, patch, post

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import MAX_ROWS
from stickercase.domain.ledger.laws import LawReport, all_held
from stickercase.domain.money import ton
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.stock.packs import NewUnit, Pack, PackStatus
from stickercase.domain.use_cases.publish_cases import CaseChange, NewCase
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.domain.wallet.addresses import BadAddress, parse_address
from stickercase.entrypoints.http import operators_of_books as books
from stickercase.entrypoints.http import operators_of_deliveries as deliveries
from stickercase.entrypoints.http import operators_of_pictures as pictures
from stickercase.entrypoints.http import operators_of_players as players
from stickercase.entrypoints.http import operators_of_prices as prices
from stickercase.entrypoints.http import operators_of_reports as reports
from stickercase.entrypoints.http import operators_of_syncs as syncs
from stickercase.entrypoints.http import operators_of_withdrawals as withdrawals
from stickercase.entrypoints.http import operators_of_work as work
from stickercase.entrypoints.http.callers import service_only
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromAudits, FromCaller, FromShelves
from stickercase.entrypoints.http.requests import (
    MAX_ID,
    MAX_SERVICE_BODY,
    MAX_TEXT,
    Amount,
    amount_nano,
    name_in_path,
    short_text,
    spoken,
    whole_number,
)

Status = Literal["active", "inactive"]


class NewPackWire(msgspec.Struct):
    """A pack to be put on the shelf; ``floor_price`` in TON."""

    pack_name: str
    collection_name: str
    contributor: str
    floor_price: Amount
    image_url: str = ""
    gift_id: str | None = None
    status: Status = "active"


class PackChangeWire(msgspec.Struct):
    """New values for a pack; what is left out stays."""

    pack_name: str | None = None
    collection_name: str | None = None
    contributor: str | None = None
    floor_price: Amount | None = None
    image_url: str | None = None
    gift_id: str | None = None
    status: Status | None = None


class OperatorPackWire(msgspec.Struct):
    """A pack as operators see it."""

    id: int
    pack_name: str
    collection_name: str
    contributor: str
    floor_price: float
    status: str
    image_url: str
    gift_id: str | None


class OnePackWire(msgspec.Struct):
    """One pack."""

    status: str
    pack: OperatorPackWire


class UnitWire(msgspec.Struct):
    """A unit to be stocked."""

    number: int
    nft_address: str | None = None


class NewUnitsWire(msgspec.Struct):
    """Units to be stocked, as bare numbers or with details; 10,000 at most."""

    numbers: list[int] = []
    units: list[UnitWire] = []


class StockWire(msgspec.Struct):
    """A pack's stock after a change."""

    status: str
    in_stock_count: int


class ItemWire(msgspec.Struct):
    """A row of a case's odds table."""

    pack_id: int
    chance: float


class NewCaseWire(msgspec.Struct):
    """A case to be put on sale; ``price`` in TON, ``base_fee`` in percent; chances sum to 1."""

    name: str
    price: Amount
    base_fee: float
    items: list[ItemWire]
    image_url: str = ""
    status: Status = "active"


class CaseChangeWire(msgspec.Struct):
    """New values for a case; what is left out stays, ``items`` is always the whole table."""

    price: Amount | None = None
    base_fee: float | None = None
    image_url: str | None = None
    status: Status | None = None
    items: list[ItemWire] | None = None


class OffSaleWire(msgspec.Struct):
    """Who took a case off sale, `rebalance` or a caller, and why."""

    by: str
    why: str


class OperatorCaseWire(msgspec.Struct):
    """A case as operators see it; ``reported_fee`` is what the price feeder last measured, null before it has.

    ``off_sale`` is null while the case is active.
    """

    name: str
    price: float
    image_url: str
    base_fee: float
    status: str
    current_fee: float
    table_id: str
    reported_fee: float | None
    off_sale: OffSaleWire | None


class OneCaseWire(msgspec.Struct):
    """One case."""

    status: str
    case: OperatorCaseWire


class LawWire(msgspec.Struct):
    """How one law fared."""

    law: str
    checked: int
    breaches: int


class AuditWire(msgspec.Struct):
    """Every law of ledger, stock and draws, recomputed."""

    status: str
    ok: bool
    laws: list[LawWire]


@post("/packs", status_code=201, sync_to_thread=True, summary="Add a pack")
def post_pack(data: NewPackWire, caller: FromCaller, add_pack: Act) -> Response[OnePackWire]:
    """Put a new pack on the shelf; its stock is empty."""
    pack = Pack(
        id=0,
        pack_name=spoken(data.pack_name, "pack_name"),
        collection_name=spoken(data.collection_name, "collection_name"),
        contributor=spoken(data.contributor, "contributor"),
        floor_nano=amount_nano(data.floor_price, "floor_price"),
        image_url=spoken(data.image_url, "image_url", least=0),
        status=PackStatus(data.status),
        gift_id=short_text(data.gift_id, "gift_id", MAX_TEXT),
    )
    return answer(add_pack(caller, pack, _pack_answer), 201)


@patch("/packs/{pack_id:str}", sync_to_thread=True, summary="Change a pack")
def patch_pack(pack_id: str, data: PackChangeWire, caller: FromCaller, edit_pack: Act) -> Response[OnePackWire]:
    """Change some fields of a pack."""
    change = PackChange(
        pack_name=spoken(data.pack_name, "pack_name"),
        collection_name=spoken(data.collection_name, "collection_name"),
        contributor=spoken(data.contributor, "contributor"),
        floor_nano=amount_nano(data.floor_price, "floor_price"),
        image_url=spoken(data.image_url, "image_url", least=0),
        gift_id=short_text(data.gift_id, "gift_id", MAX_TEXT),
        status=None if data.status is None else PackStatus(data.status),
    )
    return answer(edit_pack(caller, whole_number(pack_id, "id", 1, MAX_ID), change, _pack_answer))


@post("/packs/{pack_id:str}/units", status_code=200, sync_to_thread=True, summary="Stock units of a pack")
def post_units(pack_id: str, data: NewUnitsWire, caller: FromCaller, add_units: Act) -> Response[StockWire]:
    """Add units to the stock, all or none; a number exists once per pack."""
    units = [NewUnit(number) for number in data.numbers]
    units += [NewUnit(u.number, _nft_address(u.nft_address)) for u in data.units]
    wanted = whole_number(pack_id, "id", 1, MAX_ID)
    return answer(add_units(caller, wanted, units, lambda free: msgspec.json.encode(StockWire("success", free))))


def _nft_address(text: str | None) -> str | None:
    """In the raw form. A unit whose address is wrong could never be taken out, so that is refused."""
    if text is None:
        return None
    try:
        return parse_address(text).raw
    except BadAddress as error:
        raise Refused(InvalidRequest("units.nft_address", str(error))) from error


@post("/cases", status_code=201, sync_to_thread=True, summary="Add a case")
def post_case(data: NewCaseWire, caller: FromCaller, shelves: FromShelves, add_case: Act) -> Response[OneCaseWire]:
    """Put a new case on sale. Any fee is accepted: it is the operator's promise, and `current_fee` shows it."""
    new = NewCase(
        name=spoken(data.name, "name"),
        price_nano=amount_nano(data.price, "price"),
        base_fee=data.base_fee,
        image_url=spoken(data.image_url, "image_url", least=0),
        status=CaseStatus(data.status),
        items=_items(data.items),
    )
    return answer(add_case(caller, new, _case_answer(shelves)), 201)


@patch("/cases/{name:str}", sync_to_thread=True, summary="Change a case")
def patch_case(
    name: str, data: CaseChangeWire, caller: FromCaller, shelves: FromShelves, edit_case: Act
) -> Response[OneCaseWire]:
    """Change a case; other odds become a new version of its table."""
    change = CaseChange(
        price_nano=amount_nano(data.price, "price"),
        base_fee=data.base_fee,
        image_url=spoken(data.image_url, "image_url", least=0),
        status=None if data.status is None else CaseStatus(data.status),
        items=None if data.items is None else _items(data.items),
    )
    return answer(edit_case(caller, name_in_path(name, "case"), change, _case_answer(shelves)))


@get("/audit", sync_to_thread=True, summary="Recompute every law")
def get_audit(audits: FromAudits) -> AuditWire:
    """Every law of ledger, stock and draws with what was checked and what was broken."""
    reports: Sequence[LawReport] = audits.audit()
    laws = [LawWire(report.law, report.checked, report.breaches) for report in reports]
    return AuditWire("success", all_held(reports), laws)


def _pack_answer(pack: Pack) -> bytes:
    wire = OperatorPackWire(
        id=pack.id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        contributor=pack.contributor,
        floor_price=ton(pack.floor_nano),
        status=pack.status.value,
        image_url=pack.image_url,
        gift_id=pack.gift_id,
    )
    return msgspec.json.encode(OnePackWire("success", wire))


def _case_answer(shelves: FromShelves) -> Callable[[Case], bytes]:
    shelf, _ = shelves.shelf()
    return lambda case: msgspec.json.encode(OneCaseWire("success", _case_wire(case, shelf)))


def _case_wire(case: Case, shelf: Shelf) -> OperatorCaseWire:
    return OperatorCaseWire(
        name=case.name,
        price=ton(case.price_nano),
        image_url=case.image_url,
        base_fee=case.base_fee,
        status=case.status.value,
        current_fee=shelf.current_fee(case),
        table_id=case.odds.table_id,
        reported_fee=case.reported_fee,
        off_sale=None if case.off_sale is None else OffSaleWire(case.off_sale.by, case.off_sale.why),
    )


def _items(items: list[ItemWire]) -> list[tuple[int, float]]:
    if len(items) > MAX_ROWS:
        raise Refused(InvalidRequest("items", f"at most {MAX_ROWS} rows"))
    return [(whole_number(item.pack_id, "items.pack_id", 1, MAX_ID), item.chance) for item in items]


router = Router(
    "/api/operator",
    route_handlers=[
        post_pack,
        patch_pack,
        post_units,
        post_case,
        patch_case,
        *books.HANDLERS,
        *pictures.HANDLERS,
        *players.HANDLERS,
        *prices.HANDLERS,
        *withdrawals.HANDLERS,
        *syncs.HANDLERS,
        *reports.HANDLERS,
        *work.HANDLERS,
        *deliveries.HANDLERS,
        get_audit,
    ],
    guards=[service_only],
    request_max_body_size=MAX_SERVICE_BODY,
    tags=["operators"],
)

"""What the price feeder sends: chances, prices and floors of many things by their names, all or none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from litestar import Response, Router, patch

from stickercase.domain.cases.odds import MAX_ROWS
from stickercase.domain.money import ton
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.stock.floors import Effect, Reading
from stickercase.domain.use_cases.update_chances import ChancesUpdated, NamedChance
from stickercase.domain.use_cases.update_floors import FloorsUpdated
from stickercase.domain.use_cases.update_prices import PriceUpdate, PriceUpdated
from stickercase.entrypoints.http.callers import service_only
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller
from stickercase.entrypoints.http.requests import MAX_SERVICE_BODY, Amount, amount_nano

log = structlog.get_logger(__name__)
HELD_BACK = (Effect.REJECTED, Effect.LATE)


class ChanceWire(msgspec.Struct):
    """A row of a case's table; the pack is found by both names together."""

    pack_name: str
    collection_name: str
    chance: float


class ChancesWire(msgspec.Struct):
    """By name of the case its whole table; chances sum to 1."""

    data: dict[str, list[ChanceWire]]


class ChancesInfoWire(msgspec.Struct):
    """``info`` counts the rows of new odds versions; ``table_ids`` has every named case's table in force."""

    status: str
    info: int
    table_ids: dict[str, str]


class PriceWire(msgspec.Struct):
    """A case's new ``price`` in TON, and the ``fee`` in percent that the feeder measured; either may be left out."""

    price: Amount | None = None
    fee: float | None = None


class PricesWire(msgspec.Struct):
    """Prices and measured fees by name of the case."""

    data: dict[str, PriceWire]


class PricesInfoWire(msgspec.Struct):
    """``info`` counts the cases that were changed; ``current_fees`` are ours, in percent."""

    status: str
    info: int
    current_fees: dict[str, float]


class FloorsWire(msgspec.Struct):
    """By collection and by pack its floor price in TON."""

    packs_data: dict[str, dict[str, Amount]]


class HeardPriceWire(msgspec.Struct):
    """A price that is not in force: ``floor_price`` is, and ``why`` says the reason. In TON."""

    id: int
    pack_name: str
    collection_name: str
    price: float
    floor_price: float
    why: str


class FloorsInfoWire(msgspec.Struct):
    """``info`` counts the packs that have another price in force now.

    ``quarantined`` waits for the next sync or an operator; ``ignored`` is not heard at all.
    """

    status: str
    info: int
    quarantined: list[HeardPriceWire]
    ignored: list[HeardPriceWire]


@patch("/cases/update-chances", sync_to_thread=True, summary="Update the odds of several cases")
def patch_chances(data: ChancesWire, caller: FromCaller, update_chances: Act) -> Response[ChancesInfoWire]:
    """Each table is the whole of its case's and becomes a new version; one that is in force already does not."""
    tables = {
        name: [NamedChance(row.collection_name, row.pack_name, row.chance) for row in _bounded(name, rows)]
        for name, rows in data.data.items()
    }
    return answer(update_chances(caller, tables, _chances_answer))


@patch("/cases/update-cases", sync_to_thread=True, summary="Update the prices of several cases")
def patch_prices(data: PricesWire, caller: FromCaller, update_prices: Act) -> Response[PricesInfoWire]:
    """Prices are set; measured fees are kept beside ours, which are always recomputed."""
    updates = {
        name: PriceUpdate(amount_nano(wire.price, f"data.{name}.price"), wire.fee) for name, wire in data.data.items()
    }
    done: list[PriceUpdated] = []

    def render(updated: Sequence[PriceUpdated]) -> bytes:
        done.extend(updated)
        return _prices_answer(updated)

    answered = update_prices(caller, updates, render)
    for one in done:
        if one.is_disputed:
            fees = {"reported_fee": one.after.reported_fee, "current_fee": one.fee}
            log.warning("fee_disputed", case=one.after.name, who=caller.name, **fees)
    return answer(answered)


@patch("/packs/update-stickers-price", sync_to_thread=True, summary="Update the floors of several packs")
def patch_floors(data: FloorsWire, caller: FromCaller, update_floors: Act) -> Response[FloorsInfoWire]:
    """Floors pass price hygiene: a change of at most threefold is in force at once, a larger one is quarantined."""
    readings = [
        Reading(collection, name, amount_nano(price, f"packs_data.{collection}.{name}"), caller.name)
        for collection, prices in data.packs_data.items()
        for name, price in prices.items()
    ]
    return answer(update_floors(caller, readings, _floors_answer))


def _bounded(name: str, rows: list[ChanceWire]) -> list[ChanceWire]:
    if len(rows) > MAX_ROWS:
        raise Refused(InvalidRequest(f"data.{name}", f"at most {MAX_ROWS} rows"))
    return rows


def _chances_answer(updated: Sequence[ChancesUpdated]) -> bytes:
    table_ids = {one.after.name: one.after.odds.table_id for one in updated}
    return msgspec.json.encode(ChancesInfoWire("success", sum(one.rows for one in updated), table_ids))


def _prices_answer(updated: Sequence[PriceUpdated]) -> bytes:
    fees = {one.after.name: one.fee for one in updated}
    return msgspec.json.encode(PricesInfoWire("success", sum(one.is_changed for one in updated), fees))


def _floors_answer(updated: FloorsUpdated) -> bytes:
    sync = updated.sync
    ignored = [pack_id for pack_id, step in sync.steps.items() if step.effect in HELD_BACK]
    lists = ([_heard(updated, pack_id) for pack_id in pack_ids] for pack_ids in (sync.quarantined, ignored))
    return msgspec.json.encode(FloorsInfoWire("success", len(sync.changed), *lists))


def _heard(updated: FloorsUpdated, pack_id: int) -> HeardPriceWire:
    pack, step = updated.packs[pack_id], updated.sync.steps[pack_id]
    price = updated.sync.matching.readings[pack_id].price_nano
    assert isinstance(price, int), "a reading that was matched has a usable price"
    return HeardPriceWire(
        id=pack_id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        price=ton(price),
        floor_price=ton(pack.floor_nano),
        why=step.effect.value,
    )


router = Router(
    "/api",
    route_handlers=[patch_chances, patch_prices, patch_floors],
    guards=[service_only],
    request_max_body_size=MAX_SERVICE_BODY,
    tags=["feeds"],
)

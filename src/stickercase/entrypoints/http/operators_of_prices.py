"""What operators do with floors: see which cannot be relied on, accept or reject a price that waits."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get, post

from stickercase.domain.money import ton
from stickercase.domain.stock.floors import Floor, doubt
from stickercase.domain.stock.packs import Pack
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromClock, FromPrices, FromShelves
from stickercase.entrypoints.http.requests import MAX_ID, Amount, amount_nano, whole_number

MOST = 1000


class WaitingWire(msgspec.Struct):
    """A price in quarantine, in TON; ``age`` in seconds since the sync that first brought it."""

    price: float
    seen_at: datetime
    age: float
    source: str


class DoubtfulPriceWire(msgspec.Struct):
    """A floor that cannot be relied on: ``price_status`` is ``quarantined``, ``stale`` or ``missing``.

    ``floor_price`` in TON is in force; ``age`` in seconds since somebody last said so.
    """

    id: int
    pack_name: str
    collection_name: str
    price_status: str
    floor_price: float
    accepted_at: datetime
    age: float
    quarantined: WaitingWire | None


class DoubtfulPricesWire(msgspec.Struct):
    """A page of the floors that cannot be relied on, the oldest first; ``count`` is of all of them."""

    status: str
    count: int
    items: list[DoubtfulPriceWire]


class PriceWire(msgspec.Struct):
    """The quarantined price in TON that the operator was shown."""

    price: Amount


class SettledWire(msgspec.Struct):
    """The floor that is in force now, in TON."""

    status: str
    floor_price: float


@get("/prices", sync_to_thread=True, summary="Floors that cannot be relied on")
def get_prices(
    shelves: FromShelves, prices: FromPrices, clock: FromClock, limit: str | None = None, offset: str | None = None
) -> DoubtfulPricesWire:
    """Packs that can't be sold back or upgraded now, why, and for how long: quarantined, stale or missing floors."""
    start = whole_number(offset or "0", "offset", 0, MAX_ID)
    size = whole_number(limit or str(MOST), "limit", 1, MOST)
    now = clock.now()
    # The floors first: a pack that is made in between is then on the shelf as well.
    floors = prices.floors()
    shelf, _ = shelves.shelf()
    doubtful = [pack_id for pack_id, floor in floors.items() if doubt(floor, now) is not None]
    doubtful.sort(key=lambda pack_id: (floors[pack_id].accepted_at, pack_id))
    page = [_wire(shelf.packs[pack_id], floors[pack_id], now) for pack_id in doubtful[start : start + size]]
    return DoubtfulPricesWire("success", len(doubtful), page)


@post("/packs/{pack_id:str}/price/accept", status_code=200, sync_to_thread=True, summary="Accept a quarantined price")
def post_accept(pack_id: str, data: PriceWire, caller: FromCaller, accept_price: Act) -> Response[SettledWire]:
    """The price is in force from now on. 404 when another price, or none, waits meanwhile."""
    return answer(accept_price(caller, *_settling(pack_id, data), _settled))


@post("/packs/{pack_id:str}/price/reject", status_code=200, sync_to_thread=True, summary="Reject a quarantined price")
def post_reject(pack_id: str, data: PriceWire, caller: FromCaller, reject_price: Act) -> Response[SettledWire]:
    """The price is dropped, and heard from no feed again. The floor in force stays, as old as it is."""
    return answer(reject_price(caller, *_settling(pack_id, data), _settled))


def _settling(pack_id: str, data: PriceWire) -> tuple[int, int]:
    return whole_number(pack_id, "id", 1, MAX_ID), amount_nano(data.price, "price")


def _settled(floor: Floor) -> bytes:
    return msgspec.json.encode(SettledWire("success", ton(floor.price_nano)))


def _wire(pack: Pack, floor: Floor, now: datetime) -> DoubtfulPriceWire:
    why = doubt(floor, now)
    assert why is not None, "what can be relied on is not listed"
    waiting = floor.quarantined
    return DoubtfulPriceWire(
        id=pack.id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        price_status=why.value,
        floor_price=ton(floor.price_nano),
        accepted_at=floor.accepted_at,
        age=(now - floor.accepted_at).total_seconds(),
        quarantined=None
        if waiting is None
        else WaitingWire(
            ton(waiting.price_nano), waiting.seen_at, (now - waiting.seen_at).total_seconds(), waiting.source
        ),
    )


HANDLERS = (get_prices, post_accept, post_reject)

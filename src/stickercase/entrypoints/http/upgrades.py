"""Upgrades: what a player may try to win for a bet, and trying it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, Router, get, post
from litestar.params import Parameter

from stickercase.domain.money import ton
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.upgrades.ladder import Offer
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded, UpgradeUnit
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.openings import FairnessWire, answer, draw_id
from stickercase.entrypoints.http.packs import PackWire, pack_wire
from stickercase.entrypoints.http.provided import Act, FromCaller, FromLobby, FromMe, FromShelves, FromUseCase
from stickercase.entrypoints.http.requests import MAX_ID, short_text, whole_number

TABLE_ID_LENGTH = 64
V = TypeVar("V")


class OfferWire(msgspec.Struct):
    """A unit that can be won; ``id`` is the unit's, ``price`` in TON. ``table_id`` makes the offer binding."""

    id: int
    pack_name: str
    collection_name: str
    contributor: str
    number: int
    price: float
    image_url: str
    chance: float
    table_id: str


class OffersWire(msgspec.Struct):
    """The ladder of offers, by ascending price."""

    status: str
    items: list[OfferWire]


class UpgradeWishWire(msgspec.Struct):
    """What a player bets (``user_liq_id`` or several in ``user_liq_ids``: ids of the inventory) and for which unit.

    ``table_id`` is that of the offer the player was shown, where given.
    """

    telegram_id: int | str
    upgrade_liq_id: int | str
    user_liq_id: int | str | None = None
    user_liq_ids: list[int | str] | None = None
    table_id: str | None = None


class UpgradedWire(msgspec.Struct):
    """How an upgrade ended. ``drop``, its number and its ``item_id`` in the inventory are null when it was lost."""

    status: str
    success: bool
    drop: PackWire | None
    drop_number: int | None
    item_id: int | None
    upgrade_id: int
    chance: float
    fairness: FairnessWire


@get("/check", guards=[player_only], sync_to_thread=True, summary="What can be won for a bet")
def check_upgrade(
    me: FromMe,
    lobby: FromLobby,
    shelves: FromShelves,
    offer_upgrades: FromUseCase,
    telegram_id: str | None = None,
    item_ids: Annotated[list[str] | None, Parameter(query="id")] = None,
) -> OffersWire:
    """The ladder of offers for one or more items (repeat `id`) of the player's inventory. Reserves nothing."""
    player_id = meet(_given(telegram_id, "telegram_id"), me, lobby)
    wanted = [whole_number(item_id, "id", 1, MAX_ID) for item_id in _given(item_ids, "id")]
    offers = offer_upgrades(player_id, wanted)
    shelf, _ = shelves.shelf()
    return OffersWire("success", [_offer_wire(offer, shelf) for offer in offers])


@post("/upgrade", guards=[player_only], status_code=200, sync_to_thread=True, summary="Upgrade stickers")
def upgrade(
    data: UpgradeWishWire, me: FromMe, caller: FromCaller, shelves: FromShelves, upgrade_unit: Act
) -> Response[UpgradedWire]:
    """Bet stickers for one that is worth more. They return to the stock either way; on a win the target is yours."""
    wish = UpgradeUnit(
        me.named(data.telegram_id),
        tuple(whole_number(item_id, "user_liq_ids", 1, MAX_ID) for item_id in _bet(data)),
        whole_number(data.upgrade_liq_id, "upgrade_liq_id", 1, MAX_ID),
        short_text(data.table_id, "table_id", TABLE_ID_LENGTH),
    )
    return answer(upgrade_unit(caller, wish, _render(shelves)))


def _given(value: V | None, field: str) -> V:
    if not value:
        raise Refused(InvalidRequest(field, "is needed"))
    return value


def _bet(data: UpgradeWishWire) -> list[int | str]:
    if (data.user_liq_id is None) == (data.user_liq_ids is None):
        raise Refused(InvalidRequest("user_liq_ids", "give either user_liq_id or user_liq_ids"))
    return [data.user_liq_id] if data.user_liq_id is not None else data.user_liq_ids or []


def _offer_wire(offer: Offer, shelf: Shelf) -> OfferWire:
    pack = shelf.packs[offer.unit.pack_id]
    return OfferWire(
        id=offer.unit.unit_id,
        pack_name=pack.pack_name,
        collection_name=pack.collection_name,
        contributor=pack.contributor,
        number=offer.unit.number,
        price=ton(offer.unit.floor_nano),
        image_url=pack.image_url,
        chance=offer.quote.chance,
        table_id=offer.quote.table_id,
    )


def _render(shelves: FromShelves) -> Callable[[UnitUpgraded], bytes]:
    shelf, free = shelves.shelf()

    def render(upgraded: UnitUpgraded) -> bytes:
        drawn, draw = upgraded.drawn, upgraded.drawn.draw
        pack_id = drawn.target.pack_id
        wire = UpgradedWire(
            status="success",
            success=drawn.win,
            drop=pack_wire(shelf, pack_id, free.get(pack_id, 0) - 1) if drawn.win else None,
            drop_number=drawn.target.number if drawn.win else None,
            item_id=upgraded.upgrade_id if drawn.win else None,
            upgrade_id=upgraded.upgrade_id,
            chance=drawn.quote.chance,
            fairness=FairnessWire(
                draw_id=draw_id(draw.server_seed_hash, draw.nonce),
                server_seed_hash=draw.server_seed_hash,
                client_seed=draw.client_seed,
                nonce=draw.nonce,
                table_id=draw.table_id,
                roll=draw.roll,
            ),
        )
        return msgspec.json.encode(wire)

    return render


router = Router("/api/upgrade", route_handlers=[check_upgrade, upgrade], tags=["upgrades"])

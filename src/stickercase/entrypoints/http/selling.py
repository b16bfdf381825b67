"""Selling a unit back to the house."""

from __future__ import annotations

import msgspec
from litestar import Response, Router, post

from stickercase.domain.money import ton
from stickercase.domain.use_cases.sell_unit import SellUnit, UnitSold
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromMe
from stickercase.entrypoints.http.requests import MAX_ID, amount_nano, whole_number


class SellWire(msgspec.Struct):
    """What a player wants to sell. ``id`` is the inventory's; ``price`` (TON) is what was shown, where given."""

    telegram_id: int | str
    id: int | str
    price: float | None = None


class SoldWire(msgspec.Struct):
    """A sale; amounts in TON, ``balance`` is what there is now."""

    status: str
    amount_added: float
    balance: float


@post("/sell", guards=[player_only], status_code=200, sync_to_thread=True, summary="Sell a sticker back")
def sell_pack(data: SellWire, me: FromMe, caller: FromCaller, sell_unit: Act) -> Response[SoldWire]:
    """Get the pack's floor price, less the fee; the sticker returns to the stock."""
    telegram_id = me.named(data.telegram_id)
    wish = SellUnit(telegram_id, whole_number(data.id, "id", 1, MAX_ID), amount_nano(data.price, "price"))
    return answer(sell_unit(caller, wish, _render))


def _render(sold: UnitSold) -> bytes:
    return msgspec.json.encode(SoldWire("success", ton(sold.transfer.amount), ton(sold.balance_nano)))


router = Router("/api/packs", route_handlers=[sell_pack], tags=["packs"])

"""A player's history: what was opened, sold, upgraded and corrected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import Parameter

from stickercase.domain.money import ton
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.provided import FromLobby, FromMe, FromPeople
from stickercase.entrypoints.http.requests import ApiRequest
from stickercase.ports.reading import Event

KINDS = ("Case open", "Sticker sell", "Upgrade", "Deposit", "Withdrawal", "Adjustment")


class CaseOpenData(msgspec.Struct):
    """An opening in the history; ``price`` is the drop's floor at that time, in TON."""

    price: float
    date: datetime
    drop_image_url: str


class StickerSellData(msgspec.Struct):
    """A sale in the history; ``price`` is what was paid, in TON."""

    price: float
    date: datetime
    sticker_image_url: str


class UpgradeData(msgspec.Struct):
    """An upgrade in the history; ``price`` is the value won minus the value bet, in TON."""

    success: bool
    date: datetime
    bet_image_url: str
    drop_image_url: str
    price: float


class AdjustmentData(msgspec.Struct):
    """An operator's correction in the history; ``price`` is the signed amount in TON."""

    price: float
    date: datetime
    reason: str


class DepositData(msgspec.Struct):
    """A deposit in the history; ``price`` is what was credited, in TON."""

    price: float
    date: datetime
    status: str


class WithdrawalData(msgspec.Struct):
    """A withdrawal in the history; ``price`` is what left the balance, negative, in TON; ``status`` is its stage."""

    price: float
    date: datetime
    status: str


class CaseOpenWire(msgspec.Struct, tag_field="type", tag="Case open"):
    """An opening in a player's history."""

    data: CaseOpenData


class StickerSellWire(msgspec.Struct, tag_field="type", tag="Sticker sell"):
    """A sale in a player's history."""

    data: StickerSellData


class UpgradeWire(msgspec.Struct, tag_field="type", tag="Upgrade"):
    """An upgrade in a player's history."""

    data: UpgradeData


class AdjustmentWire(msgspec.Struct, tag_field="type", tag="Adjustment"):
    """A correction in a player's history."""

    data: AdjustmentData


class DepositWire(msgspec.Struct, tag_field="type", tag="Deposit"):
    """A deposit in a player's history."""

    data: DepositData


class WithdrawalWire(msgspec.Struct, tag_field="type", tag="Withdrawal"):
    """A withdrawal in a player's history."""

    data: WithdrawalData


TransactionWire = CaseOpenWire | StickerSellWire | UpgradeWire | DepositWire | WithdrawalWire | AdjustmentWire


class TransactionsWire(msgspec.Struct):
    """A page of a history, newest first; ``transaction_count`` counts all of it."""

    status: str
    transaction_count: int
    transactions: list[TransactionWire]
    next_cursor: str | None


@get("/{telegram_id:str}/transactions", guards=[player_only], sync_to_thread=True, summary="What a player did")
def get_transactions(
    request: ApiRequest,
    telegram_id: str,
    me: FromMe,
    people: FromPeople,
    lobby: FromLobby,
    limit: PageSize = None,
    cursor: str | None = None,
    kind: Annotated[str | None, Parameter(query="type")] = None,
) -> TransactionsWire:
    """A player's history, newest first; with `type` one kind of line only."""
    player_id = meet(telegram_id, me, lobby)
    size = page_size(limit)
    if kind is not None and kind not in KINDS:
        raise Refused(InvalidRequest("type", f"one of {', '.join(KINDS)}"))
    total, events = people.history(player_id, kind, size, before(cursor))
    stub: str = request.app.state.pack_stub
    wires = [WIRES[event.kind](_pictured(event, stub)) for event in events]
    return TransactionsWire("success", total, wires, after([one.id for one in events], size))


def _pictured(event: Event, stub: str) -> Event:
    """The event with the stub where a pack has no picture."""
    return replace(event, image_url=event.image_url or stub, bet_image_url=event.bet_image_url or stub)


def _opening(event: Event) -> TransactionWire:
    return CaseOpenWire(CaseOpenData(ton(event.amount_nano), event.at, event.image_url))


def _sale(event: Event) -> TransactionWire:
    return StickerSellWire(StickerSellData(ton(event.amount_nano), event.at, event.image_url))


def _upgrade(event: Event) -> TransactionWire:
    price = ton(event.amount_nano)
    return UpgradeWire(UpgradeData(event.success, event.at, event.bet_image_url, event.image_url, price))


def _adjustment(event: Event) -> TransactionWire:
    return AdjustmentWire(AdjustmentData(ton(event.amount_nano), event.at, event.note))


def _deposit(event: Event) -> TransactionWire:
    return DepositWire(DepositData(ton(event.amount_nano), event.at, event.status))


def _withdrawal(event: Event) -> TransactionWire:
    return WithdrawalWire(WithdrawalData(ton(event.amount_nano), event.at, event.status))


WIRES: dict[str, Callable[[Event], TransactionWire]] = {
    "Case open": _opening,
    "Sticker sell": _sale,
    "Upgrade": _upgrade,
    "Deposit": _deposit,
    "Withdrawal": _withdrawal,
    "Adjustment": _adjustment,
}

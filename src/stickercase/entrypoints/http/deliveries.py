"""Taking a unit out: a player's wish, and how far it is."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from litestar import Response, Router, get, post

from stickercase.domain.gifts.deliveries import BY_OPERATOR, USERNAME, Delivery, UnitGift
from stickercase.domain.gifts.orders import GiftStatus, OrderTrouble
from stickercase.domain.refusal import InvalidRequest, NotFound, Refused
from stickercase.domain.stock.packs import Way
from stickercase.domain.use_cases.take_out_unit import TakeOutUnit
from stickercase.domain.wallet.withdrawals import Stage, Withdrawal
from stickercase.entrypoints.http.callers import PlayerCaller, player_only
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromLobby, FromMe, FromPeople, FromWithdrawals
from stickercase.entrypoints.http.requests import MAX_ID, ApiRequest, whole_number
from stickercase.entrypoints.http.withdrawals import line_of
from stickercase.ports.reading import WithdrawalLine

TELEGRAMS_OWN = re.compile("[A-Za-z0-9_]{1,32}")
"""Telegram sells shorter names than people can choose."""

FAILED, EXPIRED = (status.value.lower() for status in (GiftStatus.FAILED, GiftStatus.EXPIRED))
TRANSFER_FAILED, TRANSFER_EXPIRED = "transfer_failed", "transfer_expired"
ENGLISH = {
    OrderTrouble.UNKNOWN_USERNAME.value: "Telegram knows nobody by this username.",
    OrderTrouble.PAID_MESSAGES.value: "You take money for messages, so no gift can be sent to you; switch it off.",
    OrderTrouble.MUST_WRITE_FIRST.value: "Write to the gift service in Telegram first, so that it may send you a gift.",
    OrderTrouble.OTHER.value: "The gift service did not take the order.",
    OrderTrouble.PURCHASE_FAILED.value: "The gift service could not buy it.",
    FAILED: "The gift could not be sent.",
    EXPIRED: "The gift was not sent within a day.",
    TRANSFER_FAILED: "The transfer did not go through on the chain.",
    TRANSFER_EXPIRED: "The transfer was not taken in time by the chain.",
    BY_OPERATOR: "An operator has decided.",
}
RUSSIAN = {
    OrderTrouble.UNKNOWN_USERNAME.value: "В Telegram нет пользователя с таким именем.",
    OrderTrouble.PAID_MESSAGES.value: "У вас включены платные сообщения: отключите их, чтобы получить подарок.",
    OrderTrouble.MUST_WRITE_FIRST.value: "Сначала напишите сервису подарков в Telegram, чтобы получить подарок.",
    OrderTrouble.OTHER.value: "Сервис подарков не принял заказ.",
    OrderTrouble.PURCHASE_FAILED.value: "Сервис подарков не смог это купить.",
    FAILED: "Подарок не удалось отправить.",
    EXPIRED: "Подарок не был отправлен за сутки.",
    TRANSFER_FAILED: "Перевод не прошёл в блокчейне.",
    TRANSFER_EXPIRED: "Блокчейн вовремя не принял перевод.",
    BY_OPERATOR: "Решение принял оператор.",
}
"""Why a delivery has ended, for the player. Why nobody knows how it ended is for operators."""

OF_TRANSFERS = {
    Stage.AWAITING_APPROVAL: ("requested", None),
    Stage.HELD: ("requested", None),
    Stage.SIGNED: ("ordering", None),
    Stage.SENT: ("ordered", None),
    Stage.CONFIRMED: ("delivered", None),
    Stage.FAILED: ("returned", TRANSFER_FAILED),
    Stage.EXPIRED: ("returned", TRANSFER_EXPIRED),
    Stage.REJECTED: ("returned", BY_OPERATOR),
}
"""The states and reasons of transfers, in the words of deliveries."""


class WithdrawWire(msgspec.Struct):
    """To whom the gift goes: a Telegram username without `@`, for players who have none of their own."""

    username: str | None = None


class DeliveryWire(msgspec.Struct):
    """A delivery. ``state`` is `requested`, `ordering`, `ordered`, `unknown`, `delivered` or `returned`.

    ``way`` is `gift` or `nft`; ``recipient`` is a username, or the wallet that an NFT goes to. ``ended_at`` is of gifts
    alone. ``reason`` is a code where it ended otherwise than well, and ``message`` says it in the player's language.
    """

    id: int
    item_id: int
    way: str
    recipient: str
    state: str
    requested_at: datetime
    ended_at: datetime | None
    reason: str | None
    message: str | None


class OneDeliveryWire(msgspec.Struct):
    """One delivery."""

    status: str
    delivery: DeliveryWire


@post(
    "/{telegram_id:str}/inventory/{item_id:str}/withdraw",
    guards=[player_only],
    status_code=200,
    sync_to_thread=True,
    summary="Take a sticker out",
)
def post_withdraw(
    telegram_id: str,
    item_id: str,
    me: FromMe,
    caller: FromCaller,
    take_out_unit: Act,
    request: ApiRequest,
    data: WithdrawWire | None = None,
) -> Response[OneDeliveryWire]:
    """As a Telegram gift to the caller's own username or the one in the body, or as an NFT to the connected wallet."""
    player, item = me.named(telegram_id), whole_number(item_id, "item_id", 1, MAX_ID)
    wish = TakeOutUnit(player, item, _recipient(me, None if data is None else data.username))
    language, testnet = me.profile.language, bool(request.app.state.testnet)

    def render(made: Delivery | Withdrawal) -> bytes:
        if isinstance(made, Delivery):
            return msgspec.json.encode(_gift(made, language))
        return msgspec.json.encode(_transfer(line_of(made), language, testnet))

    return answer(take_out_unit(caller, wish, render))


@get(
    "/{telegram_id:str}/inventory/{item_id:str}/withdraw",
    guards=[player_only],
    sync_to_thread=True,
    summary="How far a sticker is that was taken out",
)
def get_withdraw(
    request: ApiRequest,
    telegram_id: str,
    item_id: str,
    me: FromMe,
    people: FromPeople,
    withdrawals: FromWithdrawals,
    lobby: FromLobby,
) -> OneDeliveryWire:
    """The newest delivery of the item, also when the item is gone by now."""
    player_id, item = meet(telegram_id, me, lobby), whole_number(item_id, "item_id", 1, MAX_ID)
    # What kind of delivery an item has is its unit's nature, and does not change.
    gift = people.delivery(player_id, item)
    if gift is not None:
        return _gift(gift, me.profile.language)
    transfer = withdrawals.withdrawal_of_item(player_id, item)
    if transfer is None:
        raise Refused(NotFound("delivery", f"of item {item}"))
    return _transfer(transfer, me.profile.language, bool(request.app.state.testnet))


def _recipient(me: PlayerCaller, wished: str | None) -> str | InvalidRequest:
    """The caller's own username as Telegram says it now, else the one that was given, else why there is none.

    Raises :class:`Refused`.
    """
    own = me.profile.username or ""
    if wished is not None and not USERNAME.fullmatch(wished):
        raise Refused(InvalidRequest("username", "5 to 32 of A-Z, a-z, 0-9 and _, without @"))
    if TELEGRAMS_OWN.fullmatch(own):
        # Somebody else's name is refused and not passed over: the gift would go where it was not meant to.
        if wished is not None and wished.casefold() != own.casefold():
            raise Refused(InvalidRequest("username", "gifts go to your own username"))
        return own
    if wished is None:
        return InvalidRequest("username", "you have none in Telegram, so give one")
    return wished


def _gift(delivery: Delivery, language: str | None) -> OneDeliveryWire:
    assert isinstance(delivery.goods, UnitGift), "only units are players'"
    words = RUSSIAN if language == "ru" else ENGLISH
    is_told = delivery.stage.is_final and delivery.why in words
    wire = DeliveryWire(
        id=delivery.id,
        item_id=delivery.goods.item_id,
        way=Way.GIFT.value,
        recipient=delivery.recipient,
        state=delivery.stage.value,
        requested_at=delivery.requested_at,
        ended_at=delivery.ended_at,
        reason=delivery.why if is_told else None,
        message=words[delivery.why] if is_told else None,
    )
    return OneDeliveryWire("success", wire)


def _transfer(line: WithdrawalLine, language: str | None, testnet: bool) -> OneDeliveryWire:
    assert line.unit is not None, "a transfer is a unit's"
    state, reason = OF_TRANSFERS[Stage(line.stage)]
    words = RUSSIAN if language == "ru" else ENGLISH
    wire = DeliveryWire(
        id=line.id,
        item_id=line.unit.item_id,
        way=Way.NFT.value,
        recipient=line.address.friendly(testnet=testnet),
        state=state,
        requested_at=line.requested_at,
        ended_at=None,
        reason=reason,
        message=words[reason] if reason else None,
    )
    return OneDeliveryWire("success", wire)


router = Router("/api/users", route_handlers=[post_withdraw, get_withdraw], tags=["users"])

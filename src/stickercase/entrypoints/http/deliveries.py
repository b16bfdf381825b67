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
from stickercase.domain.use_cases.deliver_gift import DeliverGift
from stickercase.entrypoints.http.callers import PlayerCaller, player_only
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromLobby, FromMe, FromPeople
from stickercase.entrypoints.http.requests import MAX_ID, whole_number

TELEGRAMS_OWN = re.compile("[A-Za-z0-9_]{1,32}")
"""Telegram sells shorter names than people can choose."""

FAILED, EXPIRED = (status.value.lower() for status in (GiftStatus.FAILED, GiftStatus.EXPIRED))
ENGLISH = {
    OrderTrouble.UNKNOWN_USERNAME.value: "Telegram knows nobody by this username.",
    OrderTrouble.PAID_MESSAGES.value: "You take money for messages, so no gift can be sent to you; switch it off.",
    OrderTrouble.MUST_WRITE_FIRST.value: "Write to the gift service in Telegram first, so that it may send you a gift.",
    OrderTrouble.OTHER.value: "The gift service did not take the order.",
    OrderTrouble.PURCHASE_FAILED.value: "The gift service could not buy it.",
    FAILED: "The gift could not be sent.",
    EXPIRED: "The gift was not sent within a day.",
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
    BY_OPERATOR: "Решение принял оператор.",
}
"""Why a delivery has ended, for the player. Why nobody knows how it ended is for operators."""


class WithdrawWire(msgspec.Struct):
    """To whom the gift goes: a Telegram username without `@`, for players who have none of their own."""

    username: str | None = None


class DeliveryWire(msgspec.Struct):
    """A delivery. ``state`` is `requested`, `ordering`, `ordered`, `unknown`, `delivered` or `returned`.

    ``reason`` is a code where it ended otherwise than well, and ``message`` says it in the player's language.
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
    deliver_gift: Act,
    data: WithdrawWire | None = None,
) -> Response[OneDeliveryWire]:
    """Have a unit delivered as a Telegram gift, to the caller's own username or to the one in the body."""
    player, item = me.named(telegram_id), whole_number(item_id, "item_id", 1, MAX_ID)
    wish = DeliverGift(player, item, _recipient(me, None if data is None else data.username))
    language = me.profile.language
    return answer(deliver_gift(caller, wish, lambda made: msgspec.json.encode(_told(made, language))))


@get(
    "/{telegram_id:str}/inventory/{item_id:str}/withdraw",
    guards=[player_only],
    sync_to_thread=True,
    summary="How far a sticker is that was taken out",
)
def get_withdraw(telegram_id: str, item_id: str, me: FromMe, people: FromPeople, lobby: FromLobby) -> OneDeliveryWire:
    """The newest delivery of the item, also when the item is gone by now."""
    player_id, item = meet(telegram_id, me, lobby), whole_number(item_id, "item_id", 1, MAX_ID)
    found = people.delivery(player_id, item)
    if found is None:
        raise Refused(NotFound("delivery", f"of item {item}"))
    return _told(found, me.profile.language)


def _recipient(me: PlayerCaller, wished: str | None) -> str:
    """The caller's own username as Telegram says it now, else the one that was given. Raises :class:`Refused`."""
    own = me.profile.username or ""
    if wished is not None and not USERNAME.fullmatch(wished):
        raise Refused(InvalidRequest("username", "5 to 32 of A-Z, a-z, 0-9 and _, without @"))
    if TELEGRAMS_OWN.fullmatch(own):
        # Somebody else's name is refused and not passed over: the gift would go where it was not meant to.
        if wished is not None and wished.casefold() != own.casefold():
            raise Refused(InvalidRequest("username", "gifts go to your own username"))
        return own
    if wished is None:
        raise Refused(InvalidRequest("username", "you have none in Telegram, so give one"))
    return wished


def _told(delivery: Delivery, language: str | None) -> OneDeliveryWire:
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


router = Router("/api/users", route_handlers=[post_withdraw, get_withdraw], tags=["users"])

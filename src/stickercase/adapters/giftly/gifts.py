"""Giftly's orders. Source of the shapes: the API document of Giftly; in our words: docs/outside-services.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from stickercase.adapters.outgoing import Calls, Reply, decoded
from stickercase.domain.gifts.orders import (
    LEAST_STARS,
    OURS_TO_MEND,
    GiftState,
    GiftStatus,
    NotOrdered,
    Ordered,
    OrderTrouble,
    Shortfall,
    StarsBought,
    Unknown,
)
from stickercase.domain.money import Asset, BadAmount, parse_amount
from stickercase.ports.failures import AnswerLost, TokenRefused, Unintelligible

VENDOR = "Giftly"

# Giftly tells its errors apart by their text alone. The first part that is found, whatever its case, decides.
TEXTS = {
    "неверный токен": OrderTrouble.BAD_TOKEN,
    "token is required": OrderTrouble.BAD_TOKEN,
    "недостаточно денег на балансе": OrderTrouble.HOUSE_BALANCE_TOO_LOW,
    "username пользователя не занят": OrderTrouble.UNKNOWN_USERNAME,
    "включены платные сообщения": OrderTrouble.PAID_MESSAGES,
    "не написал, чтобы получить подарок": OrderTrouble.MUST_WRITE_FIRST,
    "ошибка при покупке звезд": OrderTrouble.PURCHASE_FAILED,
}
SHORTFALL = re.compile(r"Баланс: ([0-9]+(?:\.[0-9]+)?), цена [а-яё]+: ([0-9]+(?:\.[0-9]+)?)")
FOREIGN_GIFT = "токен не для этого подарка"
LONGEST_TEXT = 500

T = TypeVar("T")


class AnswerWire(msgspec.Struct):
    """What Giftly says to an order; ``message`` is for people, and may be a list of sentences."""

    success: bool | None = None
    message: str | list[str] | None = None
    error: str | None = None
    id: int | None = None

    @property
    def text(self) -> str:
        """What it says, as one text of bounded length."""
        told = self.message or self.error or ""
        return (told if isinstance(told, str) else "; ".join(told))[:LONGEST_TEXT]


class BoughtWire(msgspec.Struct, rename="camel"):
    """What stars were bought, and what they cost."""

    stars: int
    amount_rub: Decimal | None = None
    amount_ton: Decimal | None = None


class StarsWire(msgspec.Struct):
    """The answer to an order of stars that went well."""

    data: BoughtWire


class QueueItemWire(msgspec.Struct):
    """A gift in the queue."""

    attempts: int = 0


class StatusWire(msgspec.Struct):
    """The state of a gift in the queue."""

    status: str
    message: str = ""
    data: QueueItemWire | None = None


class GiftlyGifts:
    """Orders with one token. ``token_setting`` is named to the operator when the token is refused."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        token_setting: str = "the token",  # noqa: S107 - a name and no secret
        seconds: float = 30.0,
    ) -> None:
        self._calls = Calls(VENDOR, url, seconds=seconds)
        self._token, self._token_setting = token, token_setting

    def buy_gift(self, recipient: str, gift_id: str, text: str = "") -> Ordered | NotOrdered | Unknown:
        wish = {"recipient": recipient.removeprefix("@"), "gift_id": gift_id, "token": self._token}
        return self._order("/buyGift", wish | ({"text": text} if text else {}), _ordered)

    def buy_stars(self, username: str, stars: int) -> StarsBought | NotOrdered | Unknown:
        if stars < LEAST_STARS:
            raise ValueError(f"at least {LEAST_STARS} stars are bought at once")
        wish = {"stars": stars, "token": self._token, "username": username.removeprefix("@")}
        return self._order("/buyStars", wish, _bought)

    def status(self, queue_id: int) -> GiftState:
        reply = self._calls.get("/queue/status", {"id": str(queue_id), "token": self._token})
        if not 200 <= reply.status < 300:
            self._check_token(decoded(VENDOR, reply.body, AnswerWire).text)
            raise Unintelligible(f"{VENDOR} refused to say how far an order is with {reply.status}")
        wire = decoded(VENDOR, reply.body, StatusWire)
        self._check_token(wire.message)
        try:
            status = GiftStatus(wire.status)
        except ValueError:
            raise Unintelligible(f"{VENDOR} names a status that is not known") from None
        return GiftState(status, wire.message[:LONGEST_TEXT], wire.data.attempts if wire.data else 0)

    def _check_token(self, text: str) -> None:
        if FOREIGN_GIFT in text.casefold():
            raise TokenRefused(f"{VENDOR} says that the gift was ordered with another token than {self._token_setting}")
        if _trouble(text) is OrderTrouble.BAD_TOKEN:
            raise TokenRefused(f"{VENDOR} does not accept {self._token_setting}")

    def _order(self, path: str, wish: Mapping[str, object], read: Callable[[bytes], T]) -> T | NotOrdered | Unknown:
        """Send an order, once. Whatever is not clearly a yes or a no of Giftly is ``Unknown``."""
        try:
            reply = self._calls.send("POST", path, wish)
            if reply.status >= 500:
                return Unknown(f"{VENDOR} answered {reply.status}")
            answer = decoded(VENDOR, reply.body, AnswerWire)
            return read(reply.body) if _is_taken(reply, answer) else self._refusal(reply, answer)
        except (AnswerLost, Unintelligible) as error:
            return Unknown(str(error))

    def _refusal(self, reply: Reply, answer: AnswerWire) -> NotOrdered | Unknown:
        if not answer.text:
            return Unknown(f"{VENDOR} answered {reply.status} and did not say why")
        why = _trouble(answer.text)
        if why is OrderTrouble.OTHER and not _is_refused(reply, answer):
            return Unknown(f"{VENDOR} answered {reply.status}, neither yes nor no: {answer.text}")
        alarm = None
        if why in OURS_TO_MEND:
            alarm = (
                f"{VENDOR} does not accept {self._token_setting}"
                if why is OrderTrouble.BAD_TOKEN
                else f"the house has too little money at {VENDOR}"
            )
        return NotOrdered(why, answer.text, _shortfall(answer.text), alarm)


def _is_taken(reply: Reply, answer: AnswerWire) -> bool:
    return 200 <= reply.status < 300 and answer.success is True


def _is_refused(reply: Reply, answer: AnswerWire) -> bool:
    """Whether it is a no, whatever its words are. What has a number in the queue was taken."""
    return answer.id is None and (answer.success is False or 400 <= reply.status < 500)


def _ordered(body: bytes) -> Ordered | Unknown:
    number = decoded(VENDOR, body, AnswerWire).id
    return Unknown(f"{VENDOR} took the order and gave it no number") if number is None else Ordered(number)


def _bought(body: bytes) -> StarsBought:
    data = decoded(VENDOR, body, StarsWire).data
    return StarsBought(data.stars, _units(data.amount_rub, Asset.RUB), _units(data.amount_ton, Asset.TON))


def _units(amount: Decimal | None, asset: Asset) -> int | None:
    """The cost in the asset's smallest unit; None when it is not told, or is none: the stars are bought anyway."""
    try:
        return None if amount is None else parse_amount(amount, asset)
    except BadAmount:
        return None


def _trouble(text: str) -> OrderTrouble:
    told = text.casefold()
    return next((trouble for part, trouble in TEXTS.items() if part in told), OrderTrouble.OTHER)


def _shortfall(text: str) -> Shortfall | None:
    found = SHORTFALL.search(text)
    return None if found is None else Shortfall(Decimal(found[1]), Decimal(found[2]))

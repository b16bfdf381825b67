"""Giftly, as the sandbox plays it. What is played is told in docs/outside-services.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from stickercase.entrypoints.sandbox.exchange import Answer, Now, Request, Route, is_same, json_answer, refused
from stickercase.entrypoints.sandbox.notebook import Notebook, Page

PATH = "/giftly/api/v1/giftly"
GIFT_PRICE = Decimal("100.00")
STAR_PRICE = Decimal("1.60")
STARS_FOR_A_TON = 200
LEAST_STARS = 50
DAY = 24 * 60 * 60

TROUBLES = {
    "unknown_username": "Username пользователя не занят",
    "paid_messages": "У пользователя включены платные сообщения, должен написать первым",
    "must_write_first": "Пользователь не написал, чтобы получить подарок",
}
MESSAGES = {
    "PENDING": "Подарок в очереди, ожидает обработки",
    "PROCESSING": "Подарок обрабатывается",
    "SENT": "Подарок успешно отправлен",
    "FAILED": "Подарок не удалось отправить",
    "EXPIRED": "Подарок в очереди более 24 часов, будет удален",
    "NOT_FOUND": "Элемент очереди не найден",
}


class HouseNote(msgspec.Struct):
    """The house's balance there, and after how many seconds gifts are sent by themselves (None: never)."""

    balance: Decimal = Decimal(1_000_000)
    delivery_seconds: float | None = 5.0


class PersonNote(msgspec.Struct):
    """A Telegram user to whom nothing can be given, and why: a key of ``TROUBLES``."""

    trouble: str


class GiftNote(msgspec.Struct):
    """A gift in the queue. ``status`` is None until the control API says one: then time decides."""

    recipient: str
    gift_id: str
    text: str
    token: str
    created: float
    updated: float
    status: str | None = None


class StarsNote(msgspec.Struct):
    """Stars that were bought."""

    username: str
    stars: int


class GiftWire(msgspec.Struct):
    """An order of a gift."""

    recipient: str
    gift_id: str
    token: str = ""
    text: str = ""


class StarsWire(msgspec.Struct):
    """An order of stars."""

    stars: int
    username: str
    token: str = ""


class Giftly:
    """The shop, where the house has one token."""

    def __init__(self, notebook: Notebook, now: Now, token: str) -> None:
        self._notebook, self._time, self._token = notebook, now, token

    def routes(self) -> Sequence[Route]:
        """What Giftly answers to."""
        return (
            Route("POST", f"{PATH}/buyGift", self._buy_gift, "giftly"),
            Route("POST", f"{PATH}/buyStars", self._buy_stars, "giftly"),
            Route("GET", f"{PATH}/queue/status", self._status, "giftly"),
        )

    def set_status(self, queue_id: str, status: str) -> None:
        """Let the gift have this status from now on."""
        if status not in MESSAGES:
            raise refused(400, f"a status is one of {', '.join(MESSAGES)}")
        with self._notebook.open() as page:
            note = page.get(GiftNote, _key(queue_id))
            if note is None:
                raise refused(404, "there is no such gift")
            page.put(_key(queue_id), msgspec.structs.replace(note, status=status, updated=self._now()))

    def set_trouble(self, username: str, trouble: str | None) -> None:
        """Let nothing be given to this user, or everything again."""
        if trouble is not None and trouble not in TROUBLES:
            raise refused(400, f"a trouble is null or one of {', '.join(TROUBLES)}")
        with self._notebook.open() as page:
            if trouble is None:
                page.drop(PersonNote, username.casefold())
            else:
                page.put(username.casefold(), PersonNote(trouble))

    def set_house(self, note: HouseNote) -> None:
        """Let the house have this balance and gifts this delivery time."""
        with self._notebook.open() as page:
            page.put("", note)

    def status_of(self, note: GiftNote, delivery_seconds: float | None) -> str:
        """The status of a gift now."""
        age = self._now() - note.created
        if note.status is not None:
            return note.status
        if delivery_seconds is not None and age >= delivery_seconds / 2:
            return "SENT" if age >= delivery_seconds else "PROCESSING"
        return "EXPIRED" if age > DAY else "PENDING"

    def _buy_gift(self, request: Request) -> Answer:
        wish = request.json(GiftWire)
        self._check(wish.token)
        with self._notebook.open() as page:
            _check_person(page, wish.recipient)
            self._spend(page, GIFT_PRICE, "подарка")
            number = max((int(key) for key, _ in page.all(GiftNote)), default=1403) + 1
            now = self._now()
            page.put(_key(str(number)), GiftNote(wish.recipient, wish.gift_id, wish.text, wish.token, now, now))
        return json_answer({"success": True, "message": "Подарок успешно добавлен в очередь", "id": number})

    def _buy_stars(self, request: Request) -> Answer:
        wish = request.json(StarsWire)
        self._check(wish.token)
        if wish.stars < LEAST_STARS:
            raise refused(400, "Ошибка при покупке звезд")
        with self._notebook.open() as page:
            _check_person(page, wish.username)
            cost = STAR_PRICE * wish.stars
            self._spend(page, cost, "звезд")
            page.put(f"{len(page.all(StarsNote)):09}", StarsNote(wish.username, wish.stars))
        data = {
            "amountRub": float(cost),
            "amountTon": wish.stars / STARS_FOR_A_TON,
            "stars": wish.stars,
            "username": wish.username,
            "recipient": "a recipient",
            "finalText": "a text",
        }
        return json_answer({"success": True, "message": "Покупка звезд успешно выполнена", "data": data})

    def _status(self, request: Request) -> Answer:
        token, queue_id = request.query.get("token", ""), request.query.get("id", "")
        self._check(token)
        with self._notebook.open() as page:
            note = page.get(GiftNote, _key(queue_id))
            house = page.get(HouseNote, "") or HouseNote()
        if note is None:
            return _not_found(MESSAGES["NOT_FOUND"])
        if note.token != token:
            return _not_found("Этот токен не для этого подарка")
        status = self.status_of(note, house.delivery_seconds)
        told = {"success": status != "NOT_FOUND", "message": MESSAGES[status], "status": status}
        return json_answer(told if status == "NOT_FOUND" else told | {"data": self._item(queue_id, note)})

    def _item(self, queue_id: str, note: GiftNote) -> dict[str, object]:
        minutes = int(self._now() - note.created) // 60
        return {
            "id": int(queue_id),
            "recipient": f"@{note.recipient}",
            "gift_id": note.gift_id,
            "text": note.text,
            "token": note.token,
            "createdAt": _iso(note.created),
            "updatedAt": _iso(note.updated),
            "attempts": 1,
            "timeInQueue": {"hours": minutes // 60, "minutes": minutes % 60},
        }

    def _check(self, token: str) -> None:
        if not token:
            raise refused(401, "Token is required")
        if not is_same(token, self._token):
            raise refused(400, "Неверный токен, пожалуйста, обновите токен")

    def _spend(self, page: Page, cost: Decimal, on: str) -> None:
        house = page.get(HouseNote, "") or HouseNote()
        if house.balance < cost:
            told = f"Баланс: {house.balance:.2f}, цена {on}: {cost:.2f}"
            raise refused(400, f"Недостаточно денег на балансе админа для покупки {on}. {told}")
        page.put("", msgspec.structs.replace(house, balance=house.balance - cost))

    def _now(self) -> float:
        return self._time().timestamp()


def _check_person(page: Page, username: str) -> None:
    person = page.get(PersonNote, username.casefold())
    if person is not None:
        raise refused(400, TROUBLES[person.trouble])


def _not_found(message: str) -> Answer:
    return json_answer({"success": False, "message": message, "status": "NOT_FOUND"})


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(queue_id: str) -> str:
    """Numbers as ids that sort like numbers."""
    return queue_id.zfill(12)

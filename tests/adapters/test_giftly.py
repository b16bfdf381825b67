"""Giftly's adapter before a Giftly that fails in every way; and each sample of Giftly's own document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stickercase.adapters.giftly.gifts import GiftlyGifts
from stickercase.domain.gifts.orders import (
    GiftState,
    GiftStatus,
    NotOrdered,
    Ordered,
    OrderTrouble,
    Shortfall,
    StarsBought,
    Unknown,
)
from stickercase.ports.failures import AnswerLost, TokenRefused, Unintelligible, VendorUnavailable
from support.http_answers import answering
from support.sandboxes import GIFTLY_TOKEN, Outside, outside

SETTING = "STICKERCASE_GIFTLY_TOKEN"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as world:
        world.control("giftly", delivery_seconds=None)
        yield world


def gifts(world: Outside, token: str = GIFTLY_TOKEN, seconds: float = 5.0) -> GiftlyGifts:
    return GiftlyGifts(world.giftly_url, token, token_setting=SETTING, seconds=seconds)


def taken(world: Outside) -> int:
    """How many gifts and stars Giftly has taken orders for."""
    state = world.state()
    return len(state["giftly"]["gifts"]) + len(state["stars"])


ORDERS = {"gift": lambda shop: shop.buy_gift("bob", "gift_123"), "stars": lambda shop: shop.buy_stars("bob", 100)}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("kind", "done"), [("error", 0), ("garbage", 1), ("lost_answer", 1), ("timeout", 0)])
def test_after_every_fault_the_order_is_unknown_and_was_sent_once(
    world: Outside, order: str, kind: str, done: int
) -> None:
    world.fault("giftly", kind, count=9, seconds=3)
    answer = ORDERS[order](gifts(world, seconds=0.4 if kind == "timeout" else 5.0))
    assert isinstance(answer, Unknown)
    assert answer.why
    assert GIFTLY_TOKEN not in answer.why
    assert [fault["count"] for fault in world.state()["faults"]] == [8], "sent again"
    assert taken(world) == done


def test_a_slow_answer_within_the_time_is_an_answer(world: Outside) -> None:
    world.fault("giftly", "delay", seconds=0.4)
    assert isinstance(gifts(world).buy_gift("bob", "gift_123"), Ordered)


def test_a_wrong_token_is_an_alarm_that_names_the_setting(world: Outside) -> None:
    stale = gifts(world, token="a-stale-secret")
    for order in ORDERS.values():
        answer = order(stale)
        assert isinstance(answer, NotOrdered)
        assert answer.why is OrderTrouble.BAD_TOKEN
        assert SETTING in str(answer.alarm)
        assert "a-stale-secret" not in f"{answer}"
    with pytest.raises(TokenRefused, match=SETTING):
        stale.status(1404)
    assert taken(world) == 0


def test_a_house_without_money_is_told_how_much_is_missing(world: Outside) -> None:
    world.control("giftly", balance="12.50")
    answer = gifts(world).buy_gift("bob", "gift_123")
    assert isinstance(answer, NotOrdered)
    assert answer.why is OrderTrouble.HOUSE_BALANCE_TOO_LOW
    assert answer.shortfall == Shortfall(Decimal("12.50"), Decimal("100.00"))
    assert answer.alarm
    stars = gifts(world).buy_stars("bob", 100)
    assert isinstance(stars, NotOrdered)
    assert stars.shortfall == Shortfall(Decimal("12.50"), Decimal("160.00"))


def test_the_at_sign_is_left_out(world: Outside) -> None:
    gifts(world).buy_gift("@bob", "gift_123")
    assert [gift["recipient"] for gift in world.state()["giftly"]["gifts"].values()] == ["bob"]


@pytest.mark.parametrize("kind", ["error", "lost_answer"])
def test_a_look_at_the_queue_is_repeated(world: Outside, kind: str) -> None:
    order = gifts(world).buy_gift("bob", "gift_123")
    assert isinstance(order, Ordered)
    world.fault("giftly", kind, count=2)
    assert gifts(world).status(order.queue_id).status is GiftStatus.PENDING


@pytest.mark.parametrize(
    ("kind", "failure"), [("error", VendorUnavailable), ("garbage", Unintelligible), ("timeout", AnswerLost)]
)
def test_a_look_that_fails_is_a_failure(world: Outside, kind: str, failure: type[Exception]) -> None:
    world.fault("giftly", kind, count=9, seconds=3)
    with pytest.raises(VendorUnavailable) as failed:
        gifts(world, seconds=0.4 if kind == "timeout" else 5.0).status(1404)
    assert type(failed.value) is failure
    assert GIFTLY_TOKEN not in str(failed.value)


def test_nobody_there_is_a_failure_after_which_nothing_was_ordered(tmp_path: Path) -> None:
    with outside(tmp_path) as gone:
        shop = gifts(gone)
    for order in ORDERS.values():
        with pytest.raises(VendorUnavailable) as failed:
            order(shop)
        assert type(failed.value) is VendorUnavailable


def test_a_gift_is_sent_by_itself_after_a_while(world: Outside) -> None:
    world.control("giftly", delivery_seconds=60)
    order = gifts(world).buy_gift("bob", "gift_123")
    assert isinstance(order, Ordered)
    seen = []
    for _ in range(3):
        seen.append(gifts(world).status(order.queue_id).status)
        world.clock.pass_time(seconds=31)
    assert seen == [GiftStatus.PENDING, GiftStatus.PROCESSING, GiftStatus.SENT]


# From here on: what Giftly's document shows, byte for byte where it shows an answer.
def no(status: int, message: str) -> tuple[int, bytes]:
    return status, json.dumps({"success": False, "message": message}, ensure_ascii=False).encode()


DOCUMENTED = [
    ("Неверный токен, пожалуйста, обновите токен", OrderTrouble.BAD_TOKEN),
    (
        "Недостаточно денег на балансе админа для покупки подарка. Баланс: 3.50, цена подарка: 12.00",
        OrderTrouble.HOUSE_BALANCE_TOO_LOW,
    ),
    (
        "Недостаточно денег на балансе админа для покупки звезд. Баланс: 3.50, цена звезд: 12.00",
        OrderTrouble.HOUSE_BALANCE_TOO_LOW,
    ),
    ("Username пользователя не занят", OrderTrouble.UNKNOWN_USERNAME),
    ("У пользователя включены платные сообщения, должен написать первым", OrderTrouble.PAID_MESSAGES),
    ("Пользователь не написал, чтобы получить подарок", OrderTrouble.MUST_WRITE_FIRST),
    ("Ошибка при покупке звезд", OrderTrouble.PURCHASE_FAILED),
    ("Что-то новое", OrderTrouble.OTHER),
]


@pytest.mark.parametrize(("text", "why"), DOCUMENTED)
def test_a_documented_error_has_its_code_and_keeps_its_text(text: str, why: OrderTrouble) -> None:
    with answering(*no(400, text)) as url:
        answer = GiftlyGifts(url, "a token").buy_gift("bob", "gift_123")
    assert isinstance(answer, NotOrdered)
    assert (answer.why, answer.text) == (why, text)
    if why is OrderTrouble.HOUSE_BALANCE_TOO_LOW:
        assert answer.shortfall == Shortfall(Decimal("3.50"), Decimal("12.00"))


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "message": "Username пользователя не занят"},
        {"statusCode": 400, "message": "USERNAME ПОЛЬЗОВАТЕЛЯ НЕ ЗАНЯТ!", "error": "Bad Request"},
        {"statusCode": 400, "message": ["Username пользователя не занят"]},
        {"error": "Username пользователя не занят"},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_the_text_decides_wherever_it_stands(body: dict[str, Any], status: int) -> None:
    with answering(status, json.dumps(body).encode()) as url:
        answer = GiftlyGifts(url, "a token").buy_gift("bob", "gift_123")
    assert isinstance(answer, NotOrdered)
    assert answer.why is OrderTrouble.UNKNOWN_USERNAME


def test_no_token_at_all_is_a_bad_token() -> None:
    with answering(*no(401, "Token is required")) as url:
        answer = GiftlyGifts(url, "", token_setting=SETTING).buy_gift("bob", "gift_123")
    assert isinstance(answer, NotOrdered)
    assert (answer.why, SETTING in str(answer.alarm)) == (OrderTrouble.BAD_TOKEN, True)


def test_the_documented_success_of_a_gift() -> None:
    body = '{"success": true, "message": "Подарок успешно добавлен в очередь", "id": 1404}'.encode()
    with answering(200, body) as url:
        assert GiftlyGifts(url, "a token").buy_gift("bob", "gift_123", "Поздравляю!") == Ordered(1404)


def test_the_documented_success_of_stars() -> None:
    data = {
        "amountRub": 100.50,
        "amountTon": 0.5,
        "stars": 100,
        "username": "username",
        "recipient": "recipient_address",
        "finalText": "final_text",
    }
    body = {"success": True, "message": "Покупка звезд успешно выполнена", "data": data}
    with answering(200, json.dumps(body).encode()) as url:
        assert GiftlyGifts(url, "a token").buy_stars("bob", 100) == StarsBought(100, 10_050, 500_000_000)
    with answering(200, json.dumps(body | {"data": {"stars": 100, "amountRub": 1.005}}).encode()) as url:
        assert GiftlyGifts(url, "a token").buy_stars("bob", 100) == StarsBought(100)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b'{"success": true}'),
        (200, b'{"success": true, "id": "many"}'),
        (200, b'{"success": false}'),
        (200, b"{}"),
        (200, b'{"message": "the gift is in the queue", "id": 1404}'),
        (200, b'{"message": "the stars are on their way"}'),
        (200, b'{"success": false, "message": "in the queue already", "id": 1404}'),
        (302, b""),
        (302, b'{"message": "moved"}'),
        (403, b"<html>who are you</html>"),
        (500, b'{"success": false, "message": "x"}'),
        (502, b""),
    ],
)
def test_what_is_neither_yes_nor_no_is_unknown(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        for order in ORDERS.values():
            assert isinstance(order(GiftlyGifts(url, "a token")), Unknown)


def test_the_documented_state_of_a_gift() -> None:
    data = {
        "id": 123,
        "recipient": "@username",
        "gift_id": "gift_123",
        "text": "Поздравляю!",
        "token": "user_token_abc123",
        "createdAt": "2024-01-15T10:30:00.000Z",
        "updatedAt": "2024-01-15T10:35:00.000Z",
        "attempts": 2,
        "timeInQueue": {"hours": 1, "minutes": 15},
    }
    text = "Подарок в очереди, ожидает обработки"
    body = {"success": True, "message": text, "status": "PENDING", "data": data}
    with answering(200, json.dumps(body).encode()) as url:
        assert GiftlyGifts(url, "a token").status(123) == GiftState(GiftStatus.PENDING, text, 2)


def test_a_gift_that_is_not_there_is_told_from_one_of_another_token() -> None:
    gone = {"success": False, "message": "Элемент очереди не найден", "status": "NOT_FOUND"}
    with answering(200, json.dumps(gone).encode()) as url:
        assert GiftlyGifts(url, "a token").status(123) == GiftState(GiftStatus.NOT_FOUND, gone["message"])
    foreign = gone | {"message": "Этот токен не для этого подарка"}
    with answering(200, json.dumps(foreign).encode()) as url, pytest.raises(TokenRefused, match=SETTING):
        GiftlyGifts(url, "a token", token_setting=SETTING).status(123)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b'{"status": "REFUNDED"}'), (200, b"{}"), (400, b'{"message": "?"}'), (404, b"")]
)
def test_a_state_that_makes_no_sense_is_unintelligible(status: int, body: bytes) -> None:
    with answering(status, body) as url, pytest.raises(Unintelligible):
        GiftlyGifts(url, "a token").status(123)

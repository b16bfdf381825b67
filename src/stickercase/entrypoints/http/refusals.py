"""Refusals on the wire: their HTTP status, their words for people, their details. Here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from stickercase.domain.money import ton
from stickercase.domain.refusal import Refusal

STATUS: dict[str, int] = {
    "invalid_request": 400,
    "insufficient_balance": 400,
    "balance_too_low": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "player_blocked": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "already_exists": 409,
    "case_inactive": 409,
    "out_of_stickers": 409,
    "odds_changed": 409,
    "price_changed": 409,
    "price_unreliable": 409,
    "item_not_owned": 409,
    "quote_expired": 409,
    "payload_too_large": 413,
    "idempotency_key_reused": 422,
    "internal_error": 500,
    "unavailable": 503,
    "outcome_unknown": 503,
}
"""HTTP status of every code the API answers with."""

ENGLISH: dict[str, str] = {
    "invalid_request": "{field}: {problem}.",
    "insufficient_balance": "The balance of {user_balance} TON does not cover {total_price} TON.",
    "balance_too_low": "The balance of {user_balance} TON cannot go below zero.",
    "unauthenticated": "Prove who you are: {problem}.",
    "forbidden": "This is not allowed: {problem}.",
    "player_blocked": "An operator has blocked this player: playing is not possible.",
    "not_found": "There is no {what} {name}.",
    "method_not_allowed": "This address does not answer to that method.",
    "already_exists": "There already is a {what} {name}.",
    "case_inactive": "The case {case_name} is not on sale.",
    "out_of_stickers": "Some pack of {case_name} has too few stickers left for this; nothing was charged.",
    "odds_changed": "The odds have changed since they were shown; nothing was charged.",
    "price_changed": "The price has changed to {price} TON since it was shown; nothing was charged.",
    "price_unreliable": "The price of pack {pack_id} cannot be relied on ({why}); nothing was changed.",
    "item_not_owned": "Item {item_id} is not in the player's inventory; nothing was changed.",
    "quote_expired": "This offer no longer holds ({why}); nothing was changed.",
    "payload_too_large": "The body is larger than this address accepts.",
    "idempotency_key_reused": "This Idempotency-Key was used before for another request.",
    "internal_error": "Something went wrong here; nothing was changed. Quote the request id to the operators.",
    "unavailable": "The service cannot do this right now and nothing was changed; try again in a moment.",
    "outcome_unknown": "It is not known whether this was done: repeat it with the same Idempotency-Key to find out.",
}

RUSSIAN: dict[str, str] = {
    "invalid_request": "Неверный запрос: проверьте поле {field}.",
    "insufficient_balance": "Баланса {user_balance} TON не хватает на {total_price} TON.",
    "balance_too_low": "Баланс {user_balance} TON не может стать отрицательным.",
    "unauthenticated": "Подтвердите, кто вы: откройте приложение из Telegram ещё раз.",
    "forbidden": "Это действие запрещено.",
    "player_blocked": "Оператор заблокировал этого игрока: играть нельзя.",
    "not_found": "Не найдено: {what} {name}.",
    "method_not_allowed": "Этот адрес не поддерживает такой метод.",
    "already_exists": "Уже существует: {what} {name}.",
    "case_inactive": "Кейс {case_name} не продаётся.",
    "out_of_stickers": "В кейсе {case_name} не хватает стикеров; деньги не списаны.",
    "odds_changed": "Шансы изменились с момента показа; деньги не списаны.",
    "price_changed": "Цена изменилась на {price} TON; деньги не списаны.",
    "price_unreliable": "Цена пака {pack_id} сейчас ненадёжна; ничего не изменилось.",
    "item_not_owned": "Предмета {item_id} нет в инвентаре игрока; ничего не изменилось.",
    "quote_expired": "Это предложение больше не действует; ничего не изменилось.",
    "payload_too_large": "Тело запроса слишком большое.",
    "idempotency_key_reused": "Этот Idempotency-Key уже использован для другого запроса.",
    "internal_error": "Внутренняя ошибка; ничего не изменилось. Сообщите операторам номер запроса.",
    "unavailable": "Сервис сейчас не может это сделать, ничего не изменилось; попробуйте ещё раз.",
    "outcome_unknown": "Неизвестно, выполнено ли это: повторите запрос с тем же Idempotency-Key.",
}

NOUNS: dict[str, str] = {
    "case": "кейс",
    "draw": "розыгрыш",
    "pack": "пак",
    "page": "страница",
    "player": "игрок",
    "quarantined price": "цена в карантине",
    "unit": "стикер",
}
"""What may be missing or there already, as the Russian messages call it. Details keep the English word."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status a refusal is answered with."""
    return STATUS[refusal.code]


def body_of(refusal: Refusal, language: str | None) -> dict[str, object]:
    """The answer to a refused request: code, message in the player's language, and the refusal's details."""
    details = dict(_detail(f.name, getattr(refusal, f.name)) for f in fields(refusal))
    return error_body(refusal.code, details, language)


def error_body(code: str, details: Mapping[str, object], language: str | None) -> dict[str, object]:
    """The one error shape of the API."""
    if language == "ru":
        message = RUSSIAN[code].format(**{**details, "what": NOUNS.get(str(details.get("what")), "")})
    else:
        message = ENGLISH[code].format(**details)
    return {"status": "error", "code": code, "message": message, **details}


def _detail(name: str, value: object) -> tuple[str, object]:
    if name.endswith("_nano") and isinstance(value, int):
        return name.removesuffix("_nano"), ton(value)
    return name, value

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
    "malformed_proof": 400,
    "nonce_exists": 400,
    "nonce_unknown": 400,
    "nonce_used": 400,
    "nonce_expired": 400,
    "wrong_network": 400,
    "wrong_domain": 400,
    "wrong_domain_length": 400,
    "proof_too_old": 400,
    "proof_in_future": 400,
    "unknown_wallet_code": 400,
    "wallet_key_may_change": 400,
    "wrong_state_init": 400,
    "wrong_wallet_key": 400,
    "bad_signature": 400,
    "deposit_too_small": 400,
    "invoice_not_paid": 400,
    "withdrawal_too_small": 400,
    "withdrawal_too_large": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "player_blocked": 403,
    "nonce_foreign": 403,
    "not_found": 404,
    "unknown_names": 404,
    "method_not_allowed": 405,
    "already_exists": 409,
    "case_inactive": 409,
    "out_of_stickers": 409,
    "odds_changed": 409,
    "price_changed": 409,
    "price_unreliable": 409,
    "item_not_owned": 409,
    "quote_expired": 409,
    "wallet_not_connected": 409,
    "player_daily_limit": 409,
    "house_daily_limit": 409,
    "withdrawal_moved": 409,
    "not_deliverable": 409,
    "delivery_moved": 409,
    "task_not_set_aside": 409,
    "payload_too_large": 413,
    "idempotency_key_reused": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "unavailable": 503,
    "outcome_unknown": 503,
}
"""HTTP status of every code the API answers with."""

ENGLISH: dict[str, str] = {
    "invalid_request": "{field}: {problem}.",
    "insufficient_balance": "The balance of {user_balance} TON does not cover {total_price} TON.",
    "balance_too_low": "The balance of {user_balance} TON cannot go below zero.",
    "malformed_proof": "The proof of the wallet cannot be read, {field}: {problem}.",
    "nonce_exists": "A nonce was given out already; it is good for {seconds_left} more seconds.",
    "nonce_unknown": "This nonce was never given out.",
    "nonce_used": "This nonce has been used; ask for a new one.",
    "nonce_expired": "This nonce has expired; ask for a new one.",
    "wrong_network": "The wallet is of another network; this is {network}.",
    "wrong_domain": "The proof was made for {domain} and not for this app.",
    "wrong_domain_length": "lengthBytes is not the length of the domain.",
    "proof_too_old": "The proof is too old; connect the wallet again.",
    "proof_in_future": "The proof is dated in the future; check the clock of the device.",
    "unknown_wallet_code": "The contract with the code {code_hash} is no wallet that is known here.",
    "wallet_key_may_change": "A wallet {wallet} can change its key and cannot be connected this way.",
    "wrong_state_init": "The StateInit does not belong to this address.",
    "wrong_wallet_key": "The key belongs to another wallet.",
    "bad_signature": "The signature is wrong.",
    "deposit_too_small": "The least deposit is {least} TON.",
    "invoice_not_paid": "The invoice is {invoice_status}, not paid.",
    "withdrawal_too_small": "The least withdrawal is {least} TON.",
    "withdrawal_too_large": "The largest withdrawal is {most} TON.",
    "unauthenticated": "Prove who you are: {problem}.",
    "forbidden": "This is not allowed: {problem}.",
    "player_blocked": "An operator has blocked this player: playing is not possible.",
    "nonce_foreign": "This nonce was given to another player.",
    "not_found": "There is no {what} {name}.",
    "unknown_names": "These names are unknown, and nothing was changed: {names}.",
    "method_not_allowed": "This address does not answer to that method.",
    "already_exists": "There already is a {what} {name}.",
    "case_inactive": "The case {case_name} is not on sale.",
    "out_of_stickers": "Some pack of {case_name} has too few stickers left for this; nothing was charged.",
    "odds_changed": "The odds have changed since they were shown; nothing was charged.",
    "price_changed": "The price has changed to {price} TON since it was shown; nothing was charged.",
    "price_unreliable": "The price of pack {pack_id} cannot be relied on ({why}); nothing was changed.",
    "item_not_owned": "Item {item_id} is not in the player's inventory; nothing was changed.",
    "quote_expired": "This offer no longer holds ({why}); nothing was changed.",
    "wallet_not_connected": "No wallet is connected.",
    "player_daily_limit": "The limit of 24 hours leaves {left} TON.",
    "house_daily_limit": "No more can be paid out today; try again later.",
    "withdrawal_moved": "The withdrawal is {stage} by now; nothing was changed.",
    "not_deliverable": "Item {item_id} cannot be taken out; nothing was changed.",
    "delivery_moved": "The delivery is {stage} by now; nothing was changed.",
    "task_not_set_aside": "Task {task_id} is {state}; only one that was set aside is tried again.",
    "payload_too_large": "The body is larger than this address accepts.",
    "idempotency_key_reused": "This Idempotency-Key was used before for another request.",
    "rate_limited": "Too many requests, more than {limit} in a second; nothing was done. Try again in {retry_after} s.",
    "internal_error": "Something went wrong here; nothing was changed. Quote the request id to the operators.",
    "unavailable": "The service cannot do this right now and nothing was changed; try again in a moment.",
    "outcome_unknown": "It is not known whether this was done: repeat it with the same Idempotency-Key to find out.",
}

RUSSIAN: dict[str, str] = {
    "invalid_request": "Неверный запрос: проверьте поле {field}.",
    "insufficient_balance": "Баланса {user_balance} TON не хватает на {total_price} TON.",
    "balance_too_low": "Баланс {user_balance} TON не может стать отрицательным.",
    "malformed_proof": "Доказательство владения кошельком не читается.",
    "nonce_exists": "Одноразовый код уже выдан и действует ещё {seconds_left} с.",
    "nonce_unknown": "Такой одноразовый код не выдавался.",
    "nonce_used": "Этот одноразовый код уже использован, запросите новый.",
    "nonce_expired": "Срок действия одноразового кода истёк, запросите новый.",
    "wrong_network": "Кошелёк из другой сети.",
    "wrong_domain": "Доказательство создано не для этого приложения.",
    "wrong_domain_length": "Длина домена указана неверно.",
    "proof_too_old": "Доказательство устарело, подключите кошелёк ещё раз.",
    "proof_in_future": "Доказательство датировано будущим, проверьте часы устройства.",
    "unknown_wallet_code": "Контракт по этому адресу здесь не известен как кошелёк.",
    "wallet_key_may_change": "Этот кошелёк может менять ключ, так его подключить нельзя.",
    "wrong_state_init": "Начальное состояние контракта не принадлежит этому адресу.",
    "wrong_wallet_key": "Ключ принадлежит другому кошельку.",
    "bad_signature": "Подпись неверна.",
    "deposit_too_small": "Минимальный депозит {least} TON.",
    "invoice_not_paid": "Счёт ещё не оплачен.",
    "withdrawal_too_small": "Минимальный вывод {least} TON.",
    "withdrawal_too_large": "Максимальный вывод {most} TON.",
    "unauthenticated": "Подтвердите, кто вы: откройте приложение из Telegram ещё раз.",
    "forbidden": "Это действие запрещено.",
    "player_blocked": "Оператор заблокировал этого игрока: играть нельзя.",
    "nonce_foreign": "Этот одноразовый код выдан другому игроку.",
    "not_found": "Не найдено: {what} {name}.",
    "unknown_names": "Эти названия неизвестны, ничего не изменилось: {names}.",
    "method_not_allowed": "Этот адрес не поддерживает такой метод.",
    "already_exists": "Уже существует: {what} {name}.",
    "case_inactive": "Кейс {case_name} не продаётся.",
    "out_of_stickers": "В кейсе {case_name} не хватает стикеров; деньги не списаны.",
    "odds_changed": "Шансы изменились с момента показа; деньги не списаны.",
    "price_changed": "Цена изменилась на {price} TON; деньги не списаны.",
    "price_unreliable": "Цена пака {pack_id} сейчас ненадёжна; ничего не изменилось.",
    "item_not_owned": "Предмета {item_id} нет в инвентаре игрока; ничего не изменилось.",
    "quote_expired": "Это предложение больше не действует; ничего не изменилось.",
    "wallet_not_connected": "Кошелёк не подключён.",
    "player_daily_limit": "Суточный лимит: осталось {left} TON.",
    "house_daily_limit": "Сегодня больше вывести нельзя, попробуйте позже.",
    "withdrawal_moved": "Вывод уже в другом состоянии; ничего не изменилось.",
    "not_deliverable": "Предмет {item_id} вывести нельзя; ничего не изменилось.",
    "delivery_moved": "Доставка уже в другом состоянии; ничего не изменилось.",
    "task_not_set_aside": "Задача {task_id} не отложена: повторить можно только отложенную.",
    "payload_too_large": "Тело запроса слишком большое.",
    "idempotency_key_reused": "Этот Idempotency-Key уже использован для другого запроса.",
    "rate_limited": "Слишком много запросов, больше {limit} в секунду. Повторите через {retry_after} с.",
    "internal_error": "Внутренняя ошибка; ничего не изменилось. Сообщите операторам номер запроса.",
    "unavailable": "Сервис сейчас не может это сделать, ничего не изменилось; попробуйте ещё раз.",
    "outcome_unknown": "Неизвестно, выполнено ли это: повторите запрос с тем же Idempotency-Key.",
}

NOUNS: dict[str, str] = {
    "case": "кейс",
    "delivery": "доставка",
    "draw": "розыгрыш",
    "invoice": "счёт",
    "pack": "пак",
    "page": "страница",
    "player": "игрок",
    "price sync": "обновление цен",
    "quarantined price": "цена в карантине",
    "task": "задача",
    "unit": "стикер",
    "withdrawal": "вывод",
    "waiting task": "ожидающая задача",
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

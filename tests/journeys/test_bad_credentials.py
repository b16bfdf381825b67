"""Who is not proven gets nothing: every guarded address, every way to be nobody, somebody else or the wrong kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from stickercase.domain.players.profile import MAX_TELEGRAM_ID
from support.api_processes import AS_SERVICE, SERVICE_TOKEN, Pair
from support.http_lines import Ask
from support.players import Player, signed
from support.routes import Attempt, Route, Stage, assert_refused, routes

DAY = 86_400
UNAUTHENTICATED, FORBIDDEN = {401: "unauthenticated"}, {403: "forbidden"}
MEBIBYTE = b"[" + b"1," * (2**19 - 1) + b"1]"


pytestmark = pytest.mark.usefixtures("untouched")


def bad_init_data(player: Player) -> dict[str, str]:
    """Strings that prove nothing, by what is wrong with them."""
    good = signed(player.user)
    user: dict[str, Any] = player.user
    assert len(good) < 400
    return {
        "nonsense": "nonsense",
        "nothing": "",
        "forged": signed(user, token="1234567890:another-bots-token-another-bots"),
        "expired": signed(user, age=DAY + 60),
        "future": signed(user, age=-120),
        "one byte changed": good.replace("Ann", "Anm"),
        "one hash digit changed": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "another's id": good.replace(str(player.telegram_id), str(player.telegram_id + 1)),
        "no hash": good.rpartition("&hash=")[0],
        "empty hash": good.rpartition("&hash=")[0] + "&hash=",
        "a field twice": good + "&auth_date=1",
        "the user twice": f"user={json.dumps(user)}&{good}",
        "no user": signed(None),
        "no auth_date": "&".join(part for part in good.split("&") if not part.startswith("auth_date")),
        "over 4 KiB": signed(user, start_param="x" * 4096),
        "user is no JSON": signed(None, user="{"),
        "user is a list": signed(None, user="[]"),
        "user is nested": signed(None, user="[" * 1500),
        "user without id": signed({"first_name": "Ann"}),
        "user without name": signed({"id": 5}),
        "id is text": signed(user | {"id": "5"}),
        "id is true": signed(user | {"id": True}),
        "id is 0": signed(user | {"id": 0}),
        "id is negative": signed(user | {"id": -5}),
        "id is a fraction": signed(user | {"id": 5.5}),
        "id is too large": signed(user | {"id": MAX_TELEGRAM_ID + 1}),
        "the token of the service": SERVICE_TOKEN,
    }


def guarded(stage: Stage) -> list[Route]:
    """All addresses that are not for anyone."""
    found = [route for route in routes(stage) if route.caller != "anyone"]
    assert len(found) > 10
    return found


def attempt(what: str, route: Route, headers: dict[str, str], expected: dict[int, str], **other: Any) -> Attempt:
    """The right request but for its headers."""
    content: bytes = other.get("content", route.content)
    return Attempt(what, Ask(route.method, route.path, headers, content), expected)


def test_init_data_that_proves_nothing(pair: Pair, stage: Stage) -> None:
    attempts = [
        attempt(f"{what}, as {header}", route, {header: f"{scheme}{text}"}, UNAUTHENTICATED)
        for what, text in bad_init_data(stage.player).items()
        for header, scheme in (("Authorization", "tma "), ("X-Telegram-Init-Data", ""))
        for route in guarded(stage)
    ]
    assert_refused(pair[0].port, attempts)


def test_no_or_nonsensical_credentials(pair: Pair, stage: Stage) -> None:
    good = signed(stage.player.user)
    credentials = [
        {},
        {"Authorization": ""},
        {"Authorization": "tma"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {SERVICE_TOKEN[:-1]}"},
        {"Authorization": f"Bearer {SERVICE_TOKEN}x"},
        {"Authorization": f"Bearer {SERVICE_TOKEN.upper()}"},
        {"Authorization": f"Basic {SERVICE_TOKEN}"},
        {"Authorization": SERVICE_TOKEN},
        {"Authorization": good},
        {"Authorization": f"Bearer {good}"},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "tma \xff\xfe"},
        {"X-Telegram-Init-Data": ""},
        {"X-Telegram-Init-Data": f"tma {good}"},
        {"Cookie": f"Authorization=Bearer {SERVICE_TOKEN}"},
        {"Authorization": "Bearer wrong", "X-Telegram-Init-Data": good},
    ]
    attempts = [
        attempt(f"credential {number}", route, headers, UNAUTHENTICATED)
        for number, headers in enumerate(credentials)
        for route in guarded(stage)
    ]
    assert_refused(pair[0].port, attempts)


def test_a_bot_may_not_play(pair: Pair, stage: Stage) -> None:
    bot = signed(stage.player.user | {"is_bot": True})
    attempts = [
        attempt("a bot", route, headers, FORBIDDEN)
        for headers in ({"Authorization": f"tma {bot}"}, {"X-Telegram-Init-Data": bot})
        for route in guarded(stage)
    ]
    introduced = {"telegram_id": 77, "first_name": "Robot", "is_bot": True}
    content = json.dumps(introduced).encode()
    attempts.append(
        Attempt("the bot introduces a bot", Ask("POST", "/api/users/user/", AS_SERVICE, content), FORBIDDEN)
    )
    assert_refused(pair[0].port, attempts)


def test_the_wrong_kind_of_caller(pair: Pair, stage: Stage) -> None:
    wrong = {"player": dict(AS_SERVICE), "service": stage.player.headers()}
    other_spelling = {"X-Telegram-Init-Data": signed(stage.player.user)}
    attempts = [attempt("wrong kind", route, wrong[route.caller], FORBIDDEN) for route in guarded(stage)]
    attempts += [
        attempt("wrong kind", route, other_spelling, FORBIDDEN) for route in guarded(stage) if route.caller == "service"
    ]
    assert_refused(pair[0].port, attempts)


def test_the_credential_comes_before_the_form(pair: Pair, stage: Stage) -> None:
    wrong = {"player": dict(AS_SERVICE), "service": stage.player.headers()}
    bodies = {"nonsense": b"{", "nothing": b"", "too large": MEBIBYTE, "nested": b"[" * 5000 + b"]" * 5000}
    attempts = [
        attempt(f"{what}, {kind}", route, headers, expected, content=content)
        for route in guarded(stage)
        if route.body is not None
        for what, content in bodies.items()
        for kind, headers, expected in (
            ("nobody", {}, UNAUTHENTICATED),
            ("wrong kind", wrong[route.caller], FORBIDDEN),
        )
    ]
    assert_refused(pair[0].port, attempts)


def test_players_reach_nothing_of_each_other(pair: Pair, stage: Stage) -> None:
    mine, theirs = stage.player.telegram_id, stage.other.telegram_id
    me = stage.player.headers()
    attempts = []
    for route in guarded(stage):
        if route.caller != "player":
            continue
        if str(mine) in route.path:
            path = route.path.replace(str(mine), str(theirs))
            assert path != route.path
            attempts.append(attempt("another's address", replace(route, path=path), me, FORBIDDEN))
            if "?" not in path:
                attempts.append(attempt("with a slash", replace(route, path=f"{path}/"), me, FORBIDDEN))
            padded = path.replace(str(theirs), f"0{theirs}")
            attempts.append(attempt("with a leading zero", replace(route, path=padded), me, FORBIDDEN))
        else:
            for other_id in (theirs, str(theirs)):
                content = json.dumps({**(route.body or {}), "telegram_id": other_id}).encode()
                attempts.append(attempt("another's id", route, me, FORBIDDEN, content=content))
    assert len(attempts) > 10
    assert_refused(pair[1].port, attempts)


def test_permission_comes_before_the_form(pair: Pair, stage: Stage) -> None:
    """The address names another player: whatever the body is, the answer is that this is not allowed."""
    path = stage.other.path("/fairness")
    attempts = [
        Attempt(f"body {content!r}", Ask("PUT", path, stage.player.headers(), content), FORBIDDEN)
        for content in (b"{", b"", b"[]", b"{}", b'{"client_seed": 5}', b'{"client_seed": "a|b"}')
    ]
    assert_refused(pair[0].port, attempts)


def test_a_good_credential_works_in_both_spellings(pair: Pair, stage: Stage) -> None:
    good = signed(stage.player.user)
    for headers in (
        {"Authorization": f"tma {good}"},
        {"Authorization": f"TMA  {good}"},
        {"X-Telegram-Init-Data": good},
        {"X-Telegram-Init-Data": good, "Authorization": "Basic eA=="},
    ):
        answer = pair[0].client.get(stage.player.path(), headers=headers)
        assert (answer.status_code, answer.json()["user"]["telegram_id"]) == (200, stage.player.telegram_id)
    almost = (signed(stage.player.user, age=DAY - 60), signed(stage.player.user, age=-50))
    for text in almost:
        answer = pair[0].client.get(stage.player.path(), headers={"X-Telegram-Init-Data": text})
        assert answer.status_code == 200

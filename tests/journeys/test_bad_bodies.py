"""Bodies that are wrong in one place: each gets a clear refusal of the one shape, and none leaves a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api_processes import Pair
from support.http_lines import Ask
from support.players import case_path
from support.routes import Attempt, Route, Stage, assert_refused, routes

pytestmark = pytest.mark.usefixtures("untouched")

INVALID, NOT_FOUND = {400: "invalid_request"}, {404: "not_found"}
HUGE = 10**30
WRONG_TYPES: list[Any] = [True, [], {}, ["x"], {"x": 1}]
NO_TEXT: list[Any] = [*WRONG_TYPES, 1, 1.5]
NO_NUMBER: list[Any] = [*WRONG_TYPES, "x", "", "1e400", "NaN", "-Infinity", "0x10", "1_0", "１", " 1", "1" * 100]
NO_AMOUNT: list[Any] = [*NO_NUMBER, HUGE, 10**10, "10000000000", 1e300, 1e-10, "0.0000000001"]


class Raw(str):
    """JSON as it is written: for numbers that Python would not write."""


BAD: dict[str, list[Any]] = {
    "telegram_id": [*NO_NUMBER, None, 0, -1, 1.5, 2**52, 2**63, HUGE, "0", "-1", str(2**52), Raw("1e2000")],
    "count": [*NO_NUMBER, None, 0, -1, 11, 1.5, HUGE, -HUGE, Raw("1e2000")],
    "price": [*NO_NUMBER, -1, -0.5, HUGE, 1e-10, 1e300, Raw("NaN"), Raw("1e999"), Raw("-Infinity")],
    "hash": NO_TEXT,
    "proof": [bad for bad in NO_TEXT if bad is not None],
    "id": [*NO_NUMBER, None, 0, -1, 1.5, 2**53, 2**63, HUGE, "0", "-1", Raw("1e2000")],
    "ids": [True, {}, "1", [True], [1.5], [[]], [None], [-1], [0], [2**53], [HUGE], [1, 1], [], None, [1] * 101],
    "username": [*NO_TEXT, None, "", "abcd", "x" * 33, "@ann_1", "ann 1", "ключик", "ann_1\n", "ann-1"],
    "stars": [*NO_NUMBER, None, 49, 0, -1, 50.5, 1_000_001, HUGE, Raw("1e2000")],
    "client_seed": [*NO_TEXT, None, "", "a|b", "|", "ключ", "x" * 65, "a\n", "\x00", "\x7f", Raw('"\\ud800"')],
    "text": [*NO_TEXT, None, "", "   ", "x" * 501, Raw('"\\ud800"')],
    "name": [*NO_TEXT, None, "x" * 257],
    "case name": [*NO_TEXT, None, "", " ", "a/b", " a", "a ", "a\nb", "x" * 501, "a\x00b"],
    "maybe": NO_TEXT,
    "url": [*NO_TEXT, "x" * 501],
    "amount": [*NO_AMOUNT, None, -1, "-1"],
    "signed amount": [*NO_AMOUNT, None, 0, "0", -HUGE],
    "fee": [*NO_NUMBER, None, -1, 100, 1e9, HUGE, Raw("1e999")],
    "status": [*NO_TEXT, None, "out_of_stickers", "ACTIVE", ""],
    "feed": [True, [], ["x"], {"x": 1}, {"x": None}, 1, 1.5, "x", None],
    "numbers": [True, {}, "1", [True], [1.5], [[]], [None], [-1], [2**53], [HUGE], [1, 1], [], None],
}
BAD |= {f"maybe {kind}": [bad for bad in BAD[kind] if bad is not None] for kind in ("text", "url", "amount", "fee")}
NUL = "a\x00b"
TEXTS = ("text", "maybe text", "name", "maybe", "url", "maybe url")


def bad_items(stage: Stage) -> list[Any]:
    """Odds tables that are none."""
    first, second = ({"pack_id": pack_id, "chance": 0.5} for pack_id in stage.case.pack_ids)
    chances: list[Any] = [0.4, 0.500000002, -0.5, 1.5, 1e308, -1e308, HUGE, True, None, Raw("NaN"), Raw("1e999")]
    ids: list[Any] = [0, -1, 2**53, HUGE, 1.5, True, None, [], first["pack_id"]]
    return [
        *([first, second | {"chance": chance}] for chance in chances),
        *([first, second | {"pack_id": pack_id}] for pack_id in ids),
        [first | {"chance": 1e308}, second | {"chance": 1e308}],
        [first | {"chance": 0}, second | {"chance": 0}],
        [],
        [first],
        [first, 5],
        [first, {}],
        [first, {"pack_id": 1}],
        {},
        "x",
        True,
        [{"pack_id": number, "chance": 1 / 501} for number in range(1, 502)],
    ]


def written(value: Any) -> str:
    """JSON, with what stands raw in it as it stands."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def with_body(stage: Stage) -> list[Route]:
    """All addresses that take a body."""
    return [route for route in routes(stage) if route.body is not None]


def attempt(what: str, route: Route, stage: Stage, content: bytes, expected: dict[int, str] = INVALID) -> Attempt:
    """The right request but for its body."""
    return Attempt(what, Ask(route.method, route.path, route.headers(stage), content), expected)


def left_out(route: Route) -> dict[int, str]:
    """What the right request gets without its body: taking a unit out needs none, and this unit cannot be taken out."""
    return {409: "not_deliverable"} if route.template.endswith("/inventory/{item_id}/withdraw") else INVALID


def changed(route: Route, stage: Stage, name: str, bad: Any) -> Attempt:
    """The right request but for one field."""
    content = written({**(route.body or {}), name: bad}).encode()
    expected = left_out(route) if bad is None else INVALID
    return attempt(f"{name} ({route.kinds.get(name, '')})", route, stage, content, expected)


def test_the_table_of_routes_is_complete(pair: Pair, stage: Stage) -> None:
    document = pair[0].client.get("/schema/openapi.json").json()
    documented = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert {route.name for route in routes(stage)} == documented


def test_bodies_that_are_no_object(pair: Pair, stage: Stage) -> None:
    bodies = {
        "nothing": b"",
        "a blank": b" ",
        "cut off": b"{",
        "no JSON": b"nonsense",
        "two documents": b"{}{}",
        "a comma too many": b'{"telegram_id": 1,}',
        "single quotes": b"{'telegram_id': 1}",
        "a comment": b'/* */{"telegram_id": 1}',
        "not UTF-8": b'{"telegram_id": "\xff\xfe"}',
        "UTF-16": '{"telegram_id": 1}'.encode("utf-16"),
        "a NUL": b'\x00{"telegram_id": 1}',
        "a lone surrogate": b'{"\\ud800": 1}',
        "a form": b"telegram_id=1&count=1",
        "a list": b"[]",
        "text": b'"x"',
        "a number": b"1",
        "null": b"null",
    }
    attempts = [
        attempt(what, route, stage, body, left_out(route) if what in ("nothing", "null") else INVALID)
        for what, body in bodies.items()
        for route in with_body(stage)
    ]
    assert_refused(pair[0].port, attempts)


def test_nesting_beyond_32_is_refused(pair: Pair, stage: Stage) -> None:
    def deep(levels: int, before: str = "") -> bytes:
        return f'{{{before}"deep": {"[" * (levels - 1)}{"]" * (levels - 1)}}}'.encode()

    bodies = {
        "lists, 5,000 deep": b"[" * 5000 + b"]" * 5000,
        "lists never closed": b"[" * 5000,
        "objects, 5,000 deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        "objects never closed": b'{"a":' * 5000,
        "33 deep": deep(33),
        "5,000 deep": deep(5000),
        "5,000 deep behind an escaped newline": deep(5000, '"a": "\\n", '),
        "5,000 deep behind an escaped quote": deep(5000, '"a": "\\"", '),
        "5,000 deep behind an escaped backslash": deep(5000, '"a": "\\\\", '),
        "5,000 deep behind brackets in text": deep(5000, '"a": "]]]]]]", '),
        "5,000 deep behind escapes": deep(5000, '"\\u0022": "\\\\\\"", '),
    }
    assert_refused(
        pair[0].port, [attempt(what, route, stage, body) for what, body in bodies.items() for route in with_body(stage)]
    )


def test_brackets_in_text_and_32_levels_are_no_nesting(pair: Pair, stage: Stage) -> None:
    """Requests that are refused for another reason, and only for that."""
    unknown = case_path("There is no such case", "/open")
    fields = {
        "32 levels": f'"a": {"[" * 31}{"]" * 31}',
        "brackets in text": f'"a": "{"[" * 99}"',
        "brackets behind an escaped newline": f'"a": "\\n{"[" * 99}"',
        "brackets between escapes": f'"a": "\\"{"{" * 99}\\\\"',
    }
    attempts = []
    for what, extra in fields.items():
        body = f'{{"telegram_id": {stage.player.telegram_id}, {extra}}}'
        assert json.loads(body)
        attempts.append(Attempt(what, Ask("POST", unknown, stage.player.headers(), body.encode()), NOT_FOUND))
    assert_refused(pair[0].port, attempts)


def test_every_field_of_every_body(pair: Pair, stage: Stage) -> None:
    attempts = [
        changed(route, stage, name, bad)
        for route in with_body(stage)
        for name, kind in route.kinds.items()
        for bad in (bad_items(stage) if kind.endswith("items") else BAD[kind])
    ]
    assert len(attempts) > 400
    assert_refused(pair[0].port, attempts)


def test_no_text_holds_a_nul(pair: Pair, stage: Stage) -> None:
    """PostgreSQL cannot keep U+0000: it has to be refused at the door."""
    attempts = [
        changed(route, stage, name, NUL)
        for route in with_body(stage)
        for name, kind in route.kinds.items()
        if kind in TEXTS
    ]
    units = next(route for route in with_body(stage) if route.path.endswith("/units"))
    attempts.append(changed(units, stage, "units", [{"number": 9_000_002, "nft_address": NUL}]))
    assert len(attempts) > 10
    assert_refused(pair[0].port, attempts)


def test_every_text_has_a_greatest_length(pair: Pair, stage: Stage) -> None:
    long = "x" * 20_000
    attempts = [
        changed(route, stage, name, long)
        for route in with_body(stage)
        for name, kind in route.kinds.items()
        if kind in TEXTS
    ]
    units = next(route for route in with_body(stage) if route.path.endswith("/units"))
    attempts.append(changed(units, stage, "units", [{"number": 9_000_003, "nft_address": long}]))
    assert_refused(pair[0].port, attempts)


def test_numbers_are_not_read_out_of_text(pair: Pair, stage: Stage) -> None:
    """Ids of players and amounts of money may be text; nothing else that the schema calls a number may."""
    first, second = ({"pack_id": pack_id, "chance": 0.5} for pack_id in stage.case.pack_ids)
    numbers = {
        "count": ["1"],
        "price": [str(stage.case.price)],
        "fee": ["20"],
        "maybe fee": ["20"],
        "numbers": [["9000004"]],
        "items": [[first, second | {"chance": "0.5"}], [first, second | {"pack_id": str(second["pack_id"])}]],
    }
    attempts = [
        changed(route, stage, name, bad)
        for route in with_body(stage)
        for name, kind in route.kinds.items()
        if not (kind == "amount" and name == "price")
        for bad in numbers.get(kind, [])
    ]
    assert len(attempts) >= 7
    assert_refused(pair[0].port, attempts)


def test_every_required_field_is_asked_for(pair: Pair, stage: Stage) -> None:
    required = {
        "/api/cases/{name}/open": ("telegram_id",),
        "/api/wallet/connect-wallet": ("signature", "message", "public"),
        "/api/wallet/withdrawal": ("telegram_id", "amount"),
        "/api/packs/sell": ("telegram_id", "id"),
        "/api/upgrade/upgrade": ("telegram_id", "user_liq_ids", "upgrade_liq_id"),
        "/api/users/{telegram_id}/fairness": ("client_seed",),
        "/api/users/user": ("telegram_id", "first_name"),
        "/api/operator/packs": ("pack_name", "collection_name", "contributor", "floor_price"),
        "/api/operator/packs/{pack_id}/units": ("numbers",),
        "/api/operator/cases": ("name", "price", "base_fee", "items"),
        "/api/operator/packs/{pack_id}/price/accept": ("price",),
        "/api/operator/packs/{pack_id}/price/reject": ("price",),
        "/api/operator/players/{telegram_id}/adjust": ("amount", "reason"),
        "/api/users/{telegram_id}/inventory/{item_id}/withdraw": (),
        "/api/operator/deliveries/pause": ("reason",),
        "/api/operator/stars": ("username", "stars", "reason"),
    }
    taking = [route for route in with_body(stage) if route.method != "PATCH"]
    assert {route.template for route in taking} == set(required)
    attempts = []
    for route in taking:
        for name in required[route.template]:
            rest = {key: value for key, value in (route.body or {}).items() if key != name}
            attempts.append(attempt(f"without {name}", route, stage, json.dumps(rest).encode()))
        attempts.append(attempt("with no field at all", route, stage, b'{"unknown": 1}', left_out(route)))
    assert_refused(pair[0].port, attempts)

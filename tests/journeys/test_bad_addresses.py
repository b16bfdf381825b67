"""Addresses, queries, headers and sizes that are wrong: a clear refusal each, no trace."""

from __future__ import annotations

import asyncio
import json

import pytest

from support.api_processes import AS_SERVICE, Pair
from support.http_lines import Answer, Ask, Line
from support.routes import Attempt, Stage, assert_refused, routes, shape_problem

pytestmark = pytest.mark.usefixtures("untouched")

INVALID, NOT_FOUND, TOO_LARGE = {400: "invalid_request"}, {404: "not_found"}, {413: "payload_too_large"}
NO_METHOD = {405: "method_not_allowed"}
KIBIBYTE = 1024
BAD_NUMBERS = ["-1", "x", "1.5", "1e3", "%D9%A3", "+5", "0x10", "9" * 30, "9" * 5000, "%20", "1%002", "1_0"]
UNKNOWN_NAMES = ["Nope", "%F0%9F%8E%B0", "a" * 5000, "%25", "%FF", "%2e%2e", "'%20OR%201=1--", "%3Cscript%3E", "open"]


def open_body(stage: Stage) -> bytes:
    """The right body of an opening."""
    return json.dumps({"telegram_id": stage.player.telegram_id}).encode()


def test_unknown_cases(pair: Pair, stage: Stage) -> None:
    me = stage.player.headers()
    attempts = []
    for name in UNKNOWN_NAMES:
        for ask in (
            Ask("GET", f"/api/cases/{name}/items/"),
            Ask("GET", f"/api/cases/{name}/open"),
            Ask("POST", f"/api/cases/{name}/open", me, open_body(stage)),
            Ask("GET", f"/api/cases/?name={name}"),
            Ask("PATCH", f"/api/operator/cases/{name}", AS_SERVICE, b'{"price": 3}'),
        ):
            attempts.append(Attempt("unknown case", ask, NOT_FOUND))
    assert_refused(pair[0].port, attempts)


def test_names_with_a_nul(pair: Pair, stage: Stage) -> None:
    either = INVALID | NOT_FOUND
    me = stage.player.headers("a-key")
    attempts = [
        Attempt("NUL in a name", ask, either)
        for ask in (
            Ask("GET", "/api/cases/a%00/items/"),
            Ask("GET", "/api/cases/a%00/open"),
            Ask("POST", "/api/cases/a%00/open", me, open_body(stage)),
            Ask("GET", "/api/cases/?name=a%00"),
            Ask("PATCH", "/api/operator/cases/a%00", AS_SERVICE, b'{"price": 3}'),
            Ask("GET", f"/api/draws/{'0' * 64}-%00"),
        )
    ]
    assert_refused(pair[0].port, attempts)


def test_ids_in_paths(pair: Pair, stage: Stage) -> None:
    me = stage.player.headers()
    telegram_ids = [*BAD_NUMBERS, "0", str(2**52), str(2**63)]
    attempts = [
        Attempt("Telegram id", Ask(method, f"/api/users/{bad}{rest}", me, body), INVALID)
        for bad in telegram_ids
        for method, rest, body in (
            ("GET", "/", b""),
            ("GET", "/inventory/", b""),
            ("GET", "/transactions/", b""),
            ("GET", "/fairness", b""),
            ("PUT", "/fairness", b'{"client_seed": "x"}'),
            ("POST", "/fairness/rotate", b""),
        )
    ]
    ladder = f"/api/upgrade/check?telegram_id={stage.player.telegram_id}"
    attempts += [
        Attempt("no item", Ask("GET", ladder, me), INVALID),
        Attempt("an item twice", Ask("GET", f"{ladder}&id=5&id=5", me), INVALID),
        Attempt("too many items", Ask("GET", ladder + "".join(f"&id={i}" for i in range(1, 102)), me), INVALID),
        Attempt("no player", Ask("GET", "/api/upgrade/check?id=5", me), INVALID),
    ]
    adjustment, units, image = b'{"amount": "1", "reason": "x"}', b'{"numbers": [9000005]}', b'{"image_url": "x"}'
    for bad in telegram_ids:
        ask = Ask("POST", f"/api/operator/players/{bad}/adjust", AS_SERVICE, adjustment)
        attempts.append(Attempt("Telegram id", ask, INVALID))
        for verb in ("block", "unblock"):
            ask = Ask("POST", f"/api/operator/players/{bad}/{verb}", AS_SERVICE)
            attempts.append(Attempt("Telegram id", ask, INVALID))
        ask = Ask("GET", f"/api/upgrade/check?telegram_id={bad}&id=1", me)
        attempts.append(Attempt("Telegram id", ask, INVALID))
    for bad in [*BAD_NUMBERS, "0", str(2**53), str(2**63)]:
        attempts += [
            Attempt("pack id", Ask("GET", f"/api/packs/?id={bad}"), INVALID),
            Attempt("item id", Ask("GET", f"{ladder}&id={bad}", me), INVALID),
            Attempt("item id", Ask("GET", f"{ladder}&id=1&id={bad}", me), INVALID),
            Attempt("pack id", Ask("PATCH", f"/api/operator/packs/{bad}", AS_SERVICE, image), INVALID),
            Attempt("pack id", Ask("POST", f"/api/operator/packs/{bad}/units", AS_SERVICE, units), INVALID),
        ]
    unknown = str(2**53 - 1)
    attempts += [
        Attempt("unknown pack", Ask("GET", f"/api/packs/?id={unknown}"), NOT_FOUND),
        Attempt("unknown pack", Ask("PATCH", f"/api/operator/packs/{unknown}", AS_SERVICE, image), NOT_FOUND),
        Attempt("unknown pack", Ask("POST", f"/api/operator/packs/{unknown}/units", AS_SERVICE, units), NOT_FOUND),
        Attempt("unknown player", Ask("POST", "/api/operator/players/1/adjust", AS_SERVICE, adjustment), NOT_FOUND),
        Attempt("unknown player", Ask("POST", "/api/operator/players/1/block", AS_SERVICE), NOT_FOUND),
        Attempt("pack in a new case", _case_with_pack(int(unknown)), NOT_FOUND),
    ]
    assert_refused(pair[0].port, attempts)


def _case_with_pack(pack_id: int) -> Ask:
    case = {"name": "Never", "price": 1, "base_fee": 20, "items": [{"pack_id": pack_id, "chance": 1}]}
    return Ask("POST", "/api/operator/cases", AS_SERVICE, json.dumps(case).encode())


def test_ids_of_draws(pair: Pair, stage: Stage) -> None:
    server_seed_hash, _, nonce = stage.draw_id.rpartition("-")
    ids = [
        f"{server_seed_hash}-{int(nonce) + 10}",
        f"{server_seed_hash}-0{nonce}",
        f"{server_seed_hash}--{nonce}",
        f"{server_seed_hash}-{2**31}",
        f"{server_seed_hash}-{2**63}",
        f"{server_seed_hash}-00000000000{'9' * 20}",
        f"{server_seed_hash}-{'0' * 5000}",
        f"{server_seed_hash}-%D9%A3",
        f"{server_seed_hash}-",
        server_seed_hash,
        f"{server_seed_hash[:-1]}-{nonce}",
        f"{server_seed_hash.upper()}-{nonce}",
        f"{'0' * 64}-0",
        "-0",
        "x",
        "%00",
        "1",
        "'--",
    ]
    assert_refused(pair[0].port, [Attempt("draw", Ask("GET", f"/api/draws/{bad}"), NOT_FOUND) for bad in ids])


def test_queries(pair: Pair, stage: Stage) -> None:
    me = stage.player.headers()
    pages = {
        "/api/cases/?pagination=true&": ["0", "101"],
        "/api/packs/?": ["0", "1001"],
        "/api/packs/contributor/Sticker%20Pack/?": ["0", "1001"],
        stage.player.path("/inventory/?"): ["0", "201"],
        stage.player.path("/transactions/?"): ["0", "201"],
    }
    attempts = [
        Attempt("limit", Ask("GET", f"{path}limit={bad}", me), INVALID)
        for path, limits in pages.items()
        for bad in [*BAD_NUMBERS, *limits]
    ]
    attempts += [
        Attempt("offset", Ask("GET", f"{path}offset={bad}"), INVALID)
        for path in list(pages)[:3]
        for bad in [*BAD_NUMBERS, str(2**63)]
    ]
    cursors = ["", "x", "AAAAAAAAAAAA", "_" * 11, "%00", "%D9%A3", "1", "A" * 5000, "AAAAAAAAA!A"]
    attempts += [
        Attempt("cursor", Ask("GET", f"{stage.player.path(rest)}?cursor={bad}", me), INVALID)
        for rest in ("/inventory/", "/transactions/")
        for bad in cursors
    ]
    attempts += [
        Attempt("type", Ask("GET", f"{stage.player.path('/transactions/')}?type={bad}", me), INVALID)
        for bad in ("", "x", "case%20open", "%00", "Case%20open%20")
    ]
    attempts += [
        Attempt("log", Ask("GET", f"/api/operator/log?{query}", AS_SERVICE), INVALID)
        for query in (
            "subject=%00",
            "subject=pack%003",
            "who=a%00",
            "since=%00",
            "since=2026-05-04",
            "since=x",
            "limit=0",
        )
    ]
    assert_refused(pair[0].port, attempts)


def test_idempotency_keys(pair: Pair, stage: Stage) -> None:
    keys = {"empty": "", "256 signs": "k" * 256, "a blank inside": "a b", "not ASCII": "\xe9", "a tab": "a\tb"}
    attempts = [
        Attempt(
            f"key: {what}",
            Ask(route.method, route.path, {**route.headers(stage), "Idempotency-Key": key}, route.content),
            INVALID,
        )
        for route in routes(stage)
        if route.takes_key
        for what, key in keys.items()
    ]
    assert len(attempts) >= 6 * 4
    assert_refused(pair[0].port, attempts)


def test_bodies_beyond_the_limits(pair: Pair, stage: Stage) -> None:
    def padded(size: int, content: bytes) -> bytes:
        return content + b" " * (size - len(content))

    attempts = []
    for route in routes(stage):
        if route.body is None:
            continue
        # The bot's POST /api/users/user/ is the service's too, yet nothing that it sends is large.
        is_large = route.caller == "service" and route.path != "/api/users/user"
        most = 8 * KIBIBYTE * KIBIBYTE if is_large else 64 * KIBIBYTE
        content = padded(most + 1, route.content)
        ask = Ask(route.method, route.path, route.headers(stage), content)
        attempts.append(Attempt(f"{most + 1} bytes", ask, TOO_LARGE))
        if route.caller == "player":
            mebibyte = padded(KIBIBYTE * KIBIBYTE, route.content)
            attempts.append(Attempt("1 MiB", Ask(route.method, route.path, route.headers(stage), mebibyte), TOO_LARGE))
    assert_refused(pair[0].port, attempts)


def test_64_kib_are_not_too_large(pair: Pair, stage: Stage) -> None:
    body = json.dumps({"client_seed": "a|b"}).encode()
    content = body + b" " * (64 * KIBIBYTE - len(body))
    ask = Ask("PUT", stage.player.path("/fairness"), stage.player.headers(), content)
    assert_refused(pair[0].port, [Attempt("64 KiB", ask, INVALID)])


@pytest.mark.parametrize("target", ["/api/users/{id}/fairness", "/api/cases/{case}/open"])
def test_a_body_in_chunks_is_bounded_as_well(pair: Pair, stage: Stage, target: str) -> None:
    method = "PUT" if "fairness" in target else "POST"
    path = target.format(id=stage.player.telegram_id, case="Nope")
    head = "".join(f"{name}: {value}\r\n" for name, value in stage.player.headers().items())
    start = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode()

    async def send() -> Answer:
        line = await Line.open(pair[0].port)
        try:
            chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
            return await line.send(start + chunk * 10 + b"0\r\n\r\n")
        finally:
            await line.close()

    answer = asyncio.run(send())
    assert answer.status == 413, answer.text
    assert shape_problem(answer, "payload_too_large") is None


def test_addresses_and_methods_that_are_not_there(pair: Pair, stage: Stage) -> None:
    unknown = ["/", "/api", "/api/", "/nope", "/api/case/", "/api/cases/a/b/c", "/api/users/1/nope", "/%00"]
    attempts = [Attempt("no page", Ask("GET", path), NOT_FOUND) for path in unknown]
    attempts += [
        Attempt("no method", Ask(method, path), NO_METHOD)
        for method, path in (
            ("DELETE", "/api/cases/"),
            ("POST", "/api/cases/"),
            ("PUT", stage.case.path("/open")),
            ("DELETE", stage.player.path()),
            ("POST", "/health/ready"),
            ("GET", "/api/operator/packs"),
            ("DELETE", "/api/operator/packs/1"),
        )
    ]
    assert_refused(pair[0].port, attempts)

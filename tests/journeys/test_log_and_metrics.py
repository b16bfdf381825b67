"""What a process tells of itself: one line a request, never a secret, and figures that Prometheus can read."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.api_processes import AS_SERVICE, SECRETS, ApiProcess, eventually
from support.http_lines import Ask, one_by_one
from support.players import Operator, Player, new_player, signed
from support.routes import Stage, routes, set_stage

ORIGIN = "https://app.example"
UUID = re.compile("[0-9a-f]{32}")


@pytest.fixture(scope="module")
def api(journeys_database: str, redis_url: str) -> Iterator[ApiProcess]:
    """A process that nobody else asks, so that every line and every figure is accounted for."""
    with ApiProcess(journeys_database, redis_url, cors_origins=ORIGIN) as process:
        yield process


@pytest.fixture(scope="module")
def scene(api: ApiProcess) -> Stage:
    """Players and a case, put in place through this very process."""
    return set_stage(Operator(api.client), api.client)


def lines(api: ApiProcess) -> list[dict[str, Any]]:
    """The log so far, every line of it JSON."""
    return [json.loads(line) for line in api.err.text.splitlines()]


def line_of(api: ApiProcess, request_id: str) -> dict[str, Any]:
    """The one line of a request, waited for."""

    def found() -> list[dict[str, Any]]:
        return [line for line in lines(api) if line["event"] == "request" and line["request_id"] == request_id]

    eventually(lambda: bool(found()), f"a line of {request_id}")
    [line] = found()
    return line


def figures(api: ApiProcess) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of the page by its name and labels."""
    families = text_string_to_metric_families(api.client.get("/metrics").text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def figure(api: ApiProcess, name: str, **labels: str) -> float:
    """One sample; 0 when it is not there yet."""
    return figures(api).get((f"stickercase_{name}", frozenset(labels.items())), 0.0)


@pytest.mark.parametrize("path", ["/api/cases/", "/nope", "/health/live", "/metrics", "/schema", "/api/users/1/"])
def test_every_answer_has_a_request_id(api: ApiProcess, path: str) -> None:
    made = {api.client.get(path).headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    assert all(UUID.fullmatch(one) for one in made)
    for sane in ("mine", "!", "~" * 64, "a-b_c.d:e/f"):
        assert api.client.get(path, headers={"X-Request-Id": sane}).headers["x-request-id"] == sane


def test_an_opening_has_a_request_id(api: ApiProcess, scene: Stage) -> None:
    body = {"telegram_id": scene.player.telegram_id}
    for headers, status in ((scene.player.headers(), 200), ({}, 401)):
        answer = api.client.post(scene.case.path("/open"), json=body, headers={**headers, "X-Request-Id": f"o{status}"})
        assert (answer.status_code, answer.headers["x-request-id"]) == (status, f"o{status}")


@pytest.mark.parametrize("bad", ["", "a b", "a" * 65, "\xe9", "a\tb"])
def test_a_request_id_that_is_not_sane_is_replaced(api: ApiProcess, bad: str) -> None:
    [answer] = one_by_one(api.port, [Ask("GET", "/health/live", {"X-Request-Id": bad})])
    assert answer is not None
    assert UUID.fullmatch(answer.headers["x-request-id"])


def test_a_line_says_who_asked_for_what_and_what_came_of_it(api: ApiProcess, scene: Stage) -> None:
    me = scene.player
    opened = api.client.post(
        scene.case.path("/open"), json={"telegram_id": me.telegram_id}, headers={**me.headers(), "X-Request-Id": "l1"}
    )
    assert opened.status_code == 200
    line = line_of(api, "l1")
    assert line.pop("timestamp").endswith("Z")
    assert 0 < line.pop("ms") < 60_000
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "l1",
        "method": "POST",
        "route": "/api/cases/{name}/open",
        "status": 200,
        "caller": "player",
        "caller_id": me.telegram_id,
    }
    api.client.get(me.path("/inventory"), headers={**scene.other.headers(), "X-Request-Id": "l2"})
    refused = line_of(api, "l2")
    assert (refused["route"], refused["status"], refused["code"], refused["caller_id"]) == (
        "/api/users/{telegram_id}/inventory",
        403,
        "forbidden",
        scene.other.telegram_id,
    )
    api.client.get("/api/operator/audit", headers={**AS_SERVICE, "X-Request-Id": "l3"})
    assert (line_of(api, "l3")["caller"], line_of(api, "l3")["caller_id"]) == ("service", "service")
    api.client.get("/nope/nope", headers={"X-Request-Id": "l4"})
    nobody = line_of(api, "l4")
    assert (nobody["route"], nobody["status"], nobody["code"], "caller" in nobody) == (None, 404, "not_found", False)


def test_each_request_has_exactly_one_line(api: ApiProcess, scene: Stage) -> None:
    asks = [Ask(route.method, route.path, route.headers(scene), route.content) for route in routes(scene)]
    asks += [Ask("GET", "/nope"), Ask("DELETE", "/api/cases/"), Ask("POST", scene.case.path("/open"), {}, b"{")]
    named = [Ask(a.method, a.target, {**a.headers, "X-Request-Id": f"e{n}"}, a.body) for n, a in enumerate(asks)]
    answers = one_by_one(api.port, named)
    assert None not in answers
    line_of(api, f"e{len(named) - 1}")
    told = Counter(line["request_id"] for line in lines(api) if line["event"] == "request")
    assert {ask.headers["X-Request-Id"]: told[ask.headers["X-Request-Id"]] for ask in named} == {
        f"e{number}": 1 for number in range(len(named))
    }
    assert [line_of(api, f"e{n}")["status"] for n in range(len(named))] == [
        answer.status for answer in answers if answer
    ]


def test_a_request_that_is_given_up_has_a_line_too(api: ApiProcess, scene: Stage) -> None:
    head = {"Host": "x", "Content-Length": "100", "X-Request-Id": "gone", **scene.player.headers()}
    fields = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(f"POST {scene.case.path('/open')} HTTP/1.1\r\n{fields}\r\n{{".encode())
        time.sleep(0.1)
    assert line_of(api, "gone")["code"] == "invalid_request"


def test_no_line_holds_a_secret(api: ApiProcess, scene: Stage, journeys_database: str) -> None:
    """A whole run of right and wrong requests, and then every line of the log and of the metrics is searched."""
    key = "an-idempotency-key-nobody-may-read"
    forged = signed({"id": 77, "first_name": "Mallory"}, token="9:another-bots-token")
    wrong = {"Authorization": "Bearer a-wrong-token-that-is-nearly-right", "X-Telegram-Init-Data": forged}
    asks = []
    for route in routes(scene):
        right = route.headers(scene)
        for headers in (right, {**right, "Idempotency-Key": key}, wrong, {"Authorization": f"tma {forged}"}):
            asks.append(Ask(route.method, route.path, headers, route.content))
    asks.append(Ask("POST", "/webhook/tonconsole/a-uuid-nobody-may-read", {}, b"{}"))
    asks.append(Ask("GET", f"/api/cases/?name=a-query-nobody-may-read&initData={forged[:50]}"))
    answers = one_by_one(api.port, asks)
    assert None not in answers
    client_seed = "a-seed-of-the-client-nobody-may-read"
    api.client.put(scene.player.path("/fairness"), json={"client_seed": client_seed}, headers=scene.player.headers())
    revealed = api.client.post(scene.player.path("/fairness/rotate"), headers=scene.player.headers()).json()["revealed"]

    told = api.err.text + api.out.text + api.client.get("/metrics").text
    assert told.count('"event":"request"') >= len(asks)
    hashes = [parse_qs(text)["hash"][0] for text in (forged, signed(scene.player.user))]
    credentials = [value for ask in asks for name, value in ask.headers.items() if name == "Authorization"]
    needles = {*SECRETS, key, *hashes, *(value.split(" ", 1)[1] for value in credentials), forged, "nobody-may-read"}
    needles |= {
        revealed["server_seed"],
        revealed["client_seed"],
        "auth_date",
        "Mallory",
        "Traceback",
        journeys_database,
    }
    assert [needle for needle in needles if needle in told] == []


IMPOSSIBLE = (
    "ALTER TABLE packs DROP CONSTRAINT packs_status_check",
    "UPDATE packs SET status = 'a status that no version knows'",
    "UPDATE catalogue SET version = version + 1",
)


def test_a_fault_of_ours_is_told_in_full_to_the_log_and_by_number_to_the_caller(
    redis_url: str, new_database: Callable[[], str]
) -> None:
    url = new_database()
    with ApiProcess(url, redis_url) as process:
        Operator(process.client).new_pack()
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in IMPOSSIBLE:
                connection.execute(statement)
        answer = process.client.get("/api/packs/", headers={"X-Request-Id": "fault"})
        told = answer.json()
        assert (answer.status_code, told["code"], told["request_id"]) == (500, "internal_error", "fault")
        assert line_of(process, "fault")["status"] == 500
        [fault] = [line for line in lines(process) if line.get("request_id") == "fault" and line["event"] != "request"]
        assert (fault["event"], fault["level"], fault["route"]) == ("internal_error", "error", "/api/packs")
        assert fault["exception"][0]["frames"], "the log has the traceback"
        assert "frames" not in answer.text


def test_the_page_of_metrics(api: ApiProcess, scene: Stage, operator: Operator) -> None:
    before = figures(api)
    me, path = scene.player, scene.case.path("/open")
    for body in ({"telegram_id": me.telegram_id, "count": 3}, {"telegram_id": me.telegram_id, "price": 77}, {}):
        api.client.post(path, json=body, headers=me.headers())
    api.client.post(path, json={"telegram_id": me.telegram_id})
    after = figures(api)

    def grown(name: str, **labels: str) -> float:
        key = (f"stickercase_{name}", frozenset(labels.items()))
        return after.get(key, 0.0) - before.get(key, 0.0)

    route = {"method": "POST", "route": "/api/cases/{name}/open"}
    assert [grown("http_requests_total", status=status, **route) for status in ("200", "409", "400", "401")] == [
        1.0
    ] * 4
    assert grown("http_request_seconds_count", **route) == 4
    assert grown("http_request_seconds_bucket", le="+Inf", **route) == 4
    assert 0 < grown("http_request_seconds_sum", **route) < 60
    codes = ("price_changed", "invalid_request", "unauthenticated")
    assert [grown("refusals_total", code=code) for code in codes] == [1.0] * 3
    assert (grown("openings_total"), grown("draws_total")) == (1, 3)
    assert (grown("batch_openings_count"), grown("batch_openings_sum")) == (2, 2)
    assert grown("batch_openings_bucket", le="1") == 2
    for name in ("openings_waiting", "limiter_failing_open"):
        assert after[f"stickercase_{name}", frozenset()] == 0.0
    assert after["stickercase_database_up", frozenset()] == 1.0
    pools = {dict(labels)["pool"] for name, labels in after if name == "stickercase_database_connections_in_use"}
    assert pools == {"transactions", "reads", "scans"}
    assert after["process_resident_memory_bytes", frozenset()] > 1e6


def test_fees_and_stock_are_read_at_the_scrape(api: ApiProcess, operator: Operator) -> None:
    pack_id = operator.new_pack(units=3, floor="2")
    case = operator.new_case([(pack_id, 1.0)], price="2.5")

    def told() -> list[float]:
        names = ("fee_promised_percent", "fee_current_percent", "fee_drift_points", "least_free_units")
        return [figure(api, f"case_{name}", case=case.name) for name in names]

    assert told() == pytest.approx([20.0, 20.0, 0.0, 3.0])
    low = figure(api, "packs_low")
    operator.send("PATCH", f"/api/operator/packs/{pack_id}", {"floor_price": "2.25"})
    operator.add_units(pack_id, range(4, 15))
    assert told() == pytest.approx([20.0, 10.0, -10.0, 14.0])
    assert figure(api, "packs_low") == low - 1
    operator.edit_case(case, status="inactive")
    assert told() == [0.0] * 4, "a case that is not on sale is not on the page"


def test_labels_do_not_grow_with_what_callers_send(api: ApiProcess, scene: Stage) -> None:
    def ask(number: int) -> None:
        for target in (
            f"/nope/{number}",
            f"/api/cases/Nope{number}/items",
            f"/api/users/{number + 1}/",
            f"/a%00{number}",
        ):
            api.client.get(target, headers=scene.player.headers())
        api.client.post(f"/api/cases/Nope{number}/open", json={"telegram_id": 1}, headers=scene.player.headers())
        api.client.request("PROPFIND" if number % 2 else "MKCOL", "/api/cases/")

    for number in range(2):
        ask(number)
    api.client.get("/metrics")
    before = set(figures(api))
    for number in range(2, 12):
        ask(number)
    assert set(figures(api)) == before
    assert not any("nope" in str(labels).lower() for _, labels in before)


def test_the_page_is_there_while_the_database_is_away(redis_url: str) -> None:
    with ApiProcess("postgresql:///nowhere?host=/nowhere", redis_url) as lost:
        answer = lost.client.get("/metrics")
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
        assert figure(lost, "database_up") == 0.0
        assert "stickercase_database_up 0.0" in answer.text
        assert "stickercase_case_fee" not in answer.text


def test_browsers_are_let_in_by_origin(api: ApiProcess, scene: Stage) -> None:
    question = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for path in (scene.case.path("/open"), "/api/cases/", scene.player.path("/fairness")):
        asked = api.client.options(path, headers={"Origin": ORIGIN, **question})
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["access-control-allow-origin"] == ORIGIN
        assert "authorization" in asked.headers["access-control-allow-headers"]
        assert "PUT" in asked.headers["access-control-allow-methods"]
        turned_away = api.client.options(path, headers={"Origin": "https://evil.example", **question})
        assert "access-control-allow-origin" not in turned_away.headers
        assert turned_away.headers["vary"] == "origin"
    answers: list[httpx.Response] = [
        api.client.get("/api/cases/", headers={"Origin": ORIGIN}),
        api.client.get("/nope", headers={"Origin": ORIGIN}),
        _opening(api, scene.player, scene, ORIGIN),
        _opening(api, new_player(), scene, ORIGIN),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 400]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in _opening(api, scene.player, scene, "https://evil.example").headers


def _opening(api: ApiProcess, player: Player, scene: Stage, origin: str) -> httpx.Response:
    headers = {**player.headers(), "Origin": origin}
    return api.client.post(scene.case.path("/open"), json={"telegram_id": player.telegram_id}, headers=headers)


def test_the_schema_tells_of_limits_and_request_ids(api: ApiProcess) -> None:
    paths = api.client.get("/schema/openapi.json").json()["paths"]
    operations = {
        (path, method): operation
        for path, item in paths.items()
        for method, operation in item.items()
        if method in ("get", "put", "post", "patch", "delete")
    }
    assert len(operations) > 15
    for (path, _), operation in operations.items():
        answers = operation["responses"]
        assert ("429" in answers) == (not path.startswith("/health")), path
        assert all("X-Request-Id" in answer["headers"] for answer in answers.values())
        if "429" in answers:
            assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(answers["429"]["headers"])

"""Every address of the API with a request that is right, so that tests can make it wrong in one place at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import httpx

from support.api_processes import AS_SERVICE, SECRETS
from support.http_lines import Answer, Ask, one_by_one
from support.picture_files import png
from support.players import Operator, Player, SoldCase

Caller = Literal["anyone", "player", "service"]
FORBIDDEN_WORDS = ("Traceback", 'File "', "SELECT ", "INSERT ", "UPDATE ", "psycopg", "sqlalchemy", "DETAIL", *SECRETS)


@dataclass(frozen=True, slots=True)
class Stage:
    """Who and what the right requests are about."""

    player: Player
    other: Player
    case: SoldCase
    pack_id: int
    draw_id: str
    item_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class Route:
    """An operation as the OpenAPI document names it; ``kinds`` says of each field of the body what it takes."""

    method: str
    template: str
    caller: Caller
    path: str
    body: Mapping[str, Any] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    takes_key: bool = False
    picture: bytes = b""
    """What is sent where the body is no JSON."""

    @property
    def name(self) -> str:
        """Method and template."""
        return f"{self.method} {self.template}"

    @property
    def content(self) -> bytes:
        """The right body as it is sent."""
        return self.picture if self.body is None else json.dumps(self.body).encode()

    def headers(self, stage: Stage) -> dict[str, str]:
        """The right credential."""
        return {"anyone": {}, "player": stage.player.headers(), "service": dict(AS_SERVICE)}[self.caller]


def set_stage(operator: Operator, client: httpx.Client) -> Stage:
    """Two players, one of whom has played, and a case with stock."""
    case = operator.simple_case(units=40)
    player, other = operator.new_player("20"), operator.new_player("20")
    opened = [
        client.post(case.path("/open"), json={"telegram_id": p.telegram_id, "count": 2}, headers=p.headers()).json()
        for p in (player, other)
    ]
    operator.new_pack(1, "5")
    inventory = client.get(player.path("/inventory"), headers=player.headers()).json()["inventory"]
    item_id = inventory[0]["id"]
    asked = {"telegram_id": player.telegram_id, "id": item_id}
    offers = client.get("/api/upgrade/check", params=asked, headers=player.headers()).json()["items"]
    draw_id = opened[0]["drops"][0]["fairness"]["draw_id"]
    return Stage(player, other, case, case.pack_ids[0], draw_id, item_id, offers[0]["id"])


def routes(stage: Stage) -> list[Route]:
    """All of them."""
    return [*_open_to_all(stage), *_players(stage), *_operators(stage), *_deliveries(), *_feeds(stage)]


def _open_to_all(stage: Stage) -> list[Route]:
    case = stage.case
    return [
        Route("GET", template, "anyone", path)
        for template, path in {
            "/api/cases": "/api/cases/",
            "/api/cases/{name}/items": case.path("/items/"),
            "/api/cases/{name}/open": case.path("/open"),
            "/api/packs": "/api/packs/",
            "/api/packs/contributor/{contributor}": "/api/packs/contributor/Sticker%20Pack/",
            "/api/draws/{draw_id}": f"/api/draws/{stage.draw_id}",
            "/health/live": "/health/live",
            "/health/ready": "/health/ready",
            "/tonconnect-manifest.json": "/tonconnect-manifest.json",
        }.items()
    ]


def _players(stage: Stage) -> list[Route]:
    me, case = stage.player, stage.case
    body = {"telegram_id": me.telegram_id, "count": 1, "price": case.price, "table_id": case.table_id}
    kinds = {"telegram_id": "telegram_id", "count": "count", "price": "price", "table_id": "hash"}
    reading = ("", "/inventory", "/transactions", "/fairness")
    seed = Route(
        "PUT",
        "/api/users/{telegram_id}/fairness",
        "player",
        me.path("/fairness"),
        {"client_seed": "mine"},
        {"client_seed": "client_seed"},
    )
    sale = {"telegram_id": me.telegram_id, "id": stage.item_id, "price": 1e6}
    bet = {"telegram_id": me.telegram_id, "user_liq_ids": [stage.item_id], "upgrade_liq_id": stage.unit_id}
    bet_kinds = {"telegram_id": "telegram_id", "user_liq_ids": "ids", "upgrade_liq_id": "id", "table_id": "hash"}
    check = f"/api/upgrade/check?telegram_id={me.telegram_id}&id={stage.item_id}"
    purse = f"/api/wallet/{me.telegram_id}"
    withdraw = "/api/users/{telegram_id}/inventory/{item_id}/withdraw"
    out = me.path(f"/inventory/{stage.item_id}/withdraw")
    nobody = {"wallet": "w", "telegram_id": me.telegram_id, "timestamp": 1, "nonce": "n"}
    signed = "&".join(f"{name}={value}" for name, value in nobody.items())
    proof = {"signature": "AA==", "message": signed, "public": "AA=="}
    return [
        Route("POST", "/api/wallet/{telegram_id}/get-nonce", "player", f"{purse}/get-nonce"),
        Route(
            "POST",
            "/api/wallet/connect-wallet",
            "player",
            "/api/wallet/connect-wallet",
            proof,
            dict.fromkeys(proof, "proof"),
        ),
        Route("GET", "/api/wallet/{telegram_id}", "player", purse),
        Route("POST", "/api/wallet/{telegram_id}/disconnect", "player", f"{purse}/disconnect"),
        Route(
            "POST",
            "/api/wallet/withdrawal",
            "player",
            "/api/wallet/withdrawal",
            {"telegram_id": me.telegram_id, "amount": "5"},
            {"telegram_id": "telegram_id", "amount": "amount"},
            takes_key=True,
        ),
        Route("GET", "/api/wallet/{telegram_id}/withdrawals", "player", f"{purse}/withdrawals"),
        Route("POST", "/api/wallet/{telegram_id}/create-invoice", "player", f"{purse}/create-invoice"),
        Route("POST", "/api/wallet/{telegram_id}/check-deposit", "player", f"{purse}/check-deposit"),
        Route("POST", "/api/cases/{name}/open", "player", case.path("/open"), body, kinds, takes_key=True),
        Route(
            "POST",
            "/api/packs/sell",
            "player",
            "/api/packs/sell",
            sale,
            {"telegram_id": "telegram_id", "id": "id", "price": "price"},
            takes_key=True,
        ),
        Route("GET", "/api/upgrade/check", "player", check),
        Route("POST", "/api/upgrade/upgrade", "player", "/api/upgrade/upgrade", bet, bet_kinds, takes_key=True),
        *(Route("GET", f"/api/users/{{telegram_id}}{rest}", "player", me.path(rest)) for rest in reading),
        Route("GET", withdraw, "player", out),
        Route("POST", withdraw, "player", out, {"username": "ann_1"}, {"username": "username"}, takes_key=True),
        seed,
        Route("POST", "/api/users/{telegram_id}/fairness/rotate", "player", me.path("/fairness/rotate")),
    ]


def _operators(stage: Stage) -> list[Route]:
    case_path, pack_path = f"/cases/{quote(stage.case.name, safe='')}", f"/packs/{stage.pack_id}"
    items = [{"pack_id": pack_id, "chance": 0.5} for pack_id in stage.case.pack_ids]
    case = {"name": "A case that is refused", "price": "3", "base_fee": 20.0, "image_url": "", "status": "active"}
    pack = {"pack_name": "Nobody's", "collection_name": "Nowhere", "contributor": "No one", "floor_price": "2"}
    more = {"image_url": "/x.svg", "gift_id": "g", "status": "active"}
    user = {"telegram_id": stage.player.telegram_id, "first_name": "Ann", "last_name": None, "username": "ann"}
    named = {"first_name": "name", "last_name": "maybe", "username": "maybe", "language": "maybe", "image_url": "maybe"}
    goods = {"pack_name": "text", "collection_name": "text", "contributor": "text", "floor_price": "amount"}
    extra = {"image_url": "url", "gift_id": "maybe", "status": "status"}
    sold = {"price": "amount", "base_fee": "fee", "image_url": "url", "status": "status", "items": "items"}
    changed = {"price": "maybe amount", "base_fee": "maybe fee", "image_url": "maybe url", "items": "maybe items"}
    relabelled = {name: f"maybe {kind}" for name, kind in goods.items()}
    money = {"amount": "signed amount", "reason": "text"}
    listed = [
        ("POST", "/packs", "/packs", pack | more, goods | extra),
        ("PATCH", "/packs/{pack_id}", pack_path, {"image_url": "/x.svg"}, relabelled),
        ("POST", "/packs/{pack_id}/units", f"{pack_path}/units", {"numbers": [9_000_001]}, {"numbers": "numbers"}),
        ("POST", "/cases", "/cases", case | {"items": items}, {"name": "case name"} | sold),
        ("PATCH", "/cases/{name}", case_path, {"price": "3"}, changed),
        (
            "POST",
            "/players/{telegram_id}/adjust",
            f"/players/{stage.player.telegram_id}/adjust",
            {"amount": "1", "reason": "a test"},
            money,
        ),
    ]
    return [
        Route("POST", "/api/users/user", "service", "/api/users/user", user, {"telegram_id": "telegram_id"} | named),
        *(
            Route(method, f"/api/operator{template}", "service", f"/api/operator{path}", body, kinds, method == "POST")
            for method, template, path, body, kinds in listed
        ),
        *(
            Route(
                "POST",
                f"/api/operator/players/{{telegram_id}}/{verb}",
                "service",
                f"/api/operator/players/{stage.player.telegram_id}/{verb}",
                takes_key=True,
            )
            for verb in ("block", "unblock")
        ),
        *(
            Route("PUT", f"/api/operator{template}", "service", f"/api/operator{path}", takes_key=True, picture=png())
            for template, path in (
                ("/cases/{name}/picture", f"{case_path}/picture"),
                ("/packs/{pack_id}/picture", f"{pack_path}/picture"),
            )
        ),
        Route(
            "POST", "/api/operator/tasks/{task_id}/retry", "service", "/api/operator/tasks/404/retry", takes_key=True
        ),
        *(
            Route(
                "POST",
                f"/api/operator/withdrawals/{{withdrawal_id}}/{verb}",
                "service",
                f"/api/operator/withdrawals/404/{verb}",
                takes_key=True,
            )
            for verb in ("approve", "reject")
        ),
        *(
            Route("GET", f"/api/operator{path}", "service", f"/api/operator{path}")
            for path in ("/audit", "/reconciliations", "/tasks", "/schedule", "/withdrawals", "/stock", "/log")
        ),
    ]


def _deliveries() -> list[Route]:
    """What operators do with deliveries."""
    there, given = "/api/operator/deliveries", {"username": "ann_1", "stars": 50, "reason": "a test"}
    bodies: list[tuple[str, Mapping[str, Any] | None, Mapping[str, str]]] = [
        (f"{there}/pause", {"reason": "a test"}, {"reason": "text"}),
        (f"{there}/resume", None, {}),
        ("/api/operator/stars", given, {"username": "username", "stars": "stars", "reason": "text"}),
    ]
    return [
        Route("GET", there, "service", there),
        *(Route("POST", path, "service", path, body, kinds, takes_key=True) for path, body, kinds in bodies),
        *(
            Route("POST", f"{there}/{{delivery_id}}/{verb}", "service", f"{there}/404/{verb}", takes_key=True)
            for verb in ("delivered", "returned")
        ),
    ]


def _feeds(stage: Stage) -> list[Route]:
    """What the price feeder sends, and what operators do with what it said."""
    bodies = {
        "/api/cases/update-chances": {"data": {}},
        "/api/cases/update-cases": {"data": {stage.case.name: {"price": 3}}},
        "/api/packs/update-stickers-price": {"packs_data": {}},
    }
    settled = f"/api/operator/packs/{stage.pack_id}/price"
    return [
        *(
            Route("PATCH", path, "service", path, body, dict.fromkeys(body, "feed"), takes_key=True)
            for path, body in bodies.items()
        ),
        Route("GET", "/api/operator/prices", "service", "/api/operator/prices"),
        Route("GET", "/api/operator/price-syncs", "service", "/api/operator/price-syncs"),
        Route("GET", "/api/operator/price-syncs/{sync_id}", "service", "/api/operator/price-syncs/404"),
        Route("POST", "/api/operator/price-syncs", "service", "/api/operator/price-syncs", takes_key=True),
        Route(
            "GET",
            "/api/operator/cases/{name}/versions",
            "service",
            f"/api/operator/cases/{quote(stage.case.name)}/versions",
        ),
        *(
            Route(
                "POST",
                f"/api/operator/packs/{{pack_id}}/price/{verb}",
                "service",
                f"{settled}/{verb}",
                {"price": "5"},
                {"price": "amount"},
                takes_key=True,
            )
            for verb in ("accept", "reject")
        ),
    ]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A wrong request, and what may be said to it: ``expected`` maps statuses to codes."""

    what: str
    ask: Ask
    expected: Mapping[int, str]

    def problem(self, answer: Answer | None) -> str | None:
        """What is wrong with the answer; None when it is as it should be."""
        ask = self.ask
        told = f"{self.what}: {ask.method} {ask.target[:90]} {ask.body[:70]!r}"
        if answer is None:
            return f"{told}: the connection was lost"
        if answer.status not in self.expected:
            return f"{told} → {answer.status}, not {sorted(self.expected)}: {answer.text[:160]}"
        shape = shape_problem(answer, self.expected[answer.status])
        return f"{told} → {answer.status}: {shape}" if shape else None


def shape_problem(answer: Answer, code: str) -> str | None:
    """Whether an error has the one shape and tells nothing that it must not."""
    leaked = [word for word in FORBIDDEN_WORDS if word in answer.text]
    if leaked:
        return f"the answer shows {leaked}: {answer.text[:200]}"
    if answer.headers.get("content-type") != "application/json":
        return f"content type {answer.headers.get('content-type')}"
    try:
        body = answer.json()
    except ValueError:
        return f"no JSON: {answer.text[:100]}"
    if not isinstance(body, dict) or body.get("status") != "error" or body.get("code") != code:
        return f"not an error with the code {code}: {answer.text[:160]}"
    if not isinstance(body.get("message"), str) or not body["message"].strip():
        return f"no message for people: {answer.text[:160]}"
    if code == "invalid_request" and not (body.get("field") and body.get("problem")):
        return f"no field or no problem named: {answer.text[:160]}"
    return None


def assert_refused(port: int, attempts: Sequence[Attempt]) -> None:
    """Make every attempt; AssertionError with one line for each answer that was not as it should be."""
    assert attempts, "nothing was tried"
    answers = one_by_one(port, [attempt.ask for attempt in attempts])
    found = [attempt.problem(answer) for attempt, answer in zip(attempts, answers, strict=True)]
    wrong = [problem for problem in found if problem is not None]
    assert not wrong, f"{len(wrong)} of {len(attempts)}:\n" + "\n".join(wrong[:40])

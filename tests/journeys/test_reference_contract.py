"""The API's documents that the mini-app was written against: every field of each sample answer, with its type."""

from __future__ import annotations

from datetime import datetime
from types import NoneType
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from support.api_processes import AS_SERVICE, ApiProcess, Pair
from support.databases import name_of
from support.players import Operator, Player, SoldCase, new_player

Shape = dict[str, Any]
NUMBER = float
MAYBE_TEXT = (str, NoneType)
CASE: Shape = {
    "name": str,
    "price": NUMBER,
    "image_url": str,
    "base_fee": NUMBER,
    "status": str,
    "current_fee": NUMBER,
}
ITEM: Shape = {
    "pack_name": str,
    "collection_name": str,
    "pack_image": str,
    "chance": NUMBER,
    "case_name": str,
    "pack_floor_price": str,
    "pack_id": int,
    "tickets": int,
}
PACK: Shape = {
    "id": int,
    "pack_name": str,
    "collection_name": str,
    "contributor": str,
    "floor_price": NUMBER,
    "image_url": str,
    "cases": [{"chance": NUMBER, "case_name": str}],
    "status": str,
    "in_stock_count": int,
}
FAIRNESS: Shape = {
    "draw_id": str,
    "server_seed_hash": str,
    "client_seed": str,
    "nonce": int,
    "table_id": str,
    "roll": int,
}
DROP: Shape = {"drop": PACK, "drop_number": int}
USER: Shape = {
    "telegram_id": int,
    "username": MAYBE_TEXT,
    "balance": NUMBER,
    "image_url": str,
    "first_name": str,
    "last_name": MAYBE_TEXT,
    "language": MAYBE_TEXT,
    "is_bot": bool,
}
PAGE: Shape = {"status": str, "count": int, "next": MAYBE_TEXT, "previous": MAYBE_TEXT, "items": [CASE]}
DRAW: Shape = {
    "game": str,
    "server_seed_hash": str,
    "server_seed": MAYBE_TEXT,
    "client_seed": str,
    "nonce": int,
    "table_id": str,
    "table": [{"pack_id": int, "tickets": int}],
    "roll": int,
    "row": int,
    "case_name": str,
    "at": str,
}
SEEDS: Shape = {"server_seed_hash": str, "client_seed": str, "nonce": int, "next_server_seed_hash": str}


def misfits(found: Any, shape: Any, path: str = "$") -> list[str]:
    """Where a JSON value lacks a field of the shape or has another type; lists are not empty and fit throughout."""
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{path} is no object"]
        missing = [f"{path}.{name} is missing" for name in shape if name not in found]
        return missing + [
            m for name in shape if name in found for m in misfits(found[name], shape[name], f"{path}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(found, list) or not found:
            return [f"{path} is no list, or empty"]
        return [m for place, inner in enumerate(found) for m in misfits(inner, shape[0], f"{path}[{place}]")]
    kinds = shape if isinstance(shape, tuple) else (shape,)
    # In JSON 3 and 3.0 are the same number to a mini-app; true is none.
    fits = type(found) in kinds or (NUMBER in kinds and type(found) is int)
    return [] if fits else [f"{path} is {found!r}, not {kinds}"]


def answered(answer: httpx.Response, shape: Shape, status: int = 200) -> Any:
    """The body of a success that has the shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert not misfits(body, shape)
    if "status" in shape:
        assert body["status"] == "success"
    return body


@pytest.fixture(scope="module")
def operator(pair: Pair) -> Operator:
    """The operator."""
    return Operator(pair[0].client)


@pytest.fixture(scope="module")
def sigma(operator: Operator) -> SoldCase:
    """The sample case with its three packs."""
    packs = [
        operator.new_pack(5, "18900", pack_name="Gold bone", collection_name="DOGS Rewards"),
        operator.new_pack(50, "430.52", pack_name="Not Cap", collection_name="DOGS OG"),
        operator.new_pack(50, "3.413", pack_name="Extra Eyes", collection_name="DOGS OG"),
    ]
    chances = (0.0025, 0.051798642533936665, 0.9457013574660634)
    return operator.new_case(list(zip(packs, chances, strict=True)), "90.5", "Sigma Case of the reference")


@pytest.fixture(scope="module")
def player(operator: Operator, sigma: SoldCase, pair: Pair) -> Player:
    """Somebody who has opened it twice."""
    player = operator.new_player("1000.5", first_name="Валера")
    for _ in range(2):
        body = {"telegram_id": str(player.telegram_id)}
        assert pair[0].client.post(sigma.path("/open"), json=body, headers=player.headers()).status_code == 200
    return player


@pytest.fixture
def client(pair: Pair) -> httpx.Client:
    """The second process: what the first has written is there."""
    return pair[1].client


def test_a_misfit_is_found() -> None:
    assert misfits({"a": 1}, {"a": int}) == []
    assert misfits({"a": 1, "more": 2}, {"a": NUMBER}) == []
    assert misfits({"a": True}, {"a": int}) != []
    assert misfits({"a": "1"}, {"a": NUMBER}) != []
    assert misfits({"a": None}, {"a": str}) != []
    assert misfits({}, {"a": int}) != []
    assert misfits({"a": []}, {"a": [int]}) != []
    assert misfits({"a": [1, "x"]}, {"a": [int]}) != []


def test_cases(client: httpx.Client, sigma: SoldCase) -> None:
    answered(client.get("/api/cases/"), {"status": str, "items": [CASE]})
    page = answered(client.get("/api/cases/?pagination=true&limit=100"), PAGE)
    assert page["count"] >= len(page["items"])
    one = answered(client.get("/api/cases/", params={"name": sigma.name}), {"status": str, "case": CASE})["case"]
    assert one == {
        "name": sigma.name,
        "price": 90.5,
        "image_url": "/media/case.svg",
        "base_fee": 20.0,
        "status": "active",
        "current_fee": 19.58228694282642,
    }


def test_pages_of_cases_follow_one_another(client: httpx.Client, operator: Operator) -> None:
    for _ in range(3):
        operator.simple_case(units=1)
    names: list[str] = []
    first = page = client.get("/api/cases/?pagination=true&limit=2").json()
    assert (page["previous"], len(page["items"])) == (None, 2)
    while True:
        names += [case["name"] for case in page["items"]]
        if page["next"] is None:
            break
        assert page["next"].startswith(str(client.base_url)), "no absolute URL"
        page = client.get(page["next"]).json()
    assert len(names) == len(set(names)) == first["count"]
    while page["previous"] is not None:
        page = client.get(page["previous"]).json()
    assert page["items"] == first["items"]


def test_case_items(client: httpx.Client, sigma: SoldCase) -> None:
    shape = {"status": str, "case": str, "items": [ITEM], "table_id": str}
    body = answered(client.get(sigma.path("/items/")), shape)
    assert (body["case"], body["table_id"]) == (sigma.name, sigma.table_id)
    assert [(item["pack_name"], item["chance"], item["pack_floor_price"]) for item in body["items"]] == [
        ("Gold bone", 0.0025, "18900.000"),
        ("Not Cap", 0.051798642533936665, "430.520"),
        ("Extra Eyes", 0.9457013574660634, "3.413"),
    ]
    assert [item["pack_id"] for item in body["items"]] == sorted(item["pack_id"] for item in body["items"])
    assert sum(item["tickets"] for item in body["items"]) == 2**53
    assert {item["case_name"] for item in body["items"]} == {sigma.name}


def test_an_opening(pair: Pair, operator: Operator, sigma: SoldCase) -> None:
    player = operator.new_player("200")
    shape = {"status": str, **DROP, "opening_id": int, "balance": NUMBER, "fairness": FAIRNESS}
    answer = pair[0].client.post(
        sigma.path("/open"), json={"telegram_id": str(player.telegram_id)}, headers=player.headers()
    )
    body = answered(answer, shape)
    assert (body["balance"], body["drop"]["id"] in sigma.pack_ids) == (109.5, True)
    assert sigma.name in {row["case_name"] for row in body["drop"]["cases"]}
    many = {"status": str, "drops": [{**DROP, "fairness": FAIRNESS}], "opening_id": int, "balance": NUMBER}
    operator.adjust(player, "90.5")
    body = {"telegram_id": player.telegram_id, "count": 2}
    opened = answered(pair[1].client.post(sigma.path("/open"), json=body, headers=player.headers()), many)
    assert (len(opened["drops"]), opened["balance"]) == (2, 19.0)


def test_a_demo_opening(client: httpx.Client, sigma: SoldCase) -> None:
    body = answered(client.get(sigma.path("/open")), {"status": str, **DROP})
    assert body["drop"]["id"] in sigma.pack_ids


def test_packs(client: httpx.Client, sigma: SoldCase) -> None:
    every = answered(client.get("/api/packs/?limit=1000"), {"status": str, "items": [PACK | {"cases": list}]})
    ids = [pack["id"] for pack in every["items"]]
    assert ids == sorted(ids)
    assert set(sigma.pack_ids) <= set(ids)
    rare = sigma.pack_ids[0]
    one = answered(client.get("/api/packs/", params={"id": str(rare)}), {"status": str, "pack": PACK})["pack"]
    assert one == next(pack for pack in every["items"] if pack["id"] == rare)
    assert (one["floor_price"], one["cases"]) == (18900.0, [{"chance": 0.0025, "case_name": sigma.name}])


def test_packs_of_a_contributor(client: httpx.Client, operator: Operator) -> None:
    mine = [operator.new_pack(contributor="Ёж & Co. № 1") for _ in range(2)]
    body = answered(
        client.get("/api/packs/contributor/%D0%81%D0%B6%20%26%20Co.%20%E2%84%96%201/"),
        {"status": str, "items": [PACK | {"cases": list}]},
    )
    assert [pack["id"] for pack in body["items"]] == mine
    assert answered(client.get("/api/packs/contributor/Nobody/"), {"status": str})["items"] == []


def test_a_user(client: httpx.Client, player: Player) -> None:
    body = answered(client.get(player.path("/"), headers=player.headers()), {"status": str, "user": USER})
    assert body["user"] == {
        "telegram_id": player.telegram_id,
        "username": None,
        "balance": 819.5,
        "image_url": "/media/users/plug.png",
        "first_name": "Валера",
        "last_name": None,
        "language": "en",
        "is_bot": False,
    }


def test_an_inventory(client: httpx.Client, player: Player) -> None:
    shape = {"status": str, "inventory_count": int, "inventory": [{"pack": PACK, "number": int, "id": int}]}
    body = answered(client.get(player.path("/inventory/"), headers=player.headers()), shape)
    assert (body["inventory_count"], len(body["inventory"])) == (2, 2)
    ids = [item["id"] for item in body["inventory"]]
    assert ids == sorted(ids, reverse=True)


def test_transactions(client: httpx.Client, player: Player) -> None:
    opened: Shape = {"price": NUMBER, "date": str, "drop_image_url": str}
    shape = {
        "status": str,
        "transaction_count": int,
        "transactions": [{"type": str, "data": {"date": str, "price": NUMBER}}],
    }
    body = answered(client.get(player.path("/transactions/"), headers=player.headers()), shape)
    assert (body["transaction_count"], [line["type"] for line in body["transactions"]]) == (
        3,
        ["Case open", "Case open", "Adjustment"],
    )
    for line in body["transactions"][:2]:
        assert not misfits(line["data"], opened)
        assert line["data"]["price"] in (18900.0, 430.52, 3.413)
    for line in body["transactions"]:
        assert line["data"]["date"].endswith("Z")
        assert datetime.fromisoformat(line["data"]["date"]).utcoffset() is not None
    only = client.get(player.path("/transactions/"), headers=player.headers(), params={"type": "Adjustment"}).json()
    assert (only["transaction_count"], only["transactions"][0]["data"]["price"]) == (1, 1000.5)


def test_dates_are_in_utc_wherever_the_database_is(fresh_database: str) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        name = sql.Identifier(name_of(fresh_database))
        connection.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(name))
    with ApiProcess(fresh_database, "redis://127.0.0.1:1/0") as api:
        operator = Operator(api.client)
        case, player = operator.simple_case(), operator.new_player("1")
        body = {"telegram_id": player.telegram_id}
        opened = api.client.post(case.path("/open"), json=body, headers=player.headers()).json()
        history = api.client.get(player.path("/transactions"), headers=player.headers()).json()["transactions"]
        draw = api.client.get(f"/api/draws/{opened['fairness']['draw_id']}").json()["draw"]
    dates = [draw["at"], *(line["data"]["date"] for line in history)]
    assert [date for date in dates if not date.endswith("Z")] == []


def test_pages_of_inventory_and_history_follow_one_another(pair: Pair, operator: Operator, sigma: SoldCase) -> None:
    client, case = pair[0].client, operator.simple_case()
    player = operator.new_player("30")
    me = player.headers()

    def open_one() -> None:
        assert client.post(case.path("/open"), json={"telegram_id": player.telegram_id}, headers=me).status_code == 200

    for _ in range(5):
        open_one()
    for rest, name in (("/inventory", "inventory"), ("/transactions", "transactions")):
        whole = client.get(player.path(rest), headers=me).json()[name]
        page = client.get(player.path(rest), headers=me, params={"limit": "2"}).json()
        lines = list(page[name])
        open_one()  # what is added above does not move what is below
        while page["next_cursor"] is not None:
            page = client.get(
                player.path(rest), headers=me, params={"limit": "2", "cursor": page["next_cursor"]}
            ).json()
            lines += page[name]
        assert _still(lines) == _still(whole)


def _still(lines: list[Any]) -> list[Any]:
    """Lines without the stock, which openings change."""
    return [{**line, "pack": line["pack"]["id"]} if "pack" in line else line for line in lines]


def test_the_bot_creates_and_updates_users(client: httpx.Client) -> None:
    someone = new_player()
    body: dict[str, Any] = {
        "telegram_id": someone.telegram_id,
        "first_name": "Ваня",
        "last_name": None,
        "username": "vanya",
        "language": "ru",
        "is_bot": False,
        "image_url": None,
        "balance": 1000,
        "wallet": "UQ…",
    }
    shape = {"status": str, "user": USER}
    created = answered(client.post("/api/users/user/", json=body, headers=AS_SERVICE), shape, 201)["user"]
    assert (created["balance"], created["username"], created["language"]) == (0.0, "vanya", "ru")
    again = body | {"first_name": "Иван", "telegram_id": str(someone.telegram_id), "image_url": "https://x.y/z.jpg"}
    known = answered(client.post("/api/users/user/", json=again, headers=AS_SERVICE), shape, 200)["user"]
    assert (known["first_name"], known["image_url"]) == ("Иван", "https://x.y/z.jpg")
    # At the next /start the bot says again that it has no picture.
    assert answered(client.post("/api/users/user/", json=again | {"image_url": None}, headers=AS_SERVICE), shape) == {
        "status": "success",
        "user": known,
    }
    # What initData says later does not overwrite what the bot said.
    seen = client.get(someone.path(), headers=someone.headers()).json()["user"]
    assert seen == known


def test_fairness_and_draws(pair: Pair, client: httpx.Client, player: Player) -> None:
    seeds = answered(client.get(player.path("/fairness"), headers=player.headers()), {"status": str, "fairness": SEEDS})
    draw_id = f"{seeds['fairness']['server_seed_hash']}-0"
    draw = answered(client.get(f"/api/draws/{draw_id}"), {"status": str, "draw": DRAW})["draw"]
    assert datetime.fromisoformat(draw["at"]).utcoffset() is not None


def test_errors_speak_the_players_language(client: httpx.Client, operator: Operator) -> None:
    case = operator.simple_case(price="5")
    told = {}
    for language in ("ru", "en", "de"):
        player = operator.new_player(language=language)
        body = {"telegram_id": player.telegram_id}
        answer = client.post(case.path("/open"), json=body, headers=player.headers())
        assert answer.status_code == 400
        told[language] = answer.json()
        assert (told[language]["case_price"], told[language]["user_balance"]) == (5.0, 0.0)
    assert told["ru"]["message"] == "Баланса 0.0 TON не хватает на 5.0 TON."
    assert told["en"]["message"] == told["de"]["message"] == "The balance of 0.0 TON does not cover 5.0 TON."

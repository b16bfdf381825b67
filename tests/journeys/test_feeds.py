"""The price feeder's three addresses, as the reference shows them: all or nothing, in force at once everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest

from support.api_processes import AS_SERVICE, Pair
from support.fingerprints import fingerprint
from support.http_lines import Ask, at_the_same_moment
from support.players import Operator, SoldCase, case_path

CHANCES, PRICES, FLOORS = "/api/cases/update-chances", "/api/cases/update-cases", "/api/packs/update-stickers-price"
SPELLINGS = ["", "/"]
_numbers = count(1)


class Shop:
    """Packs and cases of the reference's samples, under collections of this test's own."""

    def __init__(self, operator: Operator) -> None:
        number = next(_numbers)
        self.operator = operator
        self.collection = f"DOGS OG {number}"
        names = ("Cook", "Teletubby", "Pilot")
        self.packs = {
            name: operator.new_pack(20, "1", pack_name=name, collection_name=self.collection) for name in names
        }
        items = list(zip(self.packs.values(), (0.5, 0.25, 0.25), strict=True))
        self.cases = [operator.new_case(items, "2", f"{word} {number}") for word in ("Blum", "DOGS OG", "Rewards")]

    def rows(self, *chances: float) -> list[dict[str, Any]]:
        """The rows of a table, in the order of the packs."""
        return [
            {"pack_name": name, "collection_name": self.collection, "chance": chance}
            for name, chance in zip(self.packs, chances, strict=True)
        ]

    def table(self, case: SoldCase, client: httpx.Client) -> dict[str, float]:
        """What is published: chances by pack."""
        return {item["pack_name"]: item["chance"] for item in client.get(case.path("/items")).json()["items"]}

    def floors(self, client: httpx.Client) -> dict[str, float]:
        """What is published: floors by pack."""
        packs = {
            name: client.get("/api/packs/", params={"id": str(i)}).json()["pack"] for name, i in self.packs.items()
        }
        return {name: pack["floor_price"] for name, pack in packs.items()}


@pytest.fixture
def shop(operator: Operator) -> Shop:
    """A fresh one."""
    return Shop(operator)


def told(answer: httpx.Response) -> Any:
    """The body of a success."""
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- the samples


@pytest.mark.parametrize("slash", SPELLINGS)
def test_chances_as_in_the_reference(pair: Pair, shop: Shop, slash: str) -> None:
    chances = (0.047814798788403286, 0.9043704024231934, 0.047814798788403286)
    body = {"data": {shop.cases[1].name: shop.rows(*chances)}}
    answer = told(shop.operator.send("PATCH", CHANCES + slash, body))
    assert answer["info"] == 3
    second = pair[1].client
    assert shop.table(shop.cases[1], second) == dict(zip(shop.packs, chances, strict=True))
    shown = second.get(shop.cases[1].path("/items")).json()["table_id"]
    assert answer["table_ids"] == {shop.cases[1].name: shown}
    assert shown != shop.cases[1].table_id
    assert shop.table(shop.cases[0], second) == dict(zip(shop.packs, (0.5, 0.25, 0.25), strict=True))
    again = told(shop.operator.send("PATCH", CHANCES + slash, body))
    assert again == answer | {"info": 0}


@pytest.mark.parametrize("slash", SPELLINGS)
def test_prices_as_in_the_reference(pair: Pair, shop: Shop, slash: str) -> None:
    blum, og, rewards = (case.name for case in shop.cases)
    fees = {blum: {"fee": 20.852280967709124}, rewards: {"fee": 19.800141337436568}}
    body = {"data": fees | {og: {"price": 3.0, "fee": 19.999999999999986}}}
    answer = told(shop.operator.send("PATCH", PRICES + slash, body))
    assert answer["info"] == 3
    prices = {}
    for name in (blum, og, rewards):
        case = pair[1].client.get("/api/cases/", params={"name": name}).json()["case"]
        prices[name] = case["price"]
        assert case["current_fee"] == answer["current_fees"][name]
    assert prices == {blum: 2.0, og: 3.0, rewards: 2.0}
    assert answer["current_fees"][og] == (1 - 1 / 3.0) * 100
    shown = shop.operator.edit_case(shop.cases[1])
    assert (shown["reported_fee"], shown["price"]) == (19.999999999999986, 3.0)
    line = pair[0].err.line_with(f'"case": "{blum}"')
    assert json.loads(line)["event"] == "fee_disputed"


@pytest.mark.parametrize("slash", SPELLINGS)
def test_floors_as_in_the_reference(pair: Pair, shop: Shop, slash: str) -> None:
    shop.operator.send("PATCH", f"/api/operator/packs/{shop.packs['Cook']}", {"floor_price": "5"})
    body = {"packs_data": {shop.collection: {"Cook": 5.969}}}
    answer = told(shop.operator.send("PATCH", FLOORS + slash, body))
    assert answer == {"status": "success", "info": 1, "quarantined": [], "ignored": []}
    assert shop.floors(pair[1].client) == {"Cook": 5.969, "Teletubby": 1.0, "Pilot": 1.0}
    assert told(shop.operator.send("PATCH", FLOORS + slash, body))["info"] == 0


# --- hygiene


def test_a_jump_waits_and_the_next_sync_confirms_it(pair: Pair, shop: Shop) -> None:
    body = {"packs_data": {shop.collection.upper(): {"COOK": 3.000000001, "Pilot": "3"}}}
    answer = told(shop.operator.send("PATCH", FLOORS, body))
    assert answer["info"] == 1
    [waiting] = answer["quarantined"]
    assert (waiting["id"], waiting["price"], waiting["floor_price"]) == (shop.packs["Cook"], 3.000000001, 1.0)
    assert shop.floors(pair[1].client) == {"Cook": 1.0, "Teletubby": 1.0, "Pilot": 3.0}
    confirmed = told(pair[1].client.patch(FLOORS, json=body, headers=AS_SERVICE))
    assert (confirmed["info"], confirmed["quarantined"]) == (1, [])
    assert shop.floors(pair[0].client)["Cook"] == 3.000000001


def listed(client: httpx.Client, pack_id: int) -> Iterator[Any]:
    """The pack among the floors that cannot be relied on."""
    answer = told(client.get("/api/operator/prices", headers=AS_SERVICE))
    assert answer["count"] == len(answer["items"])
    return (item for item in answer["items"] if item["id"] == pack_id)


def test_operators_see_what_waits_and_settle_it(pair: Pair, shop: Shop) -> None:
    first, second = (api.client for api in pair)
    told(shop.operator.send("PATCH", FLOORS, {"packs_data": {shop.collection: {"Cook": 50, "Pilot": 60}}}))
    cook, pilot = shop.packs["Cook"], shop.packs["Pilot"]
    [item] = listed(second, cook)
    waiting = item["quarantined"]
    assert (item["price_status"], item["floor_price"], waiting["price"]) == ("quarantined", 1.0, 50.0)
    assert (waiting["source"], item["pack_name"]) == ("service:service", "Cook")
    assert 0 <= waiting["age"] <= item["age"] < 600
    assert datetime.fromisoformat(waiting["seen_at"]).utcoffset() == timedelta(0)
    for slash, pack_id, verb, price, status, floor in (
        ("", cook, "accept", "49", 404, 1.0),
        ("", cook, "accept", "50", 200, 50.0),
        ("", cook, "reject", "50", 404, 50.0),
        ("/", pilot, "reject", 60, 200, 1.0),
        ("/", pilot, "accept", 60, 404, 1.0),
    ):
        answer = shop.operator.send("POST", f"/api/operator/packs/{pack_id}/price/{verb}{slash}", {"price": price})
        assert answer.status_code == status, answer.text
        assert second.get("/api/packs/", params={"id": str(pack_id)}).json()["pack"]["floor_price"] == floor
    assert [*listed(first, cook), *listed(first, pilot)] == []
    ignored = told(shop.operator.send("PATCH", FLOORS, {"packs_data": {shop.collection: {"Pilot": 60}}}))
    assert (ignored["info"], ignored["quarantined"]) == (0, [])
    assert [(one["id"], one["why"]) for one in ignored["ignored"]] == [(pilot, "an operator has rejected this price")]


def test_stale_floors_are_listed(pair: Pair, shop: Shop, journeys_database: str) -> None:
    pack_id = shop.packs["Cook"]
    with psycopg.connect(journeys_database) as connection:
        connection.execute("UPDATE packs SET floor_at = floor_at - interval '25 hours' WHERE id = %s", [pack_id])
    [item] = listed(pair[1].client, pack_id)
    assert (item["price_status"], item["quarantined"]) == ("stale", None)
    assert item["age"] > 25 * 3600
    told(shop.operator.send("PATCH", FLOORS, {"packs_data": {shop.collection: {"Cook": 1}}}))
    assert list(listed(pair[1].client, pack_id)) == []


# --- all or nothing


def test_unknown_names_are_all_listed(pair: Pair, shop: Shop, journeys_database: str) -> None:
    good, row = shop.cases[0].name, shop.rows(1, 0, 0)
    nobody = {"pack_name": shop.collection, "collection_name": "Cook", "chance": 1}
    bodies: list[tuple[str, dict[str, Any], list[str], list[list[str]]]] = [
        (
            CHANCES,
            {"data": {good: row, "No case": row, "Nor this": [nobody]}},
            ["No case", "Nor this"],
            [["Cook", shop.collection]],
        ),
        (PRICES, {"data": {good: {"price": 9}, "No case": {"fee": 1}, "Nor this": {"price": 5}}}, ["No case"], []),
        (
            FLOORS,
            {"packs_data": {shop.collection: {"Cook": 2, "Nope": 2}, "Cook": {shop.collection: 2}}},
            [],
            [[shop.collection, "Nope"], ["Cook", shop.collection]],
        ),
    ]
    before = fingerprint(journeys_database)
    for path, body, cases, packs in bodies:
        answer = shop.operator.send("PATCH", path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_names"), answer.text
        assert set(cases) <= set(answer.json()["cases"])
        assert sorted(packs) == sorted(answer.json()["packs"])
        assert all(name in answer.json()["message"] for name in [*cases, *(" / ".join(pack) for pack in packs)])
    assert fingerprint(journeys_database) == before


def test_wrong_values_change_nothing(pair: Pair, shop: Shop, journeys_database: str) -> None:
    name, floors = shop.cases[0].name, {"Pilot": 2}
    bodies: list[tuple[str, Any]] = [
        *((CHANCES, {"data": {shop.cases[1].name: shop.rows(1, 0, 0), name: rows}}) for rows in bad_tables(shop)),
        *((PRICES, {"data": {shop.cases[1].name: {"price": 9}, name: bad}}) for bad in BAD_PRICES),
        *((FLOORS, {"packs_data": {shop.collection: floors | {"Cook": bad}}}) for bad in BAD_FLOORS),
        (FLOORS, {"packs_data": {shop.collection: {"Cook": 2, "cook": 3}}}),
        *((path, {"data": bad, "packs_data": bad}) for path in (CHANCES, PRICES, FLOORS) for bad in ([], "x", 5, None)),
    ]
    before = fingerprint(journeys_database)
    for path, body in bodies:
        answer = shop.operator.send("PATCH", path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), (body, answer.text)
        assert answer.json()["field"].startswith(("data", "packs_data")), answer.text
    assert fingerprint(journeys_database) == before


BAD_PRICES: list[Any] = [{}, {"price": 0}, {"price": -1}, {"price": "x"}, {"price": 1e-10}, {"fee": "20"}, 5, None]
BAD_FLOORS: list[Any] = [0, -1, "x", 1e-10, 1e300, True, None, [], {}]


def bad_tables(shop: Shop) -> list[Any]:
    """Tables that are none."""
    return [
        [],
        {},
        None,
        [5],
        [{}],
        shop.rows(0.5, 0.25, 0.25)[:2],
        shop.rows(0.5, 0.25, 0.250000002),
        shop.rows(1.5, -0.25, -0.25),
        [*shop.rows(0.5, 0.25, 0.0), *shop.rows(0.25, 0, 0)[:1]],
        [row | {"chance": "0.5"} for row in shop.rows(0.5, 0.25, 0.25)],
        shop.rows(1, 0, 0) * 200,
    ]


@pytest.mark.parametrize("path", [CHANCES, PRICES, FLOORS])
def test_only_services_may(pair: Pair, operator: Operator, path: str) -> None:
    player = operator.new_player()
    for headers, status in (({}, 401), ({"Authorization": "Bearer x"}, 401), (player.headers(), 403)):
        answer = pair[0].client.patch(path, json={"data": {}, "packs_data": {}}, headers=headers)
        assert answer.status_code == status, answer.text


def test_each_is_done_once_per_key(pair: Pair, ports: list[int], shop: Shop) -> None:
    name = shop.cases[0].name
    for path, body in (
        (CHANCES, {"data": {name: shop.rows(0.25, 0.5, 0.25)}}),
        (PRICES, {"data": {name: {"price": "7", "fee": 3}}}),
        (FLOORS, {"packs_data": {shop.collection: {"Cook": 50}}}),
    ):
        keyed = {**AS_SERVICE, "Idempotency-Key": f"{path}-{name}".replace(" ", "-")}
        answers = at_the_same_moment(ports, [Ask("PATCH", path, keyed, json.dumps(body).encode())] * 8)
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
        [refused] = at_the_same_moment(ports[:1], [Ask("PATCH", path, keyed, b'{"data": {}, "packs_data": {}}')])
        assert (refused.status, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert shop.floors(pair[1].client)["Cook"] == 1.0, "a repeat does not confirm a jump"


def test_what_a_feed_says_is_in_the_operators_log(shop: Shop, journeys_database: str) -> None:
    case = shop.cases[0]
    shop.operator.send("PATCH", CHANCES, {"data": {case.name: shop.rows(0.25, 0.5, 0.25)}})
    shop.operator.send("PATCH", PRICES, {"data": {case.name: {"price": 7}}})
    shop.operator.send("PATCH", FLOORS, {"packs_data": {shop.collection: {"Cook": 2}}})
    with psycopg.connect(journeys_database) as connection:
        query = "SELECT who, action, before, after FROM operator_log ORDER BY id DESC LIMIT 3"
        floors, price, chances = connection.execute(query).fetchall()
    assert {line[0] for line in (floors, price, chances)} == {"service:service"}
    cook = str(shop.packs["Cook"])
    assert floors[1:] == (
        "update_floors",
        {cook: {"floor_nano": 10**9, "quarantined_nano": None}},
        {cook: {"floor_nano": 2 * 10**9, "quarantined_nano": None}},
    )
    assert price[1] == "update_price"
    assert (price[2]["price_nano"], price[3]["price_nano"]) == (2 * 10**9, 7 * 10**9)
    assert chances[1] == "update_chances"
    assert chances[2]["table_id"] == case.table_id


def test_a_large_feed_is_taken_in(pair: Pair, operator: Operator) -> None:
    """Beyond the 64 KiB that others may send."""
    packs = {f"Pack {n} of a collection with quite a long name {'x' * 300}": 2 for n in range(300)}
    for name in packs:
        operator.new_pack(pack_name=name, collection_name="A large feed")
    body = {"packs_data": {"A large feed": packs}}
    assert len(json.dumps(body)) > 64 * 1024
    assert told(operator.send("PATCH", FLOORS, body))["info"] == len(packs)
    assert told(operator.send("PATCH", FLOORS, {"packs_data": {}}))["info"] == 0
    assert case_path("update-chances") == CHANCES  # and no case of that name is in the way

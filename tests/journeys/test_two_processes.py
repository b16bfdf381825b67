"""What an operator changes at one process is in force at once at the other; a player's guards notice it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.api_processes import AS_SERVICE, Pair
from support.fingerprints import fingerprint
from support.http_lines import Ask, at_the_same_moment, through
from support.players import Operator, Player, SoldCase, standing


def open_once(client: httpx.Client, player: Player, case: SoldCase, **body: Any) -> httpx.Response:
    """Open a case at one process."""
    return client.post(case.path("/open"), json={"telegram_id": player.telegram_id, **body}, headers=player.headers())


def test_a_new_price_is_charged_by_the_very_next_opening(pair: Pair, operator: Operator) -> None:
    second = pair[1].client
    case, player = operator.simple_case(price="1"), operator.new_player("10")
    assert open_once(second, player, case).json()["balance"] == 9.0
    for price, left in (("2.5", 6.5), ("0.000000001", 6.499999999), ("3", 3.499999999)):
        operator.edit_case(case, price=price)
        shown = second.get("/api/cases/", params={"name": case.name}).json()["case"]
        assert shown["price"] == float(price)
        assert open_once(second, player, case).json()["balance"] == left
    operator.assert_every_law_held()


def test_new_odds_are_drawn_from_by_the_very_next_opening(pair: Pair, operator: Operator) -> None:
    second = pair[1].client
    case, player = operator.simple_case(), operator.new_player("10")
    first_pack, second_pack = case.pack_ids
    assert open_once(second, player, case).json()["fairness"]["table_id"] == case.table_id
    for certain, never in ((first_pack, second_pack), (second_pack, first_pack)):
        items = [{"pack_id": certain, "chance": 1}, {"pack_id": never, "chance": 0}]
        table_id = operator.edit_case(case, items=items)["table_id"]
        shown = second.get(case.path("/items")).json()
        assert shown["table_id"] == table_id
        assert {item["pack_id"]: item["chance"] for item in shown["items"]} == {certain: 1, never: 0}
        for _ in range(2):
            told = open_once(second, player, case).json()
            assert (told["fairness"]["table_id"], told["drop"]["id"]) == (table_id, certain)


def test_the_same_odds_are_no_new_version(pair: Pair, operator: Operator) -> None:
    case = operator.simple_case()
    first_pack, second_pack = case.pack_ids
    same = [{"pack_id": second_pack, "chance": 0.75}, {"pack_id": first_pack, "chance": 0.25}]
    assert operator.edit_case(case, items=same)["table_id"] == case.table_id
    assert pair[1].client.get(case.path("/items")).json()["table_id"] == case.table_id


def test_a_player_is_not_charged_for_what_was_not_shown(pair: Pair, operator: Operator) -> None:
    first, second = (api.client for api in pair)
    case, player = operator.simple_case(price="1"), operator.new_player("10")
    shown = {"price": case.price, "table_id": case.table_id}
    assert open_once(second, player, case, **shown).status_code == 200
    before = standing(first, player)

    operator.edit_case(case, price="2")
    dearer = open_once(second, player, case, **shown)
    assert (dearer.status_code, dearer.json()["code"], dearer.json()["price"]) == (409, "price_changed", 2.0)
    items = [{"pack_id": pack_id, "chance": 0.5} for pack_id in case.pack_ids]
    table_id = operator.edit_case(case, price="1", items=items)["table_id"]
    other_odds = open_once(second, player, case, **shown)
    assert (other_odds.status_code, other_odds.json()["code"]) == (409, "odds_changed")
    assert other_odds.json()["table_id"] == table_id
    assert standing(first, player) == before
    assert open_once(second, player, case, price=1, table_id=table_id).status_code == 200


def test_a_case_taken_off_sale_is_not_opened_anywhere(pair: Pair, operator: Operator) -> None:
    case, player = operator.simple_case(), operator.new_player("10")
    operator.edit_case(case, status="inactive")
    for api in pair:
        refused = open_once(api.client, player, case)
        assert (refused.status_code, refused.json()["code"]) == (409, "case_inactive")
        assert api.client.get(case.path("/open")).json()["code"] == "case_inactive"
        assert api.client.get("/api/cases/", params={"name": case.name}).json()["case"]["status"] == "inactive"
    operator.edit_case(case, status="active")
    assert open_once(pair[1].client, player, case).status_code == 200


def test_new_packs_and_cases_are_known_at_once(pair: Pair, operator: Operator) -> None:
    second = pair[1].client
    for _ in range(3):
        case, player = operator.simple_case(), operator.new_player("1")
        told = open_once(second, player, case)
        assert (told.status_code, told.json()["drop"]["id"] in case.pack_ids) == (200, True)
    operator.send("PATCH", f"/api/operator/packs/{case.pack_ids[0]}", {"floor_price": "7.125", "pack_name": "Renamed"})
    pack = second.get("/api/packs/", params={"id": str(case.pack_ids[0])}).json()["pack"]
    assert (pack["floor_price"], pack["pack_name"]) == (7.125, "Renamed")
    floors = {item["pack_id"]: item["pack_floor_price"] for item in second.get(case.path("/items")).json()["items"]}
    assert floors[case.pack_ids[0]] == "7.125"


def test_openings_while_the_catalogue_moves(pair: Pair, ports: list[int], operator: Operator) -> None:
    """Every opening is charged the price and drawn from the table that it names, whatever an operator does meanwhile."""
    case, players = operator.simple_case(units=400), [operator.new_player("100") for _ in range(16)]
    path = case.path().replace("/api/cases/", "/api/operator/cases/")
    changes = [Ask("PATCH", path, AS_SERVICE, f'{{"price": {1 + number % 3}}}'.encode()) for number in range(20)]
    asks = [ask for change in changes for ask in (change, *(player.opens(case.name) for player in players))]

    answers = through(ports, asks, lines=24)

    assert {answer.status for answer in answers} == {200}
    for player in players:
        mine = [
            answer.json()
            for ask, answer in zip(asks, answers, strict=True)
            if ask.method == "POST" and str(player.telegram_id).encode() in ask.body
        ]
        left = sorted((told["balance"] for told in mine), reverse=True)
        prices = [before - after for before, after in zip([100.0, *left], left, strict=False)]
        assert set(prices) <= {1.0, 2.0, 3.0}
        assert standing(pair[0].client, player).balance == left[-1]
    operator.assert_every_law_held()


@pytest.mark.parametrize("units", [0, 3])
def test_a_demo_opening_changes_nothing(pair: Pair, operator: Operator, journeys_database: str, units: int) -> None:
    case = operator.simple_case(units=units)
    before = fingerprint(journeys_database)
    packs = set()
    for number in range(60):
        told = pair[number % 2].client.get(case.path("/open"))
        assert told.status_code == 200, told.text
        body = told.json()
        packs.add(body["drop"]["id"])
        assert (body["drop"]["in_stock_count"], body["drop_number"]) == (units, 1)
    assert packs == set(case.pack_ids), "60 demo openings of a 1 : 3 table always gave the same pack"
    assert fingerprint(journeys_database) == before
    expected = "active" if units else "out_of_stickers"
    assert pair[0].client.get("/api/cases/", params={"name": case.name}).json()["case"]["status"] == expected


def test_operators_changes_are_done_once_per_key(pair: Pair, ports: list[int], operator: Operator) -> None:
    player, pack_id = operator.new_player(), operator.new_pack()
    keyed = {**AS_SERVICE, "Idempotency-Key": f"adjust-{player.telegram_id}"}
    adjustment = Ask(
        "POST", f"/api/operator/players/{player.telegram_id}/adjust", keyed, b'{"amount": "7.5", "reason": "sorry"}'
    )
    units = Ask(
        "POST",
        f"/api/operator/packs/{pack_id}/units",
        {**keyed, "Idempotency-Key": f"units-{pack_id}"},
        b'{"numbers": [1, 2]}',
    )
    for ask in (adjustment, units):
        answers = at_the_same_moment(ports, [ask] * 20)
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert standing(pair[0].client, player).balance == 7.5
    pack = pair[1].client.get("/api/packs/", params={"id": str(pack_id)}).json()["pack"]
    assert pack["in_stock_count"] == 2
    other = Ask("POST", adjustment.target, keyed, b'{"amount": "7.6", "reason": "sorry"}')
    [refused] = at_the_same_moment(ports[:1], [other])
    assert (refused.status, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_a_balance_is_taken_down_to_zero_and_no_further(pair: Pair, ports: list[int], operator: Operator) -> None:
    player = operator.new_player("5")
    ask = Ask(
        "POST",
        f"/api/operator/players/{player.telegram_id}/adjust",
        AS_SERVICE,
        b'{"amount": "-1", "reason": "a correction"}',
    )
    answers = at_the_same_moment(ports, [ask] * 12)
    told = [answer.json().get("code", answer.json()["status"]) for answer in answers]
    assert (told.count("success"), told.count("balance_too_low")) == (5, 7)
    assert standing(pair[0].client, player).balance == 0.0
    operator.assert_every_law_held()

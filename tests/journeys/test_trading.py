"""Selling and upgrading as a player does them, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.api_processes import Pair
from support.players import Operator, Player


@pytest.fixture
def client(pair: Pair) -> httpx.Client:
    """Players come to the other process than the operator."""
    return pair[1].client


class Trader:
    """A player with drops from a case of one pack, and dearer packs in the stock."""

    def __init__(self, client: httpx.Client, operator: Operator, drops: int = 1, **profile: str) -> None:
        self.client, self.operator = client, operator
        self.pack_id = operator.new_pack(20, "2")
        operator.new_pack(3, "3")
        self.case = operator.new_case([(self.pack_id, 1.0)])
        self.player: Player = operator.new_player("10", **profile)
        for _ in range(drops):
            self.told("POST", self.case.path("/open"), {"telegram_id": self.player.telegram_id})

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **query: Any) -> httpx.Response:
        keyed = {} if key is None else {"Idempotency-Key": key}
        return self.client.request(method, path, json=body, params=query, headers=self.player.headers() | keyed)

    def told(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.ask(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def items(self) -> list[int]:
        return [item["id"] for item in self.told("GET", self.player.path("/inventory"))["inventory"]]

    def sell(self, item_id: int, key: str | None = None, **fields: Any) -> httpx.Response:
        body = {"telegram_id": self.player.telegram_id, "id": item_id} | fields
        return self.ask("POST", "/api/packs/sell", body, key)

    def offers(self, *item_ids: int) -> list[Any]:
        asked = {"telegram_id": self.player.telegram_id, "id": list(item_ids)}
        return self.told("GET", "/api/upgrade/check", **asked)["items"]

    def upgrade(self, item_ids: list[int], unit_id: int, key: str | None = None, **fields: Any) -> httpx.Response:
        body = {"telegram_id": self.player.telegram_id, "user_liq_ids": item_ids, "upgrade_liq_id": unit_id} | fields
        return self.ask("POST", "/api/upgrade/upgrade", body, key)


@pytest.fixture
def trader(client: httpx.Client, operator: Operator) -> Trader:
    return Trader(client, operator)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def test_a_sale_pays_the_floor_once(trader: Trader) -> None:
    [item] = trader.items
    answers = [trader.sell(item, "k") for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"status": "success", "amount_added": 2.0, "balance": 11.0}] * 3
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true"]
    assert code(trader.sell(item)) == (409, "item_not_owned")
    assert code(trader.sell(item, "k", price=1)) == (422, "idempotency_key_reused")
    [line, _, _] = trader.told("GET", trader.player.path("/transactions"))["transactions"]
    assert line["type"] == "Sticker sell"
    assert line["data"]["price"] == 2.0
    assert line["data"].keys() == {"price", "date", "sticker_image_url"}
    trader.operator.assert_every_law_held()


def test_a_key_of_an_opening_is_no_key_of_a_sale(trader: Trader) -> None:
    trader.told("POST", trader.case.path("/open"), {"telegram_id": trader.player.telegram_id})
    body = {"telegram_id": trader.player.telegram_id}
    assert trader.ask("POST", trader.case.path("/open"), body, "same").status_code == 200
    assert code(trader.sell(trader.items[0], "same")) == (422, "idempotency_key_reused")


def test_a_price_that_was_not_shown_sells_nothing(trader: Trader) -> None:
    [item] = trader.items
    answer = trader.sell(item, price=1.5)
    assert code(answer) == (409, "price_changed")
    assert answer.json()["price"] == 2.0
    assert trader.items == [item]
    assert trader.sell(item, price=2).json()["amount_added"] == 2.0


def test_an_upgrade_moves_units_and_no_money(trader: Trader) -> None:
    [item] = trader.items
    offer = trader.offers(item)[0]
    assert (offer["price"], offer["chance"]) == (3.0, 2 / 3 * 0.8)
    answer = trader.upgrade([item], offer["id"], "u", table_id=offer["table_id"])
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told["fairness"]["table_id"] == offer["table_id"]
    assert told["fairness"]["nonce"] == 1
    assert (told["drop"] is not None) == told["success"] == (told["drop_number"] == offer["number"])
    assert trader.items == ([told["item_id"]] if told["success"] else [])
    assert trader.upgrade([item], offer["id"], "u", table_id=offer["table_id"]).content == answer.content
    [line] = trader.told("GET", trader.player.path("/transactions"), type="Upgrade")["transactions"]
    assert line["data"]["price"] == (1.0 if told["success"] else -2.0)
    assert line["data"].keys() == {"success", "date", "bet_image_url", "drop_image_url", "price"}
    draw = trader.client.get(f"/api/draws/{told['fairness']['draw_id']}").json()["draw"]
    assert (draw["game"], draw["case_name"], draw["server_seed"]) == ("upgrade", None, None)
    assert [row["name"] for row in draw["table"]] == ["win", "lose"]
    assert draw["row"] == (1 if told["success"] else 2)
    trader.operator.assert_every_law_held()


def test_a_quote_does_not_outlive_a_price(trader: Trader) -> None:
    [item] = trader.items
    offer = trader.offers(item)[0]
    trader.operator.send("PATCH", f"/api/operator/packs/{trader.pack_id}", {"floor_price": "1.9"})
    answer = trader.upgrade([item], offer["id"], table_id=offer["table_id"])
    assert code(answer) == (409, "quote_expired")
    assert answer.json()["table_id"] != offer["table_id"]
    assert trader.items == [item]


@pytest.mark.parametrize(
    ("bet", "expected"),
    [
        ({"user_liq_id": None, "user_liq_ids": None}, (400, "invalid_request")),
        ({"user_liq_id": 1, "user_liq_ids": [1]}, (400, "invalid_request")),
        ({"user_liq_ids": []}, (400, "invalid_request")),
        ({"user_liq_ids": [1] * 101}, (400, "invalid_request")),
        ({"user_liq_ids": [10**9]}, (409, "item_not_owned")),
        ({"upgrade_liq_id": 10**9}, (404, "not_found")),
        ({"telegram_id": 1}, (403, "forbidden")),
    ],
)
def test_a_bad_bet_is_refused(trader: Trader, bet: dict[str, Any], expected: tuple[int, str]) -> None:
    [item] = trader.items
    unit_id = trader.offers(item)[0]["id"]
    assert code(trader.upgrade([item], unit_id, **bet)) == expected
    assert trader.items == [item]


def test_a_ladder_needs_items_of_the_player(trader: Trader, operator: Operator, client: httpx.Client) -> None:
    other = Trader(client, operator)
    [item] = other.items
    own = trader.player.telegram_id
    assert code(trader.ask("GET", "/api/upgrade/check", telegram_id=own)) == (400, "invalid_request")
    assert code(trader.ask("GET", "/api/upgrade/check", telegram_id=own, id=item)) == (409, "item_not_owned")
    answer = trader.ask("GET", "/api/upgrade/check", telegram_id=other.player.telegram_id, id=item)
    assert code(answer) == (403, "forbidden")
    assert code(trader.sell(item)) == (409, "item_not_owned")
    assert code(trader.upgrade([item], 1)) == (409, "item_not_owned")


def test_a_blocked_player_reads_and_does_not_play(trader: Trader) -> None:
    [item] = trader.items
    unit_id = trader.offers(item)[0]["id"]
    block = f"/api/operator/players/{trader.player.telegram_id}"
    assert trader.operator.send("POST", f"{block}/block").json() == {"status": "success", "blocked": True}
    body = {"telegram_id": trader.player.telegram_id}
    refused = [trader.sell(item), trader.upgrade([item], unit_id), trader.ask("POST", trader.case.path("/open"), body)]
    assert [code(answer) for answer in refused] == [(403, "player_blocked")] * 3
    assert trader.items == [item]
    assert trader.operator.send("POST", f"{block}/unblock").json()["blocked"] is False
    assert trader.sell(item).status_code == 200
    assert code(trader.operator.send("POST", "/api/operator/players/1/block")) == (404, "not_found")


def test_both_spellings_of_the_addresses(client: httpx.Client, operator: Operator) -> None:
    trader = Trader(client, operator, drops=4)
    me = {"telegram_id": trader.player.telegram_id}
    block = f"/api/operator/players/{trader.player.telegram_id}"
    for slash in ("", "/"):
        first, second, *_ = trader.items
        assert trader.ask("POST", f"/api/packs/sell{slash}", me | {"id": first}).status_code == 200
        offer = trader.told("GET", f"/api/upgrade/check{slash}", **me, id=second)["items"][0]
        bet = me | {"user_liq_id": second, "upgrade_liq_id": offer["id"]}
        assert trader.ask("POST", f"/api/upgrade/upgrade{slash}", bet).status_code == 200
        assert [operator.send("POST", f"{block}/{verb}{slash}").status_code for verb in ("block", "unblock")] == [
            200
        ] * 2

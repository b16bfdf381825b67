"""Nothing is sold, bet or won twice, however requests race one another over two processes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.api_processes import AS_SERVICE, Pair
from support.http_lines import Ask, at_the_same_moment
from support.markets import CHEAP, PRICE, Market, outcomes
from support.players import Operator, Player

MANY = 40
NewMarket = Callable[..., Market]


@pytest.fixture
def new_market(operator: Operator, pair: Pair, journeys_database: str) -> NewMarket:
    def make(**stock: int) -> Market:
        return Market(operator, pair[1].client, journeys_database, **stock)

    return make


def _race(ports: list[int], asks: list[Ask]) -> Counter[str]:
    return Counter(outcomes(at_the_same_moment(ports, asks)))


def test_one_item_is_sold_once(new_market: NewMarket, ports: list[int], operator: Operator) -> None:
    market = new_market()
    [player] = market.traders(1, items=2)
    kept, item = market.items(player)

    told = _race(ports, [player.sells(item) for _ in range(MANY)])

    assert told == {"sold": 1, "item_not_owned": MANY - 1}
    assert (market.balance(player), market.items(player), market.in_stock(market.cheap_id)) == (CHEAP, [kept], 39)
    operator.assert_every_law_held()


def test_one_sale_is_made_once_under_one_key(new_market: NewMarket, ports: list[int], operator: Operator) -> None:
    market = new_market()
    [player] = market.traders(1, items=2)
    item, other = market.items(player)

    answers = at_the_same_moment(ports, [player.sells(item, key="once") for _ in range(MANY)])

    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert ["idempotent-replayed" in answer.headers for answer in answers].count(False) == 1
    assert (market.balance(player), market.items(player)) == (CHEAP, [other])
    # The key is good for nothing else of this player's.
    others = [player.sells(other, key="once"), player.bets([other], market.targets[0], key="once")]
    others.append(player.opens(market.case.name, key="once"))
    assert _race(ports, others) == {"idempotency_key_reused": 3}
    operator.assert_every_law_held()


@pytest.mark.parametrize("key", [None, "once"])
def test_one_item_is_bet_once(new_market: NewMarket, ports: list[int], operator: Operator, key: str | None) -> None:
    market = new_market(dear=MANY)
    [player] = market.traders(1, items=2)
    kept, item = market.items(player)
    targets = market.targets if key is None else market.targets[:1] * MANY

    answers = at_the_same_moment(ports, [player.bets([item], target, key) for target in targets])

    ends = [answer for answer in answers if answer.status == 200]
    assert len(ends) == (1 if key is None else MANY)
    assert len({answer.body for answer in ends}) == 1
    assert set(outcomes(answers)) - {"won", "lost"} == ({"item_not_owned"} if key is None else set())
    won = ends[0].json()["success"]
    assert market.items(player) == ([ends[0].json()["item_id"]] if won else []) + [kept]
    assert (market.nonce(player), market.balance(player)) == (3, 0.0)
    assert market.in_stock(market.dear_id) == MANY - won
    operator.assert_every_law_held()


def test_one_item_among_several_is_in_one_bet(new_market: NewMarket, ports: list[int], operator: Operator) -> None:
    """Bets of two that overlap like the links of a chain: whatever is drawn, no item was in two of them."""
    market = new_market(grand=MANY)
    [player] = market.traders(1, items=20)
    items = market.items(player)
    links = [items[start : start + 2] for start in range(19)]

    asks = [player.bets(link, target) for link, target in zip(links, market.grand_targets, strict=False)]
    told = outcomes(at_the_same_moment(ports, asks))

    drawn = [link for link, outcome in zip(links, told, strict=True) if outcome in ("won", "lost")]
    bet = [item for link in drawn for item in link]
    assert set(told) <= {"won", "lost", "item_not_owned"}
    assert len(bet) == len(set(bet))
    assert set(items) - set(market.items(player)) == set(bet)
    assert len(market.items(player)) == 20 - len(bet) + told.count("won")
    # Each link that was refused touches one that was not.
    assert all(set(link) & set(bet) for link in links)
    operator.assert_every_law_held()


def test_an_item_is_either_sold_or_bet(new_market: NewMarket, ports: list[int], operator: Operator) -> None:
    market = new_market(dear=20)
    seen = Counter[str]()
    for target in market.targets[:6]:
        [player] = market.traders(1)
        [item] = market.items(player)

        told = _race(ports, [player.sells(item), player.bets([item], target)] * 10)

        assert told.pop("item_not_owned") == 19
        [(end, times)] = told.items()
        assert times == 1
        assert market.balance(player) == (CHEAP if end == "sold" else 0.0)
        assert (market.nonce(player), len(market.items(player))) == (1 if end == "sold" else 2, int(end == "won"))
        seen[end] += 1
    assert set(seen) <= {"sold", "won", "lost"}
    operator.assert_every_law_held()


def test_one_key_for_a_sale_a_bet_and_an_opening_is_one_of_them(
    new_market: NewMarket, ports: list[int], operator: Operator
) -> None:
    market = new_market(dear=20)
    for target in market.targets[:5]:
        [player] = market.traders(1, items=2, balance=PRICE)
        sold, bet = market.items(player)
        asks = [player.sells(sold, "k"), player.bets([bet], target, "k"), player.opens(market.case.name, "k")]

        answers = at_the_same_moment(ports, asks * 8)

        done = {number % 3 for number, answer in enumerate(answers) if answer.status == 200}
        assert len(done) == 1, "two requests were done under one key"
        told = Counter(outcomes(answers))
        assert told.pop("idempotency_key_reused") == 16
        assert list(told.values()) == [8]
        [end] = told
        expected = {"sold": (3.0, 1, 2), "opened": (0.0, 3, 3), "won": (1.0, 2, 3), "lost": (1.0, 1, 3)}[end]
        assert (market.balance(player), len(market.items(player)), market.nonce(player)) == expected
    operator.assert_every_law_held()


def test_the_last_target_is_won_once(new_market: NewMarket, ports: list[int], operator: Operator) -> None:
    market = new_market(cheap=60)
    players = market.traders(30, items=2)
    bets = [(player, item) for player in players for item in market.items(player)]
    [target] = market.targets

    answers = at_the_same_moment(ports, [player.bets([item], target) for player, item in bets])

    told = Counter(outcomes(answers))
    # Each draw wins with 8/15: sixty that all lose would be one in 10^19.
    assert told["won"] == 1
    assert told["won"] + told["lost"] + told["quote_expired"] == 60
    taken = [answer.json() for answer in answers if answer.status == 409]
    assert {(body["why"], body["table_id"]) for body in taken} == {("target_taken", None)}
    [winner] = [player for (player, _), answer in zip(bets, answers, strict=True) if answer.json().get("success")]
    owners = [player for player in players if _owns(market, player, market.dear_id)]
    assert owners == [winner]
    assert market.in_stock(market.dear_id) == 0
    assert market.in_stock(market.cheap_id) == told["won"] + told["lost"]
    # Back in the stock it is to be won again.
    item = next(i["id"] for i in _inventory(market, winner) if i["pack"]["id"] == market.dear_id)
    assert _race(ports, [winner.sells(item)]) == {"sold": 1}
    assert market.in_stock(market.dear_id) == 1
    operator.assert_every_law_held()


def test_the_last_unit_is_sold_back_before_it_is_drawn_again(
    new_market: NewMarket, ports: list[int], operator: Operator
) -> None:
    """One sells a pack's only unit while ten want to open the case: one of them at most gets it, and only then."""
    for _ in range(6):
        market = new_market(cheap=1)
        [seller] = market.traders(1)
        [item] = market.items(seller)
        openers = [operator.new_player(str(PRICE)) for _ in range(10)]

        asks = [*(player.opens(market.case.name) for player in openers), seller.sells(item)]
        told = outcomes(at_the_same_moment(ports, asks))

        assert told[-1] == "sold"
        opened = told[:-1].count("opened")
        assert opened + told[:-1].count("out_of_stickers") == 10
        assert opened <= 1
        assert market.in_stock(market.cheap_id) == 1 - opened
        assert [market.balance(player) for player in openers].count(0.0) == opened
        assert market.balance(seller) == CHEAP
    operator.assert_every_law_held()


def test_the_last_unit_is_won_or_drawn_but_not_both(
    new_market: NewMarket, ports: list[int], operator: Operator
) -> None:
    """The target of a bet comes out of a case as well: opening and upgrading want the same unit."""
    seen = Counter[str]()
    for _ in range(6):
        market = new_market()
        case = operator.new_case([(market.dear_id, 1.0)], str(PRICE))
        [gambler] = market.traders(1, items=3)
        openers = [operator.new_player(str(PRICE)) for _ in range(4)]
        bets = [gambler.bets([item], market.targets[0]) for item in market.items(gambler)]

        told = _race(ports, [*bets, *(player.opens(case.name) for player in openers)])

        assert told["won"] + told["opened"] <= 1
        assert told["won"] + told["lost"] + told["quote_expired"] == 3
        assert told["opened"] + told["out_of_stickers"] == 4
        assert market.in_stock(market.dear_id) == 1 - told["won"] - told["opened"]
        seen += told
    assert seen["won"] + seen["opened"] > 0
    operator.assert_every_law_held()


def test_a_price_moves_between_two_sales_and_never_within_one(
    new_market: NewMarket, ports: list[int], operator: Operator
) -> None:
    """Who says what was shown gets that price or a refusal, whatever the floor does meanwhile."""
    market = new_market()
    players = market.traders(20)
    asks = [player.sells(market.items(player)[0], price=CHEAP) for player in players]
    floors = [_floor(market, price) for price in ("1.5", "2", "2.5", "2", "1.5")]

    told = outcomes(at_the_same_moment(ports, [*asks[:10], *floors, *asks[10:]]))

    sales = told[:10] + told[15:]
    assert set(sales) <= {"sold", "price_changed"}
    assert [market.balance(player) for player in players] == [CHEAP if end == "sold" else 0.0 for end in sales]
    operator.assert_every_law_held()


def _floor(market: Market, price: str) -> Ask:
    body = json.dumps({"floor_price": price}).encode()
    return Ask("PATCH", f"/api/operator/packs/{market.cheap_id}", AS_SERVICE, body)


def _inventory(market: Market, player: Player) -> list[Any]:
    return list(market.told(player, "/inventory?limit=200")["inventory"])


def _owns(market: Market, player: Player, pack_id: int) -> bool:
    return any(item["pack"]["id"] == pack_id for item in _inventory(market, player))

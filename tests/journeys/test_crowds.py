"""Many at once, over two processes: everything happens exactly as often as it was paid for."""

from __future__ import annotations

import json

import httpx

from support.api_processes import AS_SERVICE, Pair
from support.http_lines import Answer, Ask, at_the_same_moment
from support.players import Operator, new_player, standing


def codes(answers: list[Answer]) -> dict[object, int]:
    """How often each outcome came: the status of a success, the code of a refusal."""
    told = [answer.status if answer.status == 200 else answer.json()["code"] for answer in answers]
    return {code: told.count(code) for code in sorted(set(told), key=str)}


def test_fifty_at_once_by_a_player_who_can_pay_seven(pair: Pair, ports: list[int], operator: Operator) -> None:
    case = operator.simple_case(units=60, price="1.5")
    player = operator.new_player("11.25")

    answers = at_the_same_moment(ports, [player.opens(case.name) for _ in range(50)])

    assert codes(answers) == {200: 7, "insufficient_balance": 43}
    opened = [answer.json() for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in refused} == {400}
    assert {(r.json()["case_price"], r.json()["user_balance"]) for r in refused} == {(1.5, 0.75)}
    assert sorted(o["fairness"]["nonce"] for o in opened) == list(range(7))
    assert sorted(o["balance"] for o in opened) == [0.75 + 1.5 * left for left in range(7)]
    assert len({o["opening_id"] for o in opened}) == 7
    assert len({o["fairness"]["roll"] for o in opened}) == 7
    after = standing(pair[1].client, player)
    assert (after.balance, after.nonce, after.openings) == (0.75, 7, 7)
    assert sorted(after.items) == sorted((o["drop"]["id"], o["drop_number"]) for o in opened)
    assert operator.assert_every_law_held()["openings_paid"] >= 7


def test_fifty_at_once_over_ten_cases_are_paid_from_one_balance(
    pair: Pair, ports: list[int], operator: Operator
) -> None:
    """Each process gets cases of its own: nothing but the player keeps the openings apart."""
    cases = [operator.simple_case(units=40) for _ in range(10)]
    for _ in range(5):
        player = operator.new_player("7")

        answers = at_the_same_moment(ports, [player.opens(cases[number % 10].name) for number in range(50)])

        assert codes(answers) == {200: 7, "insufficient_balance": 43}
        opened = [answer.json() for answer in answers if answer.status == 200]
        assert sorted(o["fairness"]["nonce"] for o in opened) == list(range(7))
        assert sorted(o["balance"] for o in opened) == [float(left) for left in range(7)]
        after = standing(pair[0].client, player)
        assert (after.balance, after.nonce, after.openings, len(after.items)) == (0.0, 7, 7, 7)
    operator.assert_every_law_held()


def test_fifty_at_once_with_one_key_open_once(pair: Pair, ports: list[int], operator: Operator) -> None:
    case = operator.simple_case()
    player = operator.new_player("50")

    answers = at_the_same_moment(ports, [player.opens(case.name, key="once") for _ in range(50)])

    assert codes(answers) == {200: 50}
    assert len({answer.body for answer in answers}) == 1
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert (replayed.count("true"), replayed.count(None)) == (49, 1)
    after = standing(pair[0].client, player)
    assert (after.balance, after.nonce, after.openings, len(after.items)) == (49.0, 1, 1, 1)

    later = at_the_same_moment(ports, [player.opens(case.name, key="once") for _ in range(2)])
    assert [answer.body for answer in later] == [answers[0].body] * 2
    assert standing(pair[1].client, player) == after


def test_a_key_cannot_be_used_for_another_request(pair: Pair, ports: list[int], operator: Operator) -> None:
    case, other = operator.simple_case(), operator.simple_case()
    player = operator.new_player("50")
    [first] = at_the_same_moment(ports[:1], [player.opens(case.name, key="k")])
    assert first.status == 200

    others = [player.opens(case.name, key="k", count=2), player.opens(other.name, key="k")]
    refused = at_the_same_moment(ports, others)

    assert [(answer.status, answer.json()["code"]) for answer in refused] == [(422, "idempotency_key_reused")] * 2
    assert standing(pair[0].client, player).nonce == 1
    # The hash is taken over what was said, not over how: spelling, slash and credential do not matter.
    respelt = f'{{"telegram_id"  :  {player.telegram_id}}}\n'.encode()
    spelling = pair[1].client.post(case.path("/open/"), content=respelt, headers=player.headers("k"))
    assert (spelling.content, spelling.headers.get("idempotent-replayed")) == (first.body, "true")
    # A key is the caller's own: another player's "k" is another key.
    stranger = operator.new_player("1")
    [theirs] = at_the_same_moment(ports[1:], [stranger.opens(case.name, key="k")])
    assert theirs.status == 200
    assert "idempotent-replayed" not in theirs.headers


def test_one_key_for_two_requests_at_the_same_moment_is_one_of_them(
    pair: Pair, ports: list[int], operator: Operator
) -> None:
    cases = [operator.simple_case(), operator.simple_case()]
    for _ in range(5):
        player = operator.new_player("50")

        answers = at_the_same_moment(ports, [player.opens(cases[number % 2].name, key="k") for number in range(40)])

        won = {number % 2 for number, answer in enumerate(answers) if answer.status == 200}
        assert len(won) == 1, "both requests were done under one key"
        assert codes(answers) == {200: 20, "idempotency_key_reused": 20}
        assert len({answer.body for answer in answers if answer.status == 200}) == 1
        after = standing(pair[1].client, player)
        assert (after.balance, after.nonce, after.openings) == (49.0, 1, 1)


def test_a_refusal_is_not_remembered(pair: Pair, ports: list[int], operator: Operator) -> None:
    case = operator.simple_case(price="2")
    player = operator.new_player("1")
    request = player.opens(case.name, key="again")

    poor = at_the_same_moment(ports, [request] * 4)
    assert codes(poor) == {"insufficient_balance": 4}
    operator.adjust(player, "1")
    rich = at_the_same_moment(ports, [request] * 4)

    assert codes(rich) == {200: 4}
    assert len({answer.body for answer in rich}) == 1
    assert standing(pair[0].client, player).nonce == 1


def test_the_last_unit_goes_to_one_of_ten(pair: Pair, ports: list[int], operator: Operator) -> None:
    pack_id = operator.new_pack(units=1)
    case = operator.new_case([(pack_id, 1.0)])
    players = [operator.new_player("3") for _ in range(10)]

    answers = at_the_same_moment(ports, [player.opens(case.name) for player in players])

    assert codes(answers) == {200: 1, "out_of_stickers": 9}
    assert {answer.status for answer in answers} == {200, 409}
    for player, answer in zip(players, answers, strict=True):
        after = standing(pair[1].client, player)
        won = answer.status == 200
        assert (after.balance, after.nonce, after.items) == ((2.0, 1, ((pack_id, 1),)) if won else (3.0, 0, ()))
    for api in pair:
        one = api.client.get("/api/cases/", params={"name": case.name}).json()["case"]
        assert one["status"] == "out_of_stickers"
        assert case.name not in _names_on_sale(api.client)
    # Back by itself with the stock, for every process.
    operator.add_units(pack_id, [2])
    for api in pair:
        assert api.client.get("/api/cases/", params={"name": case.name}).json()["case"]["status"] == "active"
        assert case.name in _names_on_sale(api.client)
    [again] = at_the_same_moment(ports[1:], [players[0].opens(case.name)])
    assert (again.status, again.json()["drop_number"]) == (200, 2)
    operator.assert_every_law_held()


def test_the_last_unit_of_ten_cases_goes_to_one_of_ten(pair: Pair, ports: list[int], operator: Operator) -> None:
    """Nothing but the pack is shared."""
    pack_id = operator.new_pack(units=3)
    cases = [operator.new_case([(pack_id, 1.0)]) for _ in range(10)]
    players = [operator.new_player("1") for _ in cases]

    answers = at_the_same_moment(ports, [p.opens(c.name) for p, c in zip(players, cases, strict=True)])

    assert codes(answers) == {200: 3, "out_of_stickers": 7}
    assert sorted(answer.json()["drop_number"] for answer in answers if answer.status == 200) == [1, 2, 3]
    assert _in_stock(pair, pack_id) == 0
    operator.assert_every_law_held()


def test_ten_at_a_time_need_ten_of_every_pack(pair: Pair, ports: list[int], operator: Operator) -> None:
    scarce, plenty = operator.new_pack(units=9), operator.new_pack(units=100)
    case = operator.new_case([(scarce, 0.001), (plenty, 0.999)])
    player = operator.new_player("25")
    before = standing(pair[0].client, player)

    refused = at_the_same_moment(ports, [player.opens(case.name, count=10), player.opens(case.name, count=10, key="k")])

    assert [(answer.status, answer.json()["code"]) for answer in refused] == [(409, "out_of_stickers")] * 2
    assert standing(pair[1].client, player) == before
    assert [_in_stock(pair, pack_id) for pack_id in (scarce, plenty)] == [9, 100]
    # Nine can be honoured, whatever the rolls; so can ten once there are ten.
    operator.add_units(scarce, [10])
    [opened] = at_the_same_moment(ports[1:], [player.opens(case.name, count=10, key="k")])
    body = opened.json()
    assert (opened.status, len(body["drops"]), body["balance"]) == (200, 10, 15.0)
    assert isinstance(body["opening_id"], int)
    assert [drop["fairness"]["nonce"] for drop in body["drops"]] == list(range(10))
    after = standing(pair[0].client, player)
    assert (after.balance, after.nonce, after.openings) == (15.0, 10, 10)
    assert sorted(after.items) == sorted((drop["drop"]["id"], drop["drop_number"]) for drop in body["drops"])
    assert _in_stock(pair, scarce) + _in_stock(pair, plenty) == 100
    operator.assert_every_law_held()


def test_ten_at_a_time_are_paid_all_or_nothing(pair: Pair, ports: list[int], operator: Operator) -> None:
    case = operator.simple_case(price="1")
    player = operator.new_player("9.5")
    [refused] = at_the_same_moment(ports[:1], [player.opens(case.name, count=10)])
    assert (refused.status, refused.json()["code"], refused.json()["user_balance"]) == (
        400,
        "insufficient_balance",
        9.5,
    )
    assert standing(pair[0].client, player).nonce == 0


def test_a_player_of_whom_nobody_has_heard_is_met_once(pair: Pair, ports: list[int], operator: Operator) -> None:
    case = operator.simple_case()
    player = new_player()

    answers = at_the_same_moment(ports, [player.opens(case.name) for _ in range(20)])

    assert codes(answers) == {"insufficient_balance": 20}
    assert operator.adjust(player, "2") == 2.0
    assert codes(at_the_same_moment(ports, [player.opens(case.name) for _ in range(3)])) == {
        200: 2,
        "insufficient_balance": 1,
    }


def test_a_player_is_created_once(pair: Pair, ports: list[int], operator: Operator) -> None:
    player = new_player()
    profile = json.dumps({"telegram_id": player.telegram_id, "first_name": "Ann"}).encode()
    asks = [Ask("POST", "/api/users/user/", AS_SERVICE, profile), Ask("GET", player.path(), player.headers())] * 15

    answers = at_the_same_moment(ports, asks)

    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {200, 201}
    assert statuses.count(201) <= 1, "a player was created twice"
    assert {answer.json()["user"]["telegram_id"] for answer in answers} == {player.telegram_id}
    assert operator.adjust(player, "3") == 3.0
    seeds = {api.client.get(player.path("/fairness"), headers=player.headers()).text for api in pair}
    assert len(seeds) == 1


def _in_stock(pair: Pair, pack_id: int) -> int:
    return int(pair[0].client.get("/api/packs/", params={"id": str(pack_id)}).json()["pack"]["in_stock_count"])


def _names_on_sale(client: httpx.Client) -> set[str]:
    names: set[str] = set()
    offset = 0
    while True:
        page = client.get("/api/cases/", params={"pagination": "true", "limit": 100, "offset": offset}).json()
        names |= {case["name"] for case in page["items"]}
        offset += 100
        if page["next"] is None:
            return names

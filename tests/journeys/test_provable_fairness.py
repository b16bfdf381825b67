"""Seeds as a player meets them: committed first, revealed by a rotation, and never shown before."""

from __future__ import annotations

import itertools
from hashlib import sha256
from typing import Any

import httpx
import psycopg
import pytest

from support.api_processes import Pair
from support.http_lines import Ask, at_the_same_moment, through
from support.players import Operator, Player, SoldCase


def seeds_of(client: httpx.Client, player: Player) -> dict[str, Any]:
    """The live pair as it is published."""
    return dict(client.get(player.path("/fairness"), headers=player.headers()).json()["fairness"])


def opened(client: httpx.Client, player: Player, case: SoldCase, **body: Any) -> dict[str, Any]:
    """Open once; the answer."""
    content = {"telegram_id": player.telegram_id, **body}
    answer = client.post(case.path("/open"), json=content, headers=player.headers())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_client_seed_reveals_the_old_server_seed(pair: Pair, operator: Operator) -> None:
    first, second = (api.client for api in pair)
    case, player = operator.simple_case(), operator.new_player("10")
    shown = seeds_of(first, player)
    assert (shown["nonce"], shown["server_seed_hash"] != shown["next_server_seed_hash"]) == (0, True)
    made = [opened(api, player, case)["fairness"] for api in (first, second, first)]
    assert [draw["nonce"] for draw in made] == [0, 1, 2]
    assert {draw["server_seed_hash"] for draw in made} == {shown["server_seed_hash"]}
    assert {draw["client_seed"] for draw in made} == {shown["client_seed"]}
    before = [second.get(f"/api/draws/{draw['draw_id']}").json()["draw"] for draw in made]
    assert {draw["server_seed"] for draw in before} == {None}

    changed = second.put(player.path("/fairness"), json={"client_seed": "lucky 7"}, headers=player.headers()).json()

    revealed = changed["revealed"]
    assert sha256(bytes.fromhex(revealed["server_seed"])).hexdigest() == shown["server_seed_hash"]
    assert (revealed["server_seed_hash"], revealed["client_seed"], revealed["draws"]) == (
        shown["server_seed_hash"],
        shown["client_seed"],
        3,
    )
    live = changed["fairness"]
    assert (live["server_seed_hash"], live["client_seed"], live["nonce"]) == (
        shown["next_server_seed_hash"],
        "lucky 7",
        0,
    )
    assert live["next_server_seed_hash"] not in {shown["server_seed_hash"], shown["next_server_seed_hash"]}
    assert seeds_of(first, player) == live
    after = [first.get(f"/api/draws/{draw['draw_id']}").json()["draw"] for draw in made]
    assert after == [draw | {"server_seed": revealed["server_seed"]} for draw in before]
    next_draw = opened(first, player, case)["fairness"]
    assert (next_draw["nonce"], next_draw["client_seed"]) == (0, "lucky 7")
    assert next_draw["server_seed_hash"] == shown["next_server_seed_hash"]


def test_rotating_keeps_the_client_seed(pair: Pair, operator: Operator) -> None:
    client, player = pair[0].client, operator.new_player()
    client.put(player.path("/fairness"), json={"client_seed": "mine"}, headers=player.headers())
    hashes = [seeds_of(client, player)["server_seed_hash"]]
    for _ in range(5):
        told = pair[1].client.post(player.path("/fairness/rotate"), headers=player.headers()).json()
        assert told["fairness"]["client_seed"] == told["revealed"]["client_seed"] == "mine"
        assert told["revealed"]["server_seed_hash"] == hashes[-1]
        assert told["revealed"]["draws"] == 0
        hashes.append(told["fairness"]["server_seed_hash"])
    assert len(set(hashes)) == 6, "a revealed seed was used again"


def test_rotations_and_openings_at_the_same_moment(pair: Pair, ports: list[int], operator: Operator) -> None:
    case, player = operator.simple_case(), operator.new_player("30")
    rotation = Ask("POST", player.path("/fairness/rotate"), player.headers())
    asks = [ask for _ in range(10) for ask in (player.opens(case.name), rotation, player.opens(case.name, count=2))]

    answers = at_the_same_moment(ports, asks)

    assert {answer.status for answer in answers} == {200}
    told = [answer.json() for answer in answers]
    revealed = {t["revealed"]["server_seed_hash"]: t["revealed"]["draws"] for t in told if "revealed" in t}
    assert len(revealed) == 10
    live = seeds_of(pair[0].client, player)
    made = [drop["fairness"] for t in told if "opening_id" in t for drop in t.get("drops", [t])]
    assert len(made) == 30
    by_seed = {
        seed: sorted(draw["nonce"] for draw in made if draw["server_seed_hash"] == seed)
        for seed in {draw["server_seed_hash"] for draw in made}
    }
    counters = revealed | {live["server_seed_hash"]: live["nonce"]}
    assert all(nonces == list(range(counters[seed])) for seed, nonces in by_seed.items()), by_seed
    assert sum(counters.values()) == 30
    operator.assert_every_law_held()


@pytest.mark.parametrize("seed", ["x", "x" * 64, " ", "~ !\"#$%&'()*+,-./:;<=>?@[\\]^_`{}"])
def test_any_printable_client_seed_may_be_chosen(pair: Pair, operator: Operator, seed: str) -> None:
    client, player = pair[0].client, operator.new_player()
    told = client.put(player.path("/fairness"), json={"client_seed": seed}, headers=player.headers())
    assert (told.status_code, told.json()["fairness"]["client_seed"]) == (200, seed)
    assert seeds_of(client, player)["client_seed"] == seed


def test_no_answer_shows_a_server_seed_before_its_time(
    pair: Pair, ports: list[int], operator: Operator, journeys_database: str
) -> None:
    """Everything that can be asked for is searched for every seed that is still secret, raw and in hex."""
    case, player = operator.simple_case(), operator.new_player("9")
    draw_ids = [opened(pair[0].client, player, case, count=2)["drops"][1]["fairness"]["draw_id"]]
    pair[0].client.post(player.path("/fairness/rotate"), headers=player.headers())
    draw_ids.append(opened(pair[1].client, player, case)["fairness"]["draw_id"])
    me = player.headers()
    asks = [
        *(Ask("GET", f"/api/draws/{draw_id}") for draw_id in draw_ids),
        *(Ask("GET", player.path(rest), me) for rest in ("", "/inventory", "/transactions", "/fairness")),
        *(Ask("GET", path) for path in ("/api/cases/", case.path("/items"), case.path("/open"), "/api/packs/")),
        player.opens(case.name),
        player.opens(case.name, "k", count=2),
        player.opens(case.name, "k", count=2),
        player.opens(case.name, count=10),
        Ask("PUT", player.path("/fairness"), me, b'{"client_seed": "a|b"}'),
    ]
    answers = through(ports, asks, lines=1)
    assert {answer.status for answer in answers} == {200, 400}
    with psycopg.connect(journeys_database) as connection:
        found = connection.execute(
            "SELECT server_seed FROM seed_pairs WHERE revealed_at IS NULL UNION ALL "
            "SELECT next_server_seed FROM seed_pairs WHERE revealed_at IS NULL"
        ).fetchall()
    secrets = [bytes(row[0]) for row in found]
    assert len(secrets) >= 2
    logs = "".join(api.err.text for api in pair).encode()
    for answer, secret in itertools.product([*(answer.body for answer in answers), logs], secrets):
        assert secret.hex().encode() not in answer.lower()
        assert secret not in answer

"""Asking for a withdrawal over HTTP, and an operator's word on it. No worker runs: what is held stays held."""

from __future__ import annotations

import json
import os
import pwd
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from support.api_processes import AS_SERVICE, ApiProcess, Tell
from support.command_line import Run, command, inside
from support.databases import copied_database
from support.fingerprints import fingerprint
from support.players import Operator
from support.races import at_once
from support.withdrawers import Withdrawer

LIMITS = {
    "least_withdrawal": "1",
    "largest_withdrawal": "50",
    "withdrawal_fee": "0.05",
    "player_daily_withdrawals": "60",
    "house_daily_withdrawals": "100000",
    "approve_withdrawals_above": "20",
}


@pytest.fixture(scope="module")
def database(database_url: str, template_database: str) -> Iterator[str]:
    with copied_database(database_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def api(database: str, redis_url: str) -> Iterator[ApiProcess]:
    with ApiProcess(database, redis_url, **LIMITS) as running:
        yield running
        Operator(running.client).assert_every_law_held()


@pytest.fixture
def one(api: ApiProcess) -> Withdrawer:
    return Withdrawer.rich(api.client)


def review(client: httpx.Client, withdrawal_id: int, verb: str, key: str | None = None) -> httpx.Response:
    """An operator's word."""
    return Operator(client).send("POST", f"/api/operator/withdrawals/{withdrawal_id}/{verb}", key=key)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_an_amount_is_held_at_once(api: ApiProcess) -> None:
    one = Withdrawer.rich(api.client, connect=False)
    address = one.connect()
    answer = one.withdraws("7.5")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    withdrawal = told["withdrawal"]
    assert told == {"status": "success", "withdrawal": withdrawal, "balance": 92.5}
    assert {name: withdrawal[name] for name in withdrawal if name not in ("id", "requested_at")} == {
        "amount": 7.5,
        "fee": 0.05,
        "paid_amount": 7.45,
        "address": address,
        "status": "held",
        "message_hashes": [],
        "paid_by": None,
        "item_id": None,
        "nft_address": None,
    }
    assert address.startswith("UQ")
    assert one.balance == 92.5
    assert one.listed() == {
        "status": "success",
        "withdrawal_count": 1,
        "withdrawals": [withdrawal],
        "next_cursor": None,
    }


def test_the_history_shows_it_with_a_negative_sign(one: Withdrawer) -> None:
    one.begun(3)
    params = {"type": "Withdrawal"}
    lines = one.client.get(one.player.path("/transactions"), params=params, headers=one.player.headers()).json()
    [line] = lines["transactions"]
    assert lines["transaction_count"] == 1
    assert (line["type"], line["data"]["price"], line["data"]["status"]) == ("Withdrawal", -3.0, "held")
    everything = one.client.get(one.player.path("/transactions"), headers=one.player.headers()).json()
    assert [entry["type"] for entry in everything["transactions"]] == ["Withdrawal", "Adjustment"]


def test_a_blocked_player_may_withdraw(one: Withdrawer) -> None:
    Operator(one.client).send("POST", f"/api/operator/players/{one.player.telegram_id}/block")
    assert one.withdraws(2).status_code == 200


def test_withdrawals_are_listed_newest_first_in_pages(one: Withdrawer) -> None:
    ids = [one.begun(1 + n)["id"] for n in range(5)]
    first = one.listed(limit="2")
    rest = one.listed(limit="50", cursor=first["next_cursor"])
    assert [line["id"] for page in (first, rest) for line in page["withdrawals"]] == ids[::-1]
    assert (first["withdrawal_count"], rest["next_cursor"]) == (5, None)
    assert one.listed(limit="0")["code"] == one.listed(cursor="?")["code"] == "invalid_request"


def test_what_may_not_go_out_is_refused_in_order_and_leaves_no_trace(api: ApiProcess, database: str) -> None:
    poor, bare = Withdrawer.rich(api.client, "10"), Withdrawer.rich(api.client, "10", connect=False)
    spent = Withdrawer.rich(api.client)
    for amount in (40, 15):
        spent.begun(amount)
    other = {"telegram_id": poor.player.telegram_id, "amount": "x"}
    me = poor.player.telegram_id
    before = fingerprint(database)
    asked = [
        (api.client.post("/api/wallet/withdrawal", json={"telegram_id": me, "amount": 2}), 401, "unauthenticated"),
        (bare.post("withdrawal", other), 403, "forbidden"),
        (poor.withdraws("x"), 400, "invalid_request"),
        (poor.withdraws(-1), 400, "invalid_request"),
        (poor.withdraws("1.0000000001"), 400, "invalid_request"),
        (bare.withdraws("0.999999999"), 400, "withdrawal_too_small"),
        (bare.withdraws("50.000000001"), 400, "withdrawal_too_large"),
        (bare.withdraws(11), 409, "wallet_not_connected"),
        (spent.withdraws("5.000000001"), 409, "player_daily_limit"),
        (poor.withdraws("10.000000001", key="k"), 400, "insufficient_balance"),
    ]
    assert [code(answer) for answer, *_ in asked] == [(status, name) for _, status, name in asked]
    details = [answer.json() for answer, *_ in asked[5:]]
    assert (details[0]["least"], details[1]["most"], details[3]["left"]) == (1.0, 50.0, 5.0)
    assert details[4]["user_balance"] == 10.0
    assert fingerprint(database) == before
    assert poor.withdraws(10, key="k").json()["balance"] == 0


def test_the_same_key_at_once_holds_once(one: Withdrawer, tell: Tell) -> None:
    answers = at_once([lambda: one.withdraws(10, key="same")] * 20)
    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert (one.balance, one.listed()["withdrawal_count"]) == (90.0, 1)
    assert code(one.withdraws(11, key="same")) == (422, "idempotency_key_reused")
    tell(f"{len(answers)} requests with one key, {one.listed()['withdrawal_count']} hold")


def test_a_balance_is_held_once_however_many_ask(api: ApiProcess) -> None:
    one = Withdrawer.rich(api.client, "10")
    answers = at_once([lambda: one.withdraws(4)] * 12)
    assert Counter(code(answer) for answer in answers) == {(200, ""): 2, (400, "insufficient_balance"): 10}
    assert one.balance == 2.0


def test_players_who_race_for_the_last_of_the_house(database_url: str, template_database: str, redis_url: str) -> None:
    """The limit of 24 hours is one for all players."""
    few = LIMITS | {"house_daily_withdrawals": "25"}
    with (
        copied_database(database_url, template_database) as url,
        ApiProcess(url, redis_url, **few) as api,
    ):
        people = [Withdrawer.rich(api.client) for _ in range(8)]
        answers = at_once([lambda one=one: one.withdraws(10) for one in people])
        assert Counter(map(code, answers)) == {(200, ""): 2, (409, "house_daily_limit"): 6}
        loser = next(one for one, answer in zip(people, answers, strict=True) if answer.status_code == 409)
        assert loser.withdraws(5).status_code == 200  # what is left is for whoever asks for no more
        assert code(loser.withdraws(1)) == (409, "house_daily_limit")
        assert sum(one.balance for one in people) == 800 - 25
        Operator(api.client).assert_every_law_held()


# --- operators


def test_a_large_one_waits_for_a_person(one: Withdrawer, api: ApiProcess) -> None:
    begun = one.begun("20.000000001")
    assert begun["status"] == "awaiting_approval"
    approved = review(api.client, begun["id"], "approve")
    assert approved.json() == {"status": "success", "withdrawal": begun | {"status": "held"}}
    assert one.told(begun["id"])["status"] == "held"
    assert one.begun(20)["status"] == "held"
    again = review(api.client, begun["id"], "approve")
    assert (code(again), again.json()["stage"]) == ((409, "withdrawal_moved"), "held")


def test_what_is_rejected_goes_back_once(one: Withdrawer, api: ApiProcess) -> None:
    begun = one.begun(30)
    assert one.balance == 70.0
    answers = [review(api.client, begun["id"], "reject", key="no") for _ in range(3)]
    assert [answer.json()["withdrawal"]["status"] for answer in answers] == ["rejected"] * 3
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true"]
    assert one.balance == 100.0
    for verb in ("approve", "reject"):
        assert code(review(api.client, begun["id"], verb)) == (409, "withdrawal_moved")
    assert one.balance == 100.0
    assert one.begun(50)["amount"] == 50  # what was released does not count against the limit of a day


def test_of_two_operators_at_once_one_wins(api: ApiProcess, tell: Tell) -> None:
    people = [Withdrawer.rich(api.client) for _ in range(4)]
    ends: Counter[str] = Counter()
    for one in people:
        begun = one.begun(30)
        verbs = ["approve", "reject"] * 3
        answers = at_once([lambda v=verb, i=begun["id"]: review(api.client, i, v) for verb in verbs])
        end = one.told(begun["id"])["status"]
        done = [verb for verb, answer in zip(verbs, answers, strict=True) if answer.status_code == 200]
        # What was approved is held, and a held one may still be rejected.
        assert done in (["approve"], ["reject"]) or sorted(done) == ["approve", "reject"]
        assert end == ("rejected" if "reject" in done else "held")
        assert one.balance == (100.0 if end == "rejected" else 70.0)
        refused = {code(answer) for answer in answers if answer.status_code != 200}
        assert refused == {(409, "withdrawal_moved")}
        ends[end] += 1
    tell(f"{len(people)} withdrawals, 3 approvals and 3 rejections of each at once: {dict(ends)}")


def test_operators_see_what_waits_oldest_first_with_its_player(api: ApiProcess) -> None:
    people = [Withdrawer.rich(api.client) for _ in range(3)]
    ids = [one.begun(21)["id"] for one in people]

    def listed(**query: str) -> Any:
        return api.client.get("/api/operator/withdrawals", params=query, headers=AS_SERVICE).json()

    waiting = listed(status="awaiting_approval", limit="200")["withdrawals"]
    found = [(line["telegram_id"], line["withdrawal"]["id"]) for line in waiting]
    assert found[-3:] == [(one.player.telegram_id, known) for one, known in zip(people, ids, strict=True)]
    assert found == sorted(found, key=lambda line: line[1])
    assert [line["withdrawal"]["id"] for line in listed(limit="3")["withdrawals"]] == ids[::-1]
    pages = [listed(status="awaiting_approval", limit="1")]
    while pages[-1]["next_cursor"]:
        pages.append(listed(status="awaiting_approval", limit="1", cursor=pages[-1]["next_cursor"]))
    assert [line["withdrawal"]["id"] for page in pages for line in page["withdrawals"]] == [known for _, known in found]
    assert listed(status="lost")["code"] == "invalid_request"
    figures = api.client.get("/metrics").text
    assert f'stickercase_withdrawals_open{{stage="awaiting_approval"}} {len(found)}.0' in figures


def test_no_operator_moves_what_is_not_there(api: ApiProcess) -> None:
    for verb in ("approve", "reject"):
        assert code(review(api.client, 404, verb)) == (404, "not_found")
        assert code(review(api.client, 0, verb)) == (400, "invalid_request")


def test_a_withdrawal_keeps_its_address(one: Withdrawer, api: ApiProcess) -> None:
    before = one.begun(30)
    moved_to = one.connect()
    assert review(api.client, before["id"], "approve").json()["withdrawal"]["address"] == before["address"]
    after = one.begun(5)
    assert after["address"] == moved_to != before["address"]
    one.post(f"{one.player.telegram_id}/disconnect")
    assert code(one.withdraws(5)) == (409, "wallet_not_connected")
    assert [line["address"] for line in one.listed()["withdrawals"]] == [moved_to, before["address"]]


def test_the_command_line_lists_approves_and_rejects(
    one: Withdrawer, api: ApiProcess, database: str, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Run:
        return inside("withdrawals", *arguments, cwd=tmp_path, database_url=database)

    kept, refused = one.begun(21), Withdrawer.rich(api.client).begun(22)
    listed = run("list", "--status", "awaiting_approval")
    [line] = [
        line for line in listed.stdout.splitlines() if line.strip().startswith(f"{kept['id']} ") and " of " not in line
    ]
    told = line.split()
    assert told[2:] == ["awaiting_approval", str(one.player.telegram_id), "21", "0.05", kept["address"], "-"]
    approved = run("approve", str(kept["id"]))
    assert (approved.returncode, approved.stdout) == (0, f"withdrawal {kept['id']} is held now\n")
    rejected = run("reject", str(refused["id"]))
    assert rejected.stdout == f"withdrawal {refused['id']} is rejected now\n"
    late = run("approve", str(refused["id"]))
    assert (late.returncode, late.stdout) == (1, "")
    assert late.stderr == "stickercase: The withdrawal is rejected by now; nothing was changed.\n"
    nobody = run("reject", "404")
    assert (nobody.returncode, nobody.stderr) == (1, "stickercase: There is no withdrawal 404.\n")


def test_every_word_on_a_withdrawal_is_logged(one: Withdrawer, api: ApiProcess, database: str) -> None:
    begun = one.begun(30)
    review(api.client, begun["id"], "approve")
    command("withdrawals", "reject", str(begun["id"]), database_url=database)
    with psycopg.connect(database) as connection:
        lines = connection.execute(
            "SELECT who, action, before, after FROM operator_log WHERE subject = %s ORDER BY id",
            [f"withdrawal:{begun['id']}"],
        ).fetchall()
    me = f"service:command-line/{pwd.getpwuid(os.getuid()).pw_name}"
    assert [json.loads(json.dumps(line)) for line in lines] == [
        ["service:service", "approve_withdrawal", {"stage": "awaiting_approval"}, {"stage": "held"}],
        [me, "reject_withdrawal", {"stage": "held"}, {"stage": "rejected"}],
    ]

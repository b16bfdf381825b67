"""Taking units out over HTTP: a real API, a worker and a scheduler, and the sandbox in place of Giftly."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.api_processes import eventually
from support.databases import copied_database
from support.post_offices import Owner, PostOffice, post_office
from support.races import at_once
from support.sandboxes import GIFTLY_TOKEN


@pytest.fixture(scope="module")
def office(database_url: str, template_database: str, redis_url: str) -> Iterator[PostOffice]:
    with (
        copied_database(database_url, template_database) as url,
        tempfile.TemporaryDirectory() as folder,
        post_office(url, redis_url, Path(folder)) as office,
    ):
        yield office
        assert GIFTLY_TOKEN not in "".join(worker.err.text for worker in office.workers) + office.api.err.text


@pytest.fixture
def owner(office: PostOffice) -> Owner:
    return office.owner()


def test_a_unit_reaches_its_player(office: PostOffice, owner: Owner) -> None:
    [(item_id, state)] = owner.items
    assert state == "owned"
    name = owner.new_name()
    first = owner.ask(item_id, name, key="k")
    assert (first.status_code, first.json()["delivery"]["state"]) == (200, "requested")
    again = owner.ask(item_id, name, key="k")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    owner.until(item_id, "ordered")
    assert owner.items == [(item_id, "leaving")]
    [gift] = office.gifts_for(name)
    office.world.control(f"gifts/{gift['number']}", status="SENT")
    found = owner.until(item_id, "delivered")
    assert (found["reason"], found["way"], found["recipient"]) == (None, "gift", name)
    assert found["ended_at"] is not None
    assert owner.items == []
    assert len(office.gifts_for(name)) == 1
    assert (owner.ask(item_id, name).status_code, owner.ask(item_id, name).json()["code"]) == (409, "item_not_owned")


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_a_gift_that_fails_comes_back_and_can_be_tried_again(office: PostOffice, owner: Owner, status: str) -> None:
    [(item_id, _)] = owner.items
    name = owner.new_name()
    owner.take_out(item_id, name)
    owner.until(item_id, "ordered")
    office.world.control(f"gifts/{office.gifts_for(name)[0]['number']}", status=status)
    assert owner.until(item_id, "returned")["reason"] == status.lower()
    assert owner.items == [(item_id, "owned")]
    assert owner.take_out(item_id, name)["state"] == "requested"
    owner.until(item_id, "ordered")
    assert len(office.gifts_for(name)) == 2


@pytest.mark.parametrize("trouble", ["unknown_username", "paid_messages", "must_write_first"])
def test_who_cannot_get_a_gift_is_told_why(office: PostOffice, trouble: str) -> None:
    told = []
    for language in ("en", "ru"):
        owner = office.owner()
        [(item_id, _)] = owner.items
        name = owner.new_name()
        office.world.control("people", username=name, trouble=trouble)
        owner.take_out(item_id, name)
        owner.until(item_id, "returned")
        speaking = type(owner.player)(owner.player.telegram_id, language=language)
        found = office.client.get(owner.path(item_id), headers=speaking.headers()).json()["delivery"]
        assert (found["reason"], owner.items, office.gifts_for(name)) == (trouble, [(item_id, "owned")], [])
        told.append(found["message"])
    assert told[0].isascii()
    assert not told[1].isascii()


def test_a_lost_answer_is_a_persons_to_decide(office: PostOffice) -> None:
    for delivered, how in ((True, "http"), (False, "http"), (False, "command")):
        office.be_idle()
        owner, alarms = office.owner(), office.alarms()
        [(item_id, _)] = owner.items
        name, word = owner.new_name(), "delivered" if delivered else "returned"
        office.world.fault("giftly", "lost_answer")
        delivery_id = owner.take_out(item_id, name)["id"]
        found = owner.until(item_id, "unknown")
        assert (found["reason"], found["message"]) == (None, None)
        eventually(lambda before=alarms: office.alarms() > before, "a person is called")
        [listed] = [one for one in office.deliveries(status="unknown")["deliveries"] if one["id"] == delivery_id]
        assert (listed["why"], listed["recipient"], listed["orders"]) == ("answer_lost", name, 1)
        if how == "http":
            path = f"/deliveries/{delivery_id}/{word}"
            answers = at_once([lambda path=path: office.ask("POST", path)] * 4)
            assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
            assert {answer.json().get("code") for answer in answers} == {None, "delivery_moved"}
        else:
            assert office.command(word, str(delivery_id)) == (0, f"delivery {delivery_id} is {word}\n")
            status, told = office.command(word, str(delivery_id))
            assert (status, word in told) == (1, True), told
        assert owner.look(item_id)["state"] == word
        assert owner.items == ([] if delivered else [(item_id, "owned")])
        assert len(office.gifts_for(name)) == 1, "it was not ordered again"


def test_too_little_money_pauses_all_and_a_refill_ends_it(office: PostOffice) -> None:
    owner, alarms = office.owner(4), office.alarms()
    office.world.control("giftly", balance="99.99")
    try:
        names = {item_id: owner.new_name() for item_id, _ in owner.items}
        for item_id, name in names.items():
            owner.take_out(item_id, name)
        eventually(lambda: office.deliveries()["paused"] is not None, "the pause")
        paused = office.deliveries()["paused"]
        assert paused["why"] == "house_balance_too_low"
        assert "99.99" in paused["text"]
        assert office.figure("deliveries_paused") == 1
        eventually(lambda: office.alarms() >= alarms + 2, "a trial has failed, too")
        eventually(lambda: office.deliveries(status="requested")["delivery_count"] == 4, "all wait")
        assert [state for _, state in owner.items] == ["leaving"] * 4
    finally:
        office.world.control("giftly", balance="1000000")
    for item_id, name in names.items():
        owner.until(item_id, "ordered")
        assert len(office.gifts_for(name)) == 1
    assert office.deliveries()["paused"] is None
    assert office.figure("deliveries_paused") == 0


def test_an_operator_pauses_and_resumes(office: PostOffice, owner: Owner) -> None:
    [(item_id, _)] = owner.items
    assert office.ask("POST", "/deliveries/pause", {"reason": "Giftly is down"}).json()["paused"]["retry_at"] is None
    owner.take_out(item_id, owner.new_name())
    eventually(lambda: office.figure('tasks_due{kind="deliver_gift"}') == 0, "it was looked at")
    assert owner.look(item_id)["state"] == "requested"
    answers = [office.ask("POST", "/deliveries/resume", key="once").json() for _ in range(2)]
    assert answers == [{"status": "success", "paused": None}] * 2
    owner.until(item_id, "ordered")


def test_what_was_not_ordered_can_be_taken_back(office: PostOffice, owner: Owner) -> None:
    [(item_id, _)] = owner.items
    office.ask("POST", "/deliveries/pause", {"reason": "a test"})
    name = owner.new_name()
    delivery_id = owner.take_out(item_id, name)["id"]
    assert office.ask("POST", f"/deliveries/{delivery_id}/delivered").json()["code"] == "delivery_moved"
    assert office.ask("POST", f"/deliveries/{delivery_id}/returned").json()["delivery"]["why"] == "operator"
    office.ask("POST", "/deliveries/resume")
    assert owner.items == [(item_id, "owned")]
    assert owner.look(item_id)["message"] == "An operator has decided."
    assert office.gifts_for(name) == []


def test_stars_are_bought_once_under_a_key(office: PostOffice) -> None:
    name = f"stars_{os.getpid()}"
    body = {"username": name, "stars": 75, "reason": "a prize"}
    told = [office.ask("POST", "/stars", body, key="stars").json()["delivery"] for _ in range(3)]
    assert told[0] == told[1] == told[2]
    assert (told[0]["stars"], told[0]["reason"], told[0]["player_id"]) == (75, "a prize", None)

    def bought() -> list[int]:
        return [one["stars"] for one in office.world.state()["stars"] if one["username"] == name]

    eventually(lambda: bought() == [75], "stars are bought")

    def arrived() -> list[int]:
        return [one["id"] for one in office.deliveries(status="delivered")["deliveries"]]

    eventually(lambda: told[0]["id"] in arrived(), "the answer is written down")


def test_what_the_command_line_shows_and_does(office: PostOffice, owner: Owner) -> None:
    assert office.command("pause", "Giftly is down") == (0, "deliveries are paused\n")
    [(item_id, _)] = owner.items
    name = owner.new_name()
    delivery_id = owner.take_out(item_id, name)["id"]
    status, told = office.command("list", "--status", "requested", "--limit", "1")
    assert status == 0
    line, count, paused = told.splitlines()
    assert (line.split()[:2], count) == ([str(delivery_id), "requested"], "1 of 1 deliveries")
    assert f"for {name}" in line
    assert (paused.startswith("paused since"), paused.endswith("(until `deliveries resume`)")) == (True, True)
    status, told = office.command("show", str(delivery_id))
    assert (status, name in told, "requested" in told) == (0, True, True)
    assert office.command("show", "1")[0] == 1
    assert office.command("resume") == (0, "deliveries go on\n")
    owner.until(item_id, "ordered")
    starred = [office.command("stars", name, "60", "a prize", "--key", "k") for _ in range(2)]
    assert starred[0] == starred[1]
    assert (starred[0][0], starred[0][1].endswith(f"60 stars for {name}\n")) == (0, True)
    for wrong in (("stars", "@ann", "60", "x"), ("stars", name, "49", "x"), ("stars", name, "60", " "), ("list", "x")):
        assert office.command(*wrong)[0] == 2, wrong
    stars = [one for one in office.deliveries(limit=200)["deliveries"] if one["recipient"] == name and one["stars"]]
    assert len(stars) == 1


def test_what_cannot_be_delivered_is_refused(office: PostOffice, owner: Owner) -> None:
    bare = office.owner(gift_id=None)  # type: ignore[arg-type]  # as JSON has it
    [(item_id, _)] = bare.items
    answer = bare.ask(item_id, "somebody")
    assert (answer.status_code, answer.json()["code"], answer.json()["item_id"]) == (409, "not_deliverable", item_id)
    [(theirs, _)] = owner.items
    assert bare.ask(theirs, "somebody").json()["code"] == "item_not_owned"
    assert office.client.post(owner.path(theirs), headers=bare.player.headers()).status_code == 403
    assert office.client.get(owner.path(theirs), headers=owner.player.headers()).status_code == 404
    assert owner.ask(theirs).json()["field"] == "username"
    assert bare.items == [(item_id, "owned")]


def test_a_gift_goes_to_the_callers_own_username(office: PostOffice, owner: Owner) -> None:
    [(item_id, _)] = owner.items
    name = owner.new_name()
    own = owner.player.headers_of(username=name)
    wrong = office.client.post(owner.path(item_id), json={"username": "somebody_else"}, headers=own)
    assert (wrong.status_code, wrong.json()["field"]) == (400, "username")
    told = office.client.post(owner.path(item_id), headers=own).json()["delivery"]
    assert told["recipient"] == name
    owner.until(item_id, "ordered")
    assert len(office.gifts_for(name)) == 1


def test_a_blocked_player_may_take_out(office: PostOffice, owner: Owner) -> None:
    [(item_id, _)] = owner.items
    assert office.ask("POST", f"/players/{owner.player.telegram_id}/block").status_code == 200
    owner.take_out(item_id, owner.new_name())
    owner.until(item_id, "ordered")


def test_an_item_asked_for_by_many_leaves_once(office: PostOffice, owner: Owner) -> None:
    [(item_id, _)] = owner.items
    name = owner.new_name()
    answers = at_once([lambda: owner.ask(item_id, name)] * 12)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    owner.until(item_id, "ordered")
    sold = {"telegram_id": owner.player.telegram_id, "id": item_id}
    refused = office.client.post("/api/packs/sell", json=sold, headers=owner.player.headers())
    assert refused.json()["code"] == "item_not_owned"
    assert len(office.gifts_for(name)) == 1

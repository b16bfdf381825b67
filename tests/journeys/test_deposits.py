"""Deposits over HTTP: a real API, a worker and a scheduler, and the sandbox in place of TonConsole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from stickercase.domain.use_cases.create_invoice import FIRST_LOOK
from stickercase.domain.use_cases.read_notice import NOTICE
from support.api_processes import (
    SECRETS,
    WEBHOOK_UUID,
    ApiProcess,
    Running,
    Tell,
    api_settings,
    environment,
    eventually,
)
from support.databases import copied_database
from support.players import Operator, Player
from support.races import at_once
from support.sandboxes import NANO, TONCONSOLE_TOKEN, Outside, outside

HOOKED = 'stickercase_http_requests_total{{method="{}",route="/webhook/tonconsole/{{uuid}}",status="{}"}}'
HOOK = f"/webhook/tonconsole/{WEBHOOK_UUID}"


@dataclass
class House:
    """The product with one worker, and what is outside."""

    api: ApiProcess
    outside: Outside
    worker: Running
    scheduler: Running
    url: str

    @property
    def told(self) -> str:
        """All that the processes wrote, and the metrics."""
        processes = (self.api, self.worker, self.scheduler)
        return self.client.get("/metrics").text + "".join(one.err.text + one.out.text for one in processes)

    @property
    def client(self) -> httpx.Client:
        return self.api.client

    def depositor(self) -> Depositor:
        return Depositor(self, Operator(self.client).new_player("1"))


@dataclass
class Depositor:
    """A player at the till."""

    house: House
    player: Player

    def post(self, rest: str, body: Any = None) -> httpx.Response:
        path = f"/api/wallet/{self.player.telegram_id}/{rest}"
        return self.house.client.post(path, json=body, headers=self.player.headers())

    def invoice(self, **body: Any) -> str:
        answer = self.post("create-invoice", body or None)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["invoice_id"])

    def pay(self, invoice_id: str, ton: float) -> None:
        self.house.outside.control(f"invoices/{invoice_id}/pay", amount=str(int(ton * NANO)))

    @property
    def balance(self) -> float:
        answer = self.house.client.get(self.player.path(), headers=self.player.headers())
        return float(answer.json()["user"]["balance"])

    def has(self, balance: float, seconds: float = 40) -> None:
        eventually(lambda: self.balance == balance, f"a balance of {balance}", seconds)


@pytest.fixture(scope="module")
def house(database_url: str, template_database: str, redis_url: str) -> Iterator[House]:
    with ExitStack() as stack:
        url = stack.enter_context(copied_database(database_url, template_database))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = stack.enter_context(outside(folder))
        vendor = {"tonconsole_url": world.tonconsole_url, "tonconsole_token": TONCONSOLE_TOKEN}
        api = stack.enter_context(ApiProcess(url, redis_url, **vendor))
        words = ("worker", "scheduler")
        env = environment(**(api_settings(url, redis_url) | vendor))
        worker, scheduler = [stack.enter_context(Running([word], env)) for word in words]
        for word, running in zip(words, (worker, scheduler), strict=True):
            running.err.line_with(f'"{word}_ready"')
        yield House(api, world, worker, scheduler, url)
        Operator(api.client).assert_every_law_held()


def test_an_invoice_is_open_until_it_is_paid(house: House) -> None:
    one = house.depositor()
    first = one.post("create-invoice/").json()
    assert first.keys() >= {"message", "address_to_pay", "invoice_id", "payment_link", "expires_at"}
    assert (first["message"], first["amount"]) == ("Invoice created", 1.0)
    assert first["address_to_pay"].startswith("UQ")
    assert one.post("create-invoice", {"amount": "7.5"}).json() == first
    waiting = one.post("check-deposit")
    assert (waiting.status_code, waiting.json()["code"]) == (400, "invoice_not_paid")
    assert waiting.json()["invoice_status"] == "pending"
    one.pay(first["invoice_id"], 1)
    for _ in range(3):
        paid = one.post("check-deposit/")
        assert (paid.status_code, paid.json()) == (
            200,
            {"message": "Invoice is paid", "status": "paid", "new_balance": 2.0},
        )
    lines = house.client.get(one.player.path("/transactions"), headers=one.player.headers(), params={"type": "Deposit"})
    [line] = lines.json()["transactions"]
    assert (line["data"]["price"], line["data"]["status"]) == (1.0, "paid")
    assert one.invoice() != first["invoice_id"]


def test_what_is_above_the_amount_counts(house: House) -> None:
    one = house.depositor()
    one.pay(one.invoice(amount=2), 5.25)
    assert one.post("check-deposit").json()["new_balance"] == 6.25


def test_a_deposit_below_the_least_is_refused(house: House) -> None:
    one = house.depositor()
    answer = one.post("create-invoice", {"amount": "0.99"})
    assert (answer.status_code, answer.json()["code"], answer.json()["least"]) == (400, "deposit_too_small", 1.0)
    assert one.post("create-invoice", {"amount": "x"}).json()["code"] == "invalid_request"
    assert one.post("check-deposit").status_code == 404


def test_nobody_else_sees_a_deposit(house: House) -> None:
    one, other = house.depositor(), house.depositor()
    for rest in ("create-invoice", "check-deposit"):
        path = f"/api/wallet/{one.player.telegram_id}/{rest}"
        assert house.client.post(path, headers=other.player.headers()).status_code == 403


def test_a_webhook_has_the_deposit_credited_without_a_check(house: House) -> None:
    one = house.depositor()
    invoice_id = one.invoice()
    one.pay(invoice_id, 1)
    assert house.client.post(f"{HOOK}/", json={"id": invoice_id}).json() == {"status": "success"}
    one.has(2.0, FIRST_LOOK.total_seconds() / 2)  # long before the worker would look by itself
    assert house.worker.err.count(f'"{NOTICE}"') == 0, "something went wrong with a notice"


def test_a_lost_webhook_is_made_up_for(house: House) -> None:
    one = house.depositor()
    one.pay(one.invoice(), 3)
    one.has(4.0)


def test_a_lying_webhook_credits_nothing(house: House) -> None:
    one = house.depositor()
    invoice_id = one.invoice()
    lies = [
        {"id": invoice_id, "status": "paid", "amount": "999000000000", "overpayment": "5000000000"},
        {"id": "no-such-invoice", "status": "paid", "amount": "1"},
        {"id": 7, "status": "paid"},
        {"status": "paid"},
        {},
        [],
        None,
    ]
    for lie in lies:
        assert house.client.post(HOOK, content=json.dumps(lie)).status_code == 200
    waiting = one.post("check-deposit")
    assert waiting.status_code == 400
    assert one.balance == 1.0


def test_every_order_of_knocks_looks_and_checks_credits_what_was_paid(house: House, tell: Tell) -> None:
    dice, people = Random(5), [house.depositor() for _ in range(8)]
    owed: list[float] = []
    jobs = []
    for one in people:
        invoice_id = one.invoice()
        paid = dice.choice([1, 2.5, 4])
        one.pay(invoice_id, paid)
        owed.append(1.0 + paid)
        jobs += [lambda i=invoice_id: house.client.post(HOOK, json={"id": i, "status": "pending"}).status_code] * 10
        jobs += [lambda o=one: o.post("check-deposit").status_code] * 5
    dice.shuffle(jobs)
    statuses = [status for start in range(0, len(jobs), 20) for status in at_once(jobs[start : start + 20])]
    assert set(statuses) == {200}
    for one, balance in zip(people, owed, strict=True):
        one.has(balance)
    credited = sum(one.balance for one in people) - len(people)
    tell(f"{len(people)} invoices, {len(jobs)} knocks and checks, credited {credited} of {sum(owed) - len(owed)}")


def test_late_money_is_credited(house: House) -> None:
    one = house.depositor()
    invoice_id = one.invoice()
    house.outside.control(f"invoices/{invoice_id}/expire")
    one.pay(invoice_id, 2)
    assert one.post("check-deposit").json()["invoice_status"] == "expired"
    assert one.balance == 3.0


@pytest.mark.parametrize("kind", ["error", "garbage", "timeout"])
def test_a_broken_provider_is_503_and_nothing_is_lost(house: House, kind: str) -> None:
    one = house.depositor()
    invoice_id = one.invoice()
    one.pay(invoice_id, 1)
    house.outside.fault("tonconsole", kind, 40)
    answer = one.post("check-deposit")
    assert (answer.status_code, answer.json()["status"]) == (503, "error")
    house.outside.client.delete("/control/faults")
    one.has(2.0)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/webhook/tonconsole/00000000-0000-0000-0000-000000000000", b"{}", 404),
        ("POST", "/webhook/tonconsole/", b"{}", 404),
        ("GET", HOOK, b"", 405),
        ("POST", HOOK, b"", 400),
        ("POST", HOOK, b"{" + b'"a":' * 5000, 400),
        ("POST", HOOK, b'{"id": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_bad_knock_is_refused(house: House, method: str, path: str, body: bytes, status: int) -> None:
    answer = house.client.request(method, path, content=body)
    assert answer.status_code == status
    told = answer.json()
    assert told["status"] == "error"
    line = json.loads(house.api.err.line_with(answer.headers["x-request-id"]))
    told_of = (line["event"], line["method"], line["route"], line["status"], line["code"])
    assert told_of == ("request", method, "/webhook/tonconsole/{uuid}", status, told["code"])
    assert HOOKED.format(method, status) in house.client.get("/metrics").text


def test_a_wrong_token_is_503_and_names_the_setting_in_the_log(house: House, redis_url: str) -> None:
    one = house.depositor()
    stale = {"tonconsole_url": house.outside.tonconsole_url, "tonconsole_token": "a-stale-token-nobody-may-read"}
    with ApiProcess(house.url, redis_url, **stale) as api:
        answer = api.client.post(f"/api/wallet/{one.player.telegram_id}/create-invoice", headers=one.player.headers())
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        line = json.loads(api.err.line_with('"vendor_unavailable"'))
        assert (line["level"], "STICKERCASE_TONCONSOLE_TOKEN" in line["why"]) == ("error", True)
        assert "nobody-may-read" not in answer.text + api.err.text + api.client.get("/metrics").text


def test_no_process_tells_a_secret(house: House) -> None:
    """A deposit in good and bad days; then every line of every process is searched."""
    one = house.depositor()
    invoice_id = one.invoice()
    house.outside.fault("tonconsole", "garbage", 9)
    assert one.post("check-deposit").status_code == 503
    one.pay(invoice_id, 1)
    assert house.client.post(HOOK, json={"id": invoice_id}).status_code == 200
    failed = json.loads(house.worker.err.line_with(invoice_id))
    assert (failed["event"], failed["subject"]) == ("task_failed", invoice_id)
    house.outside.client.delete("/control/faults")
    one.has(2.0)
    house.api.err.line_with('"/webhook/tonconsole/{uuid}"')
    [credential] = one.player.headers().values()
    needles = {*SECRETS, TONCONSOLE_TOKEN, credential, parse_qs(credential)["hash"][0], "Traceback"}
    assert [needle for needle in needles if needle in house.told] == []

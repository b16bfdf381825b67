"""TonConsole's adapter before a TonConsole that fails in every way, and before one that answers oddly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stickercase.adapters.tonconsole.payments import TonConsolePayments
from stickercase.domain.wallet.invoices import InvoiceStatus, Sighting
from stickercase.ports.failures import AnswerLost, TokenRefused, Unintelligible, VendorUnavailable
from support.clock import NOON, FixedClock
from support.http_answers import answering as somebody
from support.sandboxes import NANO, TONCONSOLE_TOKEN, VENDOR_FAULTS, Outside, outside

SETTING = "STICKERCASE_TONCONSOLE_TOKEN"
ADDRESS = "0:" + "ab" * 32
NOW = int(NOON.timestamp())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as world:
        yield world


def payments(world: Outside, token: str = TONCONSOLE_TOKEN, seconds: float = 5.0) -> TonConsolePayments:
    return TonConsolePayments(world.tonconsole_url, token, world.clock, token_setting=SETTING, seconds=seconds)


def calls(payments: TonConsolePayments, invoice_id: str) -> dict[str, Any]:
    return {
        "create": lambda: payments.create_invoice(NANO, 3600, "a deposit"),
        "get": lambda: payments.invoice(invoice_id),
        "cancel": lambda: payments.cancel(invoice_id),
    }


@pytest.mark.parametrize("call", ["create", "get", "cancel"])
@pytest.mark.parametrize(
    ("kind", "failure"),
    VENDOR_FAULTS,
)
def test_every_fault_of_every_call_is_a_failure_with_one_name(
    world: Outside, call: str, kind: str, failure: type[Exception]
) -> None:
    made = payments(world).create_invoice(NANO, 3600, "a deposit")
    seconds = 0.3 if kind == "timeout" else 5.0
    impatient = payments(world, seconds=seconds)
    world.fault("tonconsole", kind, count=9, seconds=3)
    with pytest.raises(VendorUnavailable) as failed:
        calls(impatient, made.id)[call]()
    assert type(failed.value) is failure
    assert TONCONSOLE_TOKEN not in str(failed.value)
    world.client.delete("/control/faults")
    assert payments(world).invoice(made.id) is not None


@pytest.mark.parametrize("kind", ["error", "lost_answer"])
def test_a_look_is_repeated_until_it_succeeds(world: Outside, kind: str) -> None:
    made = payments(world).create_invoice(NANO, 3600, "a deposit")
    world.fault("tonconsole", kind, count=2)
    assert payments(world).invoice(made.id) == Sighting(made.id, InvoiceStatus.PENDING, NANO)
    assert world.state()["faults"] == []


def test_a_look_is_repeated_twice_and_no_more(world: Outside) -> None:
    world.fault("tonconsole", "error", count=9)
    with pytest.raises(VendorUnavailable, match="500"):
        payments(world).invoice("x")
    assert [fault["count"] for fault in world.state()["faults"]] == [6]


def test_a_time_out_is_not_waited_for_twice(world: Outside) -> None:
    world.fault("tonconsole", "timeout", count=9, seconds=3)
    with pytest.raises(AnswerLost):
        payments(world, seconds=0.3).invoice("x")
    assert [fault["count"] for fault in world.state()["faults"]] == [8]


@pytest.mark.parametrize("call", ["create", "cancel"])
def test_what_changes_something_is_sent_once(world: Outside, call: str) -> None:
    made = payments(world).create_invoice(NANO, 3600, "a deposit")
    world.fault("tonconsole", "lost_answer", count=9)
    with pytest.raises(AnswerLost):
        calls(payments(world), made.id)[call]()
    state = world.state()
    assert [fault["count"] for fault in state["faults"]] == [8]
    assert len(state["invoices"]) == (2 if call == "create" else 1)


def test_a_slow_answer_within_the_time_is_an_answer(world: Outside) -> None:
    world.fault("tonconsole", "delay", seconds=0.4)
    assert payments(world).create_invoice(NANO, 3600, "a deposit").amount_nano == NANO


@pytest.mark.parametrize("call", ["create", "get", "cancel"])
def test_a_wrong_token_names_the_setting_and_not_the_secret(world: Outside, call: str) -> None:
    made = payments(world).create_invoice(NANO, 3600, "a deposit")
    with pytest.raises(TokenRefused, match=SETTING) as refused:
        calls(payments(world, token="a-stale-secret"), made.id)[call]()
    assert "a-stale-secret" not in str(refused.value)


def test_nobody_there_is_a_failure_after_which_nothing_happened(world: Outside, tmp_path: Path) -> None:
    with outside(tmp_path / "other") as gone:
        url = gone.tonconsole_url
    there_was = TonConsolePayments(url, TONCONSOLE_TOKEN, world.clock)
    for call in calls(there_was, "x").values():
        with pytest.raises(VendorUnavailable) as failed:
            call()
        assert type(failed.value) is VendorUnavailable


@contextmanager
def answering(status: int, body: bytes) -> Iterator[TonConsolePayments]:
    """The adapter before somebody who always answers this."""
    with somebody(status, body) as url:
        yield TonConsolePayments(f"{url}/", "a token", FixedClock())


# The reference's webhook has this shape; so has an answer of the API.
REFERENCE = {
    "id": "a1",
    "status": "paid",
    "amount": "1000000000",
    "description": "string",
    "date_create": 1234567890,
    "date_expire": 1234567890,
    "date_change": 1234567890,
    "payment_link": "https://pay.example/a1",
    "pay_to_address": ADDRESS,
    "paid_by_address": ADDRESS,
    "overpayment": "5",
}


def changed(**fields: Any) -> bytes:
    """The reference's invoice with these fields, without those that are ``...``."""
    return json.dumps({name: value for name, value in (REFERENCE | fields).items() if value is not ...}).encode()


def test_the_reference_s_invoice_is_read() -> None:
    with answering(200, changed()) as payments:
        assert payments.invoice("a1") == Sighting("a1", InvoiceStatus.PAID, NANO, 5)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"overpayment": ...}, Sighting("a1", InvoiceStatus.PAID, NANO)),
        ({"overpayment": None}, Sighting("a1", InvoiceStatus.PAID, NANO)),
        ({"overpayment": ""}, Sighting("a1", InvoiceStatus.PAID, NANO)),
        ({"overpayment": "0"}, Sighting("a1", InvoiceStatus.PAID, NANO)),
        ({"a_new_field": [1, {"x": None}]}, Sighting("a1", InvoiceStatus.PAID, NANO, 5)),
        ({"status": "expired", "overpayment": "7"}, Sighting("a1", InvoiceStatus.EXPIRED, NANO, 7)),
        ({"status": "PENDING", "overpayment": ...}, Sighting("a1", InvoiceStatus.PENDING, NANO)),
        ({"amount": 1000000000}, Sighting("a1", InvoiceStatus.PAID, NANO, 5)),
        (
            {name: ... for name in REFERENCE if name not in ("id", "status", "amount")},
            Sighting("a1", InvoiceStatus.PAID, NANO),
        ),
    ],
)
def test_fields_may_be_missing_or_new(fields: dict[str, Any], seen: Sighting) -> None:
    with answering(200, changed(**fields)) as payments:
        assert payments.invoice("a1") == seen


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>502</html>",
        b'{"id": "\xff"}',
        b"[" * 100_000,
        changed(status="refunded"),
        changed(status=...),
        changed(amount=...),
        changed(amount="1.5"),
        changed(amount="-1"),
        changed(amount=1.5),
        changed(overpayment="1e9"),
        changed(amount="9" * 5000),
        changed(id="another"),
        b'{"id": "a1", "status": "paid", "amount": "1", "pad": "' + b"x" * 1_100_000 + b'"}',
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
def test_what_makes_no_sense_is_unintelligible(body: bytes) -> None:
    with answering(200, body) as payments, pytest.raises(Unintelligible):
        payments.invoice("a1")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"date_expire": NOW + 3000}, 3000),
        ({"date_expire": 1000 * NOW + 3000_500}, 3000.5),
        ({"date_expire": ..., "date_create": NOW + 5}, 3605),
        ({"date_expire": ..., "date_create": ...}, 3600),
        ({"date_expire": 0}, 3600),
        ({"date_expire": 1234567890}, 3600),
        ({"date_expire": NOW}, 3600),
        ({"date_expire": NOW + 7200}, 7200),
        ({"date_expire": NOW + 7201}, 3600),
        ({"date_expire": 253_402_300_799_000}, 3600),
        ({"date_expire": ..., "date_create": 0}, 3600),
    ],
)
def test_dates_are_seconds_or_milliseconds_or_missing_or_not_meant(fields: dict[str, Any], seconds: float) -> None:
    expires_at = NOON + timedelta(seconds=seconds)
    with answering(201, changed(status="pending", overpayment=..., **fields)) as payments:
        made = payments.create_invoice(NANO, 3600, "a deposit")
    assert (made.expires_at, made.pay_to.raw, made.payment_link) == (expires_at, ADDRESS, "https://pay.example/a1")


@pytest.mark.parametrize(
    "fields",
    [{"payment_link": ...}, {"pay_to_address": "0:ab"}, {"pay_to_address": None}, {"amount": "5"}, {"date_expire": -1}],
)
def test_an_invoice_that_cannot_be_handed_on_is_a_failure(fields: dict[str, Any]) -> None:
    with answering(200, changed(**fields)) as payments, pytest.raises(Unintelligible):
        payments.create_invoice(NANO, 3600, "a deposit")


@pytest.mark.parametrize("status", [301, 302, 400, 418, 422])
def test_other_answers_are_unintelligible_and_redirections_are_not_followed(status: int) -> None:
    with answering(status, b"{}") as payments:
        for call in (lambda: payments.create_invoice(NANO, 3600, "x"), lambda: payments.invoice("a1")):
            with pytest.raises(Unintelligible, match=str(status)):
                call()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_there_is_trouble(status: int) -> None:
    with answering(status, b"") as payments, pytest.raises(VendorUnavailable, match=str(status)) as failed:
        payments.create_invoice(NANO, 3600, "x")
    assert type(failed.value) is VendorUnavailable

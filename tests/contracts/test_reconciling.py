"""A reconciliation finds whatever is made not to fit, on every store, with the vendors behind real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from stickercase.domain.gifts.deliveries import Stage
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.reports import Section, Verdict
from support.breaches import BREACHES
from support.reconciling import Reconciling
from support.sandboxes import Outside, outside
from support.shops import open_shop
from support.worlds import World

SECTIONS = ["ledger", "stock", "draws", "invoices", "deliveries"]
BY_HAND = {"ledger": "a deposit forgotten", "stock": "a unit miscounted", "draws": "another roll"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    with outside(folder) as running:
        yield running


@pytest.fixture
def house(world: World, sandbox: Outside) -> Iterator[Reconciling]:
    yield Reconciling(world, sandbox)
    sandbox.client.delete("/control/faults")


def only(section: Section) -> str:
    """The one finding."""
    assert (section.finding_count, section.unchecked) == (1, ""), section
    return section.findings[0]


def test_a_clean_house_is_well(house: Reconciling) -> None:
    for late in (house.invoice(), house.invoice(days=20)):
        house.pay(late, 6 * NANO)
        house.look(late)
    house.invoice()
    house.ended("SENT")
    house.ended("FAILED")
    house.ordered()
    filed = house.file()
    assert filed.report.verdict is Verdict.WELL, filed.report.told
    assert [section.name for section in filed.report.sections] == SECTIONS
    checked = {section.name: section.checked for section in filed.report.sections}
    assert (checked["invoices"], checked["deliveries"]) == (3, 3)
    assert checked["draws"] >= 3 < checked["ledger"]
    assert house.world.office.reports(9, None) == (1, [filed])


# --- invoices


def test_an_invoice_that_the_provider_does_not_know_is_found(house: Reconciling) -> None:
    stranger = house.keep(str(uuid.uuid4()))
    assert only(house.section("invoices")) == f"invoice {stranger.id} is unknown at the provider"


def test_an_amount_that_the_provider_remembers_otherwise_is_found(house: Reconciling) -> None:
    one = house.invoice(4 * NANO, told_nano=5 * NANO)
    house.pay(one, 5 * NANO)
    told = only(house.section("invoices"))
    assert told == f"invoice {one.id} was made for 4.000000000 TON, and the provider says 5.000000000 TON"
    assert house.credited(one) == 0


def test_money_that_was_credited_and_never_came_is_found(house: Reconciling) -> None:
    one = house.invoice()
    house.believe(one)
    told = only(house.section("invoices"))
    assert told == f"invoice {one.id} was credited 5.000000000 TON, and the provider received 0.000000000 TON"


def test_money_that_came_after_the_watch_is_credited_once_and_told_once(house: Reconciling) -> None:
    one = house.invoice(days=9)
    house.pay(one, 7 * NANO)
    told = only(house.section("invoices"))
    assert told.startswith(f"invoice {one.id} was paid 7.000000000 TON more when nobody watched it")
    assert house.credited(one) == 7 * NANO
    assert house.report().verdict is Verdict.WELL
    assert house.credited(one) == 7 * NANO


def test_money_that_somebody_else_credits_meanwhile_is_credited_once_and_no_finding(house: Reconciling) -> None:
    one = house.invoice(days=9)
    house.pay(one, 7 * NANO)
    house.while_asked = lambda: house.look(one)
    assert house.section("invoices").verdict is Verdict.WELL
    assert house.credited(one) == 7 * NANO


def test_money_of_an_invoice_that_is_watched_is_credited_and_no_finding(house: Reconciling) -> None:
    one = house.invoice(days=7)
    house.pay(one, 5 * NANO)
    assert house.section("invoices").verdict is Verdict.WELL
    assert house.credited(one) == 5 * NANO


def test_only_what_lies_within_the_span_is_asked_about(house: Reconciling) -> None:
    house.keep(str(uuid.uuid4()), days=31)
    assert house.section("invoices").checked == 0
    assert house.section("invoices", timedelta(days=32)).finding_count == 1


# --- deliveries


@pytest.mark.parametrize(
    ("ended", "later", "told"),
    [
        ("SENT", "FAILED", "is delivered here, and the shop says FAILED"),
        ("SENT", "PENDING", "is delivered here, and the shop says PENDING"),
        ("FAILED", "SENT", "is returned here, and the shop says SENT: its player has the unit and the gift"),
        ("EXPIRED", "PROCESSING", "is returned here, and the shop says PROCESSING: it may still arrive"),
    ],
)
def test_a_delivery_that_ended_otherwise_at_the_shop_is_found(
    house: Reconciling, ended: str, later: str, told: str
) -> None:
    one = house.ended(ended)
    house.shop_says(one, later)
    assert only(house.section("deliveries")) == f"delivery {one} {told}"


def test_an_order_that_the_shop_has_forgotten_contradicts_nothing_that_ended(house: Reconciling) -> None:
    for ended in ("SENT", "FAILED"):
        house.shop_says(house.ended(ended), "NOT_FOUND")
    section = house.section("deliveries")
    assert (section.verdict, section.checked) == (Verdict.WELL, 2)


def test_a_delivery_that_nobody_looks_at_any_more_is_found(house: Reconciling) -> None:
    one = house.ordered()
    house.shop_says(one, "SENT")
    house.world.clock.pass_time(hours=26)
    assert house.section("deliveries").verdict is Verdict.WELL
    house.world.clock.pass_time(hours=1)
    told = only(house.section("deliveries"))
    assert told == f"delivery {one} is still ordered here, and the shop says SENT: nobody looks at it"


def test_unknown_deliveries_are_counted_and_what_the_shop_says_now_is_told(house: Reconciling) -> None:
    one, other = house.ended("NOT_FOUND"), house.ended("NOT_FOUND")
    assert house.post.stage(one) is Stage.UNKNOWN
    assert only(house.section("deliveries")).startswith("2 wait for a person's word, the oldest since 2025-06-01T12:00")
    house.shop_says(other, "SENT")
    assert house.section("deliveries").finding_count == 1  # a worker still looks at its number
    house.world.clock.pass_time(hours=72)
    section = house.section("deliveries")
    assert (section.finding_count, section.findings[1]) == (
        2,
        f"delivery {other} waits for a person, and the shop says SENT",
    )


# --- the house itself


@pytest.mark.parametrize("name", BY_HAND)
def test_a_broken_law_is_found(house: Reconciling, name: str) -> None:
    player = open_shop(house.world).player()
    house.world.adjust(player, NANO)
    one = house.invoice()
    house.believe(one)
    house.pay(one, 5 * NANO)
    house.world.tamper(BY_HAND[name])
    section = house.section(name)
    assert section.verdict is Verdict.FINDINGS
    assert any(told.startswith(f"{BREACHES[BY_HAND[name]]} is broken 1 times in") for told in section.findings)


# --- vendors that are away


def test_a_vendor_that_is_away_is_said_and_hides_nothing_else(house: Reconciling) -> None:
    house.invoice()
    one = house.ended("FAILED")
    house.shop_says(one, "SENT")
    house.outside.fault("tonconsole", "error", count=3)
    report = house.report()
    sections = {section.name: section for section in report.sections}
    assert sections["invoices"].verdict is Verdict.UNCHECKED
    assert sections["invoices"].unchecked == "0 of 1 were checked: TonConsole answered 500"
    assert sections["deliveries"].finding_count == 1
    assert report.verdict is Verdict.FINDINGS
    assert "invoices: not all was checked" in report.told
    assert house.section("invoices").verdict is Verdict.WELL


def test_an_answer_that_nobody_understands_leaves_the_others_to_be_checked(house: Reconciling) -> None:
    house.invoice(days=3)
    house.keep(str(uuid.uuid4()), days=2)
    house.invoice(days=1)
    house.outside.fault("tonconsole", "garbage")  # the newest invoice is asked about first
    section = house.section("invoices")
    assert (section.checked, section.finding_count) == (2, 1)
    assert section.unchecked.startswith("2 of 3 were checked: TonConsole answered what its documents do not describe")


def test_a_token_that_is_refused_is_said_at_once(world: World, sandbox: Outside) -> None:
    house = Reconciling(world, sandbox)
    house.invoice()
    house.invoice()
    house.tonconsole_token = "another"
    section = house.section("invoices")
    assert (section.verdict, section.checked) == (Verdict.UNCHECKED, 0)
    assert section.unchecked == "0 of 2 were checked: TonConsole does not accept the token"

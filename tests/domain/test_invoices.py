"""Invoices: whatever the provider says, how often and in which order, the player is credited the truth once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.wallet.invoices import (
    RANK,
    WATCHED_AFTER_EXPIRY,
    BadSighting,
    Invoice,
    InvoiceStatus,
    Settlement,
    Sighting,
    credited_total,
    invoice_amount,
    moment,
    nanotons,
    settle,
)
from stickercase.domain.wallet.refusals import DepositTooSmall
from support.clock import NOON

PENDING, CANCELLED, EXPIRED, PAID = InvoiceStatus
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
OPEN = Invoice("i", 7, 1000, NOON, NOON + DAY)


def seen(status: InvoiceStatus, overpayment: int = 0, amount: int = 1000) -> Sighting:
    return Sighting("i", status, amount, overpayment)


def credited(sightings: list[Sighting]) -> tuple[Invoice, list[int]]:
    """The invoice after all sightings, and what each credited."""
    known, given_out = OPEN, []
    for sighting in sightings:
        settlement = settle(known, sighting)
        known = settlement.after
        given_out.append(settlement.credit_nano)
    return known, given_out


@pytest.mark.parametrize(
    ("sighting", "total"),
    [
        (seen(PENDING), 0),
        (seen(PAID), 1000),
        (seen(PAID, 1), 1001),
        (seen(EXPIRED), 0),
        (seen(EXPIRED, 999), 999),
        (seen(CANCELLED, 5000), 5000),
        (seen(PENDING, 7), 7),
    ],
)
def test_what_a_sighting_is_worth(sighting: Sighting, total: int) -> None:
    assert credited_total(sighting) == total
    assert credited([sighting])[1] == [total]


def test_a_later_increase_is_credited_as_the_difference() -> None:
    after, given_out = credited([seen(PAID), seen(PAID), seen(PAID, 30), seen(PAID, 30), seen(PAID, 50)])
    assert given_out == [1000, 0, 30, 0, 20]
    assert (after.status, after.credited_nano) == (PAID, 1050)


def test_late_money_counts_although_the_invoice_stays_expired() -> None:
    after, given_out = credited([seen(PENDING), seen(EXPIRED), seen(EXPIRED, 1000), seen(EXPIRED, 1500)])
    assert given_out == [0, 0, 1000, 500]
    assert after.status is EXPIRED


def test_the_same_money_under_another_status_is_credited_once() -> None:
    assert credited([seen(EXPIRED, 1000), seen(PAID, 0)])[1] == [1000, 0]
    assert credited([seen(EXPIRED, 1200), seen(PAID, 200), seen(EXPIRED, 1200)])[1] == [1200, 0, 0]


def test_an_old_sighting_takes_nothing_back() -> None:
    after, given_out = credited([seen(PAID, 5), seen(PENDING), seen(PAID)])
    assert given_out == [1005, 0, 0]
    assert (after.status, after.credited_nano) == (PAID, 1005)


def test_nothing_becomes_pending_again() -> None:
    assert sorted(RANK, key=RANK.__getitem__) == [PENDING, CANCELLED, EXPIRED, PAID]
    for status in InvoiceStatus:
        for later in InvoiceStatus:
            after, _ = credited([seen(status), seen(later)])
            assert after.status is max(status, later, key=RANK.__getitem__)


@st.composite
def histories(draw: st.DrawFn) -> list[Sighting]:
    """What the provider would say as time goes by: pending, then one final status, the money only growing."""
    final = draw(st.sampled_from([CANCELLED, EXPIRED, PAID]))
    growing = sorted(draw(st.lists(st.integers(0, 10**12), min_size=1, max_size=6)))
    return [seen(PENDING)] * draw(st.integers(0, 2)) + [seen(final, overpayment) for overpayment in growing]


@given(histories(), st.data())
def test_the_sum_of_credits_is_the_latest_truth_in_any_order(history: list[Sighting], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=6))
    after, given_out = credited(data.draw(st.permutations(history + again)))
    truth = history[-1]
    paid = truth.amount_nano if truth.status is PAID else 0
    assert sum(given_out) == after.credited_nano == paid + truth.overpayment_nano
    assert after.status is truth.status
    assert min(given_out) >= 0


SIGHTINGS = st.builds(seen, st.sampled_from(InvoiceStatus), st.integers(0, 3000))


@given(st.lists(SIGHTINGS, max_size=8), st.data())
def test_whatever_is_said_order_and_repetition_make_no_difference(said: list[Sighting], data: st.DataObject) -> None:
    """Even where the provider contradicts itself."""
    once = credited(said)[0]
    again = data.draw(st.lists(st.sampled_from(said), max_size=4)) if said else []
    assert credited(data.draw(st.permutations(said + again)))[0] == once


@given(st.lists(SIGHTINGS, max_size=8), SIGHTINGS)
def test_a_sighting_settles_once_and_credits_never_fall(said: list[Sighting], more: Sighting) -> None:
    known = credited(said)[0]
    first = settle(known, more)
    assert first.after.credited_nano == known.credited_nano + first.credit_nano >= known.credited_nano
    assert settle(first.after, more) == Settlement(0, first.after)


def test_a_sighting_of_another_amount_credits_nothing_and_alarms() -> None:
    settlement = settle(OPEN, seen(PAID, 5, amount=1001))
    assert (settlement.credit_nano, settlement.after) == (0, OPEN)
    assert settlement.alarm == "the provider says 1001 nanotons where the invoice was made for 1000"
    assert settle(OPEN, seen(PAID, 5)).alarm is None


def test_a_sighting_of_another_invoice_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="another invoice"):
        settle(OPEN, Sighting("j", PAID, 1000))


@pytest.mark.parametrize(("amount", "overpayment"), [(-1, 0), (0, -1), (10**18 + 1, 0), (0, 10**18 + 1)])
def test_absurd_amounts_are_refused(amount: int, overpayment: int) -> None:
    with pytest.raises(BadSighting):
        Sighting("i", PAID, amount, overpayment)


@pytest.mark.parametrize(
    ("status", "now", "is_open"),
    [
        (PENDING, NOON, True),
        (PENDING, NOON + DAY - TICK, True),
        (PENDING, NOON + DAY, False),
        (PAID, NOON, False),
        (EXPIRED, NOON, False),
        (CANCELLED, NOON, False),
    ],
)
def test_an_invoice_is_open_until_it_ends(status: InvoiceStatus, now: datetime, is_open: bool) -> None:
    assert settle(OPEN, seen(status)).after.is_open(now) is is_open


@pytest.mark.parametrize("status", InvoiceStatus)
def test_every_invoice_is_watched_for_seven_days_after_its_expiry(status: InvoiceStatus) -> None:
    invoice, end = settle(OPEN, seen(status)).after, OPEN.expires_at + WATCHED_AFTER_EXPIRY
    assert timedelta(days=7) == WATCHED_AFTER_EXPIRY
    assert (invoice.is_watched(end), invoice.is_watched(end + TICK)) == (True, False)


@pytest.mark.parametrize(("wished", "amount"), [(None, 1000), (1000, 1000), (1001, 1001), (999, DepositTooSmall(1000))])
def test_an_invoice_is_for_the_wish_or_the_least_deposit(wished: int | None, amount: int | DepositTooSmall) -> None:
    assert invoice_amount(wished, 1000) == amount


# As the provider writes


@given(st.integers(0, 10**18))
def test_amounts_are_texts_of_nanotons(amount: int) -> None:
    assert nanotons(str(amount)) == amount


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e9", " 1", "1\n", "1_0", "٣", "x", str(10**18 + 1), "9" * 5000]
)
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(BadSighting):
        nanotons(text)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1748779200, NOON),
        (1748779200000, NOON),
        (1748779200.5, NOON + timedelta(milliseconds=500)),
        (1748779200123, NOON + timedelta(milliseconds=123)),
        (10**11, datetime(5138, 11, 16, 9, 46, 40, tzinfo=UTC)),
        (10**11 + 1, datetime(1973, 3, 3, 9, 46, 40, 1000, tzinfo=UTC)),
    ],
)
def test_dates_are_seconds_or_milliseconds(value: float, at: datetime) -> None:
    assert moment(value) == at


@pytest.mark.parametrize("value", [-1, True, float("nan"), float("inf"), 10**30, 10**400, 253_402_300_800_000])
def test_other_numbers_are_no_dates(value: float) -> None:
    with pytest.raises(BadSighting):
        moment(value)


@given(st.integers() | st.floats())
def test_any_number_is_a_date_or_refused(value: float) -> None:
    try:
        assert moment(value).tzinfo is UTC
    except BadSighting:
        return

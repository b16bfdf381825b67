"""What every payment provider promises: the one in memory, and TonConsole's adapter before the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stickercase.adapters.memory.payments import MemoryPayments
from stickercase.adapters.tonconsole.payments import TonConsolePayments
from stickercase.domain.wallet.invoices import InvoiceStatus, Sighting, credited_total
from stickercase.ports.payments import PaymentRequest, Payments
from support.sandboxes import NANO, TONCONSOLE_TOKEN, Sundial, outside

DAY = 86_400


@dataclass
class Till:
    """A provider, somebody who pays there, and its clock."""

    payments: Payments
    pay: Callable[[str, int], object]
    clock: Sundial

    def request(self, amount_nano: int = NANO, life_seconds: int = DAY) -> PaymentRequest:
        return self.payments.create_invoice(amount_nano, life_seconds, "a deposit")

    def seen(self, request: PaymentRequest) -> Sighting:
        found = self.payments.invoice(request.id)
        assert found is not None
        return found


@pytest.fixture(params=["memory", "tonconsole"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    clock = Sundial()
    if request.param == "memory":
        memory = MemoryPayments(clock)
        yield Till(memory, memory.pay, clock)
        return
    with outside(tmp_path, clock=clock) as world:
        payments = TonConsolePayments(world.tonconsole_url, TONCONSOLE_TOKEN, clock)

        def pay(invoice_id: str, amount_nano: int) -> object:
            return world.control(f"invoices/{invoice_id}/pay", amount=str(amount_nano))

        yield Till(payments, pay, clock)


def test_a_new_invoice_is_pending_and_says_how_to_pay(till: Till) -> None:
    before = till.clock.now()
    made = till.request(1_234_567_891, 3600)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.PENDING, 1_234_567_891, 0)
    assert made.amount_nano == 1_234_567_891
    assert made.payment_link.startswith("http")
    assert 3599 < (made.expires_at - before).total_seconds() < 3660


def test_invoices_differ_and_so_do_their_addresses(till: Till) -> None:
    made = [till.request() for _ in range(3)]
    assert len({one.id for one in made}) == len({one.pay_to for one in made}) == 3


def test_paid_exactly(till: Till) -> None:
    made = till.request()
    till.pay(made.id, NANO)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.PAID, NANO, 0)


def test_what_came_above_the_amount_is_overpayment(till: Till) -> None:
    made = till.request()
    till.pay(made.id, 3 * NANO)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.PAID, NANO, 2 * NANO)


def test_a_second_payment_is_overpayment_too(till: Till) -> None:
    made = till.request()
    till.pay(made.id, NANO)
    till.pay(made.id, 5)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.PAID, NANO, 5)


def test_too_little_leaves_it_pending_until_the_rest_comes(till: Till) -> None:
    made = till.request()
    till.pay(made.id, NANO - 1)
    assert till.seen(made).status is InvoiceStatus.PENDING
    assert credited_total(till.seen(made)) == 0
    till.pay(made.id, 1)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.PAID, NANO, 0)


def test_late_money_is_all_overpayment_and_never_makes_it_paid(till: Till) -> None:
    made = till.request(life_seconds=60)
    till.clock.pass_time(seconds=61)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.EXPIRED, NANO, 0)
    till.pay(made.id, 2 * NANO)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.EXPIRED, NANO, 2 * NANO)


def test_too_little_in_time_counts_when_the_time_is_over(till: Till) -> None:
    made = till.request(life_seconds=60)
    till.pay(made.id, 7)
    till.clock.pass_time(seconds=61)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.EXPIRED, NANO, 7)


def test_money_for_a_cancelled_invoice_is_all_overpayment(till: Till) -> None:
    made = till.request()
    assert till.payments.cancel(made.id) == Sighting(made.id, InvoiceStatus.CANCELLED, NANO, 0)
    till.pay(made.id, NANO)
    assert till.seen(made) == Sighting(made.id, InvoiceStatus.CANCELLED, NANO, NANO)


def test_what_is_no_longer_pending_cannot_be_cancelled(till: Till) -> None:
    paid, late = till.request(), till.request(life_seconds=60)
    till.pay(paid.id, NANO)
    till.clock.pass_time(seconds=61)
    assert till.payments.cancel(paid.id) == Sighting(paid.id, InvoiceStatus.PAID, NANO, 0)
    assert till.payments.cancel(late.id) == Sighting(late.id, InvoiceStatus.EXPIRED, NANO, 0)


@pytest.mark.parametrize("name", ["no-such-invoice", "../invoice", "a b", "é", "%2e%2e", "x?y=1#z"])
def test_an_unknown_invoice_is_none(till: Till, name: str) -> None:
    assert till.payments.invoice(name) is None
    assert till.payments.cancel(name) is None

"""Deposits: whatever comes in is credited once, in any order and from any number of lookers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from random import Random

import pytest

from stickercase.adapters.memory.payments import MemoryPayments
from stickercase.adapters.tonconsole.notices import invoice_named
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.create_invoice import FIRST_LOOK, WATCH, PayableInvoice, create_invoice
from stickercase.domain.use_cases.read_notice import NOTICE, PATIENCE, PAUSE, read_notice
from stickercase.domain.use_cases.receive_letter import receive_letter
from stickercase.domain.use_cases.settle_invoice import settle_invoice
from stickercase.domain.use_cases.tasks import Again, Done, Task
from stickercase.domain.use_cases.watch_invoice import LONGEST_PAUSE, SHORTEST_PAUSE, watch_invoice
from stickercase.domain.wallet.invoices import Invoice, InvoiceStatus, Sighting
from support.purses import HOUSE, new_invoice
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

PAID, PENDING, EXPIRED = InvoiceStatus.PAID, InvoiceStatus.PENDING, InvoiceStatus.EXPIRED


def invoice(world: World, player: Player) -> Invoice:
    return new_invoice(world, player, NANO)


def see(world: World, made: Invoice, status: InvoiceStatus, over_nano: int = 0) -> int:
    return settle_invoice(
        world.transactions, world.clock, Sighting(made.id, status, made.amount_nano, over_nano)
    ).credit_nano


def test_a_paid_invoice_is_credited_once(world: World) -> None:
    player = world.new_player()
    made = invoice(world, player)
    assert [see(world, made, status) for status in (PENDING, PAID, PAID, PENDING)] == [0, NANO, 0, 0]
    assert world.balance(player) == NANO
    [event] = world.events(player)
    assert (event.kind, event.amount_nano, event.status) == ("Deposit", NANO, "paid")
    assert all_held(world.audits.audit())


def test_late_money_counts_and_more_of_it_as_the_difference(world: World) -> None:
    player = world.new_player()
    made = invoice(world, player)
    credited = [see(world, made, EXPIRED, over) for over in (0, 3 * NANO, 3 * NANO, 5 * NANO, 4 * NANO)]
    assert credited == [0, 3 * NANO, 0, 2 * NANO, 0]
    assert (world.balance(player), len(world.events(player))) == (5 * NANO, 2)
    assert all_held(world.audits.audit())


def test_the_order_of_sightings_makes_no_difference(world: World) -> None:
    sightings = [(PENDING, 0), (PAID, 0), (PAID, 2 * NANO)]
    for order in permutations(sightings):
        player = world.new_player()
        made = invoice(world, player)
        assert sum(see(world, made, *seen) for seen in order) == world.balance(player) == 3 * NANO


def test_many_lookers_credit_once(world: World) -> None:
    player = world.new_player()
    made = invoice(world, player)
    seen = [(PAID, 0)] * 6 + [(PAID, NANO)] * 6 + [(PENDING, 0)] * 4
    Random(1).shuffle(seen)
    credited = at_once([lambda s=status, o=over: see(world, made, s, o) for status, over in seen])
    assert sum(credited) == world.balance(player) == 2 * NANO
    assert sum(credit > 0 for credit in credited) <= 2
    assert all_held(world.audits.audit())


def test_a_lying_amount_credits_nothing_and_alarms(world: World) -> None:
    player = world.new_player()
    made = invoice(world, player)
    lie = Sighting(made.id, PAID, 1000 * NANO)
    settled = settle_invoice(world.transactions, world.clock, lie)
    assert (settled.credit_nano, world.balance(player)) == (0, 0)
    assert settled.alarm is not None
    assert see(world, made, PAID) == NANO


def test_an_unknown_invoice_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refused:
        settle_invoice(world.transactions, world.clock, Sighting("nobody's", PAID, NANO))
    assert refused.value.refusal == NotFound("invoice", "nobody's")


def test_what_is_interrupted_is_credited_later(world: World) -> None:
    player = world.new_player()
    made = invoice(world, player)
    before = world.snapshot()
    with pytest.raises(Interrupted):
        settle_invoice(interrupted(world.transactions), world.clock, Sighting(made.id, PAID, NANO))
    assert world.snapshot() == before
    assert see(world, made, PAID) == NANO


def test_the_newest_invoice_is_the_last_one(world: World) -> None:
    player, other = world.new_player(), world.new_player()
    with world.transactions() as tx:
        assert tx.invoices.newest(player.id) is None
    first = invoice(world, player)
    world.clock.pass_time(hours=25)
    second = invoice(world, player)
    invoice(world, other)
    with world.transactions() as tx:
        newest = tx.invoices.newest(player.id)
        assert newest is not None
        assert (newest.invoice, newest.payment_link, newest.pay_to) == (second, "https://pay.example/1", HOUSE)
        assert tx.invoices.find(first.id) == first
        tx.invoices.write(replace(first, status=EXPIRED))
        assert tx.invoices.find(first.id) == replace(first, status=EXPIRED)


# --- with a provider


def till(world: World) -> MemoryPayments:
    return MemoryPayments(world.clock)


def wish(world: World, payments: MemoryPayments, player: Player, amount_nano: int | None = None) -> PayableInvoice:
    return create_invoice(world.transactions, world.clock, payments, NANO, player.profile.telegram_id, amount_nano)


def watch(world: World, payments: MemoryPayments, invoice_id: str) -> Done | Again:
    now = world.clock.now()
    return watch_invoice(world.transactions, world.clock, payments, Task(1, WATCH, invoice_id, {}, now, now))


def test_one_invoice_is_open_at_a_time(world: World) -> None:
    payments, player = till(world), world.new_player()
    first = wish(world, payments, player, 5 * NANO)
    assert first.invoice.amount_nano == 5 * NANO
    assert wish(world, payments, player) == first
    world.clock.pass_time(hours=24)
    second = wish(world, payments, player)
    assert second != first
    assert second.invoice.amount_nano == NANO


def test_of_many_asks_at_once_all_see_one_invoice(world: World) -> None:
    payments, player = till(world), world.new_player()
    shown = at_once([lambda: wish(world, payments, player)] * 8)
    assert len({payable.invoice.id for payable in shown}) == 1


def test_an_invoice_is_watched_until_nothing_can_come_in(world: World) -> None:
    payments, player = till(world), world.new_player()
    made = wish(world, payments, player).invoice
    with world.transactions() as tx:
        task = tx.tasks.open(WATCH, made.id)
        assert task is not None
        assert task.due_at == world.clock.now() + FIRST_LOOK
    assert watch(world, payments, made.id) == Again(world.clock.now() + SHORTEST_PAUSE)
    payments.pay(made.id, NANO)
    assert watch(world, payments, made.id) == Again(world.clock.now() + SHORTEST_PAUSE)
    assert world.balance(player) == NANO
    world.clock.pass_time(days=3)
    payments.pay(made.id, 2 * NANO)
    assert watch(world, payments, made.id) == Again(world.clock.now() + LONGEST_PAUSE)
    assert world.balance(player) == 3 * NANO
    world.clock.pass_time(days=6)
    assert watch(world, payments, made.id) == Done(f"credited {3 * NANO} nanotons in all")
    assert all_held(world.audits.audit())


def test_an_invoice_is_looked_at_often_at_first_and_some_hundred_times_in_all(world: World) -> None:
    payments, player = till(world), world.new_player()
    made = wish(world, payments, player).invoice
    born, looks = world.clock.now(), [world.clock.now()]
    while isinstance(again := watch(world, payments, made.id), Again):
        world.clock.pass_time(seconds=(again.at - world.clock.now()).total_seconds())
        looks.append(again.at)
    assert sum(at - born <= timedelta(minutes=10) for at in looks) == 21
    assert max(later - earlier for earlier, later in pairwise(looks)) == LONGEST_PAUSE
    assert 200 < len(looks) < 400


def test_an_invoice_that_the_provider_forgot_is_a_failed_attempt(world: World) -> None:
    made = wish(world, till(world), world.new_player()).invoice
    with pytest.raises(Refused):
        watch(world, till(world), made.id)


def test_a_notice_has_its_invoice_looked_at_now(world: World) -> None:
    made = wish(world, till(world), world.new_player()).invoice

    def read(body: bytes, at: datetime) -> Done | Again:
        letter_id = receive_letter(world.transactions, world.clock, "tonconsole", NOTICE, body)
        task = Task(1, NOTICE, f"letter:{letter_id}", {"letter_id": letter_id}, at, at)
        return read_notice(world.transactions, world.clock, invoice_named, task)

    now = world.clock.now()
    assert read(b'{"id": "%b", "status": "paid"}' % made.id.encode(), now) == Done("")
    with world.transactions() as tx:
        task = tx.tasks.open(WATCH, made.id)
        assert task is not None
        assert task.due_at == now
    assert read(b'{"id": "not yet"}', now) == Again(now + PAUSE)
    for body, at in ((b'{"id": "not ours"}', now - PATIENCE), (b'{"no": 1}', now), (b'{"id": [1]}', now)):
        assert read(body, at) == Done("the notice names no invoice of ours")

"""Withdrawals: who may begin one, and that a held amount is posted or released exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stickercase.domain.refusal import Refusal
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.refusals import WithdrawalMoved
from stickercase.domain.wallet.withdrawals import (
    IN_FLIGHT,
    LANDED_IN_VAIN,
    LANDING_MARGIN,
    MAX_ATTEMPTS,
    MAX_VALIDITY,
    NEVER_LANDED,
    RELEASED,
    WAITING,
    Attempt,
    Landing,
    Limits,
    Look,
    Resolution,
    Stage,
    Step,
    Withdrawal,
    WithdrawalSituation,
    WithdrawalWish,
    approved,
    decide,
    looked,
    rejected,
    sent,
    signed,
    withdrawn_lately,
)
from support.clock import NOON

WALLET = Address(0, bytes(32))
LIMITS = Limits(
    least_nano=100,
    most_nano=1000,
    fee_nano=10,
    player_daily_nano=2000,
    house_daily_nano=5000,
    approval_above_nano=500,
)
READY = WithdrawalSituation(WALLET, 10_000, 0, 0, LIMITS)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
HELD = Withdrawal(1, 7, WALLET, 400, 10, NOON, Stage.HELD)
VOID = NOON + 5 * MINUTE


def begun(amount: int, situation: WithdrawalSituation = READY) -> Withdrawal | Refusal:
    return decide(situation, WithdrawalWish(7, amount), 1, NOON)


def code(outcome: Withdrawal | Step | Refusal) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.code


# Whether one may begin


def test_a_withdrawal_begins_held() -> None:
    withdrawal = begun(400)
    assert withdrawal == HELD
    assert HELD.paid_nano == 390


@pytest.mark.parametrize(("amount", "stage"), [(500, Stage.HELD), (501, Stage.AWAITING_APPROVAL)])
def test_a_person_decides_above_a_threshold(amount: int, stage: Stage) -> None:
    withdrawal = begun(amount)
    assert isinstance(withdrawal, Withdrawal)
    assert withdrawal.stage is stage


@pytest.mark.parametrize(
    ("amount", "changes", "refusal", "details"),
    [
        (99, {}, "withdrawal_too_small", {"least_nano": 100}),
        (0, {}, "withdrawal_too_small", {"least_nano": 100}),
        (-400, {}, "withdrawal_too_small", {"least_nano": 100}),
        (1001, {}, "withdrawal_too_large", {"most_nano": 1000}),
        (400, {"wallet": None}, "wallet_not_connected", {}),
        (400, {"player_lately_nano": 1601}, "player_daily_limit", {"left_nano": 399}),
        (400, {"player_lately_nano": 9999}, "player_daily_limit", {"left_nano": 0}),
        (400, {"house_lately_nano": 4601}, "house_daily_limit", {}),
        (400, {"balance_nano": 399}, "insufficient_balance", {"user_balance_nano": 399, "total_price_nano": 400}),
    ],
)
def test_why_none_begins(amount: int, changes: dict[str, Any], refusal: str, details: dict[str, Any]) -> None:
    outcome = begun(amount, replace(READY, **changes))
    assert code(outcome) == refusal
    assert {name: getattr(outcome, name) for name in details} == details


@pytest.mark.parametrize(
    ("amount", "changes"),
    [
        (100, {}),
        (1000, {}),
        (400, {"player_lately_nano": 1600}),
        (400, {"house_lately_nano": 4600}),
        (400, {"balance_nano": 400}),
    ],
)
def test_limits_may_be_reached(amount: int, changes: dict[str, Any]) -> None:
    assert isinstance(begun(amount, replace(READY, **changes)), Withdrawal)


def test_the_order_of_refusals() -> None:
    situation = WithdrawalSituation(None, 0, 2000, 5000, LIMITS)
    right: list[tuple[str, dict[str, Any]]] = [
        ("wallet_not_connected", {"wallet": WALLET}),
        ("player_daily_limit", {"player_lately_nano": 0}),
        ("house_daily_limit", {"house_lately_nano": 0}),
        ("insufficient_balance", {"balance_nano": 400}),
    ]
    assert code(begun(1001, situation)) == "withdrawal_too_large"
    for refusal, change in right:
        assert code(begun(400, situation)) == refusal
        situation = replace(situation, **change)
    assert isinstance(begun(400, situation), Withdrawal)


@pytest.mark.parametrize("changes", [{"fee_nano": 100}, {"fee_nano": -1}, {"most_nano": 99}, {"most_nano": 10**18 + 1}])
def test_limits_make_sense(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="the fee is less"):
        replace(LIMITS, **changes)


def test_the_last_24_hours_count_without_what_was_released() -> None:
    stages = [replace(HELD, stage=stage, amount_nano=10**n) for n, stage in enumerate(Stage)]
    assert [stage.value for stage in Stage if stage in RELEASED] == ["failed", "expired", "rejected"]
    assert withdrawn_lately(stages, NOON) == 11111
    day = timedelta(hours=24)
    assert withdrawn_lately([HELD], NOON + day - TICK) == 400
    assert withdrawn_lately([HELD], NOON + day) == 0


# One stage after the other


def attempt(message_hash: str, valid_until: datetime) -> Attempt:
    return Attempt(message_hash, valid_until, WALLET, seqno=0, message=b"signed")


def in_flight(attempts: int = 1, stage: Stage = Stage.SENT) -> Withdrawal:
    """A withdrawal whose newest message ``m<attempts>`` can land until ``VOID``; those before it are void."""
    made = tuple(attempt(f"m{n}", VOID - (attempts - n) * timedelta(hours=1)) for n in range(1, attempts + 1))
    return replace(HELD, stage=stage, attempts=made)


def look(landing: Landing, message: str = "m1", at: datetime = NOON) -> Look:
    return Look(message, landing, at)


def stepped(outcome: Step | WithdrawalMoved) -> Step:
    assert isinstance(outcome, Step)
    return outcome


def test_the_way_out() -> None:
    waiting = replace(HELD, stage=Stage.AWAITING_APPROVAL)
    held = stepped(approved(waiting))
    assert held == Step(HELD)
    made = stepped(signed(held.after, attempt("m1", VOID), NOON))
    assert made == Step(in_flight(stage=Stage.SIGNED))
    out = stepped(sent(made.after))
    assert out == Step(in_flight())
    done = looked(out.after, look(Landing.PAID))
    assert done == Step(replace(in_flight(), stage=Stage.CONFIRMED, paid_by="m1"), Resolution.POST)


def test_what_was_signed_may_have_been_sent_by_one_who_died() -> None:
    done = looked(in_flight(stage=Stage.SIGNED), look(Landing.PAID))
    assert (done.after.stage, done.resolution, done.alarm) == (Stage.CONFIRMED, Resolution.POST, None)


def test_the_same_message_may_be_sent_again() -> None:
    assert sent(in_flight()) == Step(in_flight())


def test_a_message_that_landed_without_paying_is_released() -> None:
    assert looked(in_flight(), look(Landing.UNPAID)) == Step(
        replace(in_flight(), stage=Stage.FAILED), Resolution.RELEASE, LANDED_IN_VAIN
    )


@pytest.mark.parametrize("stage", sorted(IN_FLIGHT, key=lambda stage: stage.value))
def test_nothing_is_given_up_while_it_can_land(stage: Stage) -> None:
    known = in_flight(stage=stage)
    for at in (NOON, VOID, VOID + LANDING_MARGIN - TICK):
        assert looked(known, look(Landing.ABSENT, at=at)) == Step(known)
    given_up = looked(known, look(Landing.ABSENT, at=VOID + LANDING_MARGIN))
    assert given_up == Step(replace(known, stage=Stage.HELD))


def test_after_three_messages_the_amount_goes_back() -> None:
    assert MAX_ATTEMPTS == 3
    known, at = in_flight(3), VOID + LANDING_MARGIN
    assert looked(in_flight(2), look(Landing.ABSENT, "m2", at)).after.stage is Stage.HELD
    assert looked(known, look(Landing.ABSENT, "m3", at)) == Step(
        replace(known, stage=Stage.EXPIRED), Resolution.RELEASE, NEVER_LANDED
    )


def test_an_old_message_decides_nothing_by_being_absent() -> None:
    known, at = in_flight(2), VOID + LANDING_MARGIN
    assert looked(known, look(Landing.ABSENT, "m1", at)) == Step(known)
    assert looked(known, look(Landing.UNPAID, "m1", at)) == Step(known)


def test_no_second_message_is_signed_while_the_first_can_land() -> None:
    for stage in Stage:
        outcome = signed(in_flight(stage=stage), attempt("m2", VOID), NOON)
        assert isinstance(outcome, Step) == (stage is Stage.HELD)
    assert signed(in_flight(), attempt("m2", VOID), NOON) == WithdrawalMoved("sent")


@pytest.mark.parametrize("until", [NOON, NOON - MINUTE, NOON + MAX_VALIDITY + TICK])
def test_a_message_can_land_for_ten_minutes_at_most(until: datetime) -> None:
    with pytest.raises(ValueError, match="ten minutes"):
        signed(HELD, attempt("m1", until), NOON)
    assert isinstance(signed(HELD, attempt("m1", NOON + MAX_VALIDITY), NOON), Step)


def test_a_message_is_signed_once() -> None:
    with pytest.raises(ValueError, match="signed before"):
        signed(in_flight(stage=Stage.HELD), attempt("m1", VOID), NOON)


def test_a_look_at_another_message_is_a_fault_of_ours() -> None:
    for known in (HELD, in_flight()):
        with pytest.raises(ValueError, match="another withdrawal"):
            looked(known, look(Landing.PAID, "other"))


@pytest.mark.parametrize("stage", Stage)
def test_operators_decide_as_long_as_nothing_is_on_its_way(stage: Stage) -> None:
    known = replace(HELD, stage=stage)
    yes, no = approved(known), rejected(known)
    assert isinstance(yes, Step) == (stage is Stage.AWAITING_APPROVAL)
    assert isinstance(no, Step) == (stage in WAITING)
    for outcome in (yes, no):
        if isinstance(outcome, Refusal):
            assert outcome == WithdrawalMoved(stage.value)
    if isinstance(no, Step):
        assert no == Step(replace(known, stage=Stage.REJECTED), Resolution.RELEASE)


@pytest.mark.parametrize("stage", [Stage.CONFIRMED, Stage.FAILED, Stage.EXPIRED, Stage.REJECTED])
def test_what_is_over_stays_over(stage: Stage) -> None:
    known = replace(in_flight(), stage=stage, paid_by="m1" if stage is Stage.CONFIRMED else None)
    for outcome in (approved(known), rejected(known), sent(known), signed(known, attempt("m2", VOID), NOON)):
        assert outcome == WithdrawalMoved(stage.value)
    for landing in (Landing.ABSENT, Landing.UNPAID):
        assert looked(known, look(landing, at=VOID + 9 * MINUTE)) == Step(known)
    again = looked(known, look(Landing.PAID))
    assert (again.after, again.resolution) == (known, None)
    assert (again.alarm is None) == (stage is Stage.CONFIRMED)


def test_what_must_not_happen_raises_an_alarm() -> None:
    given_up = looked(in_flight(stage=Stage.HELD), look(Landing.PAID))
    assert (given_up.after.stage, given_up.resolution) == (Stage.CONFIRMED, Resolution.POST)
    assert given_up.alarm == "a message landed after it was given up"
    older = looked(in_flight(2), look(Landing.PAID, "m1"))
    assert (older.after.paid_by, older.resolution, older.alarm) == ("m1", Resolution.POST, given_up.alarm)
    twice = looked(older.after, look(Landing.PAID, "m2"))
    assert (twice.after, twice.resolution, twice.alarm) == (older.after, None, "a withdrawal was paid twice")


# Everything at once, against a chain that keeps its word


class Payout(RuleBasedStateMachine):
    """A worker who may die, an operator, and a chain in which a message lands before it is void, or never.

    A shard's block may be up to the margin late: a message that was good in its time turns up only then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known = HELD
        self.now, self.number = NOON, 0
        self.handed_over: set[str] = set()
        self.landed: dict[str, Landing] = {}
        self.resolutions: list[Resolution] = []

    def write(self, outcome: Step | WithdrawalMoved) -> None:
        if isinstance(outcome, Step):
            told = {Stage.FAILED: LANDED_IN_VAIN, Stage.EXPIRED: NEVER_LANDED}
            assert outcome.alarm == (told.get(outcome.after.stage) if outcome.resolution else None)
            self.known = outcome.after
            self.resolutions += [outcome.resolution] if outcome.resolution else []

    @initialize(waits=st.booleans())
    def begin(self, waits: bool) -> None:
        self.known = replace(HELD, stage=Stage.AWAITING_APPROVAL if waits else Stage.HELD)

    @rule(seconds=st.sampled_from([1, 20, 59, 60, 300, 660]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.known.stage is Stage.AWAITING_APPROVAL)
    @rule()
    def approve(self) -> None:
        self.write(approved(self.known))

    @rule(turn=st.integers(0, 4))
    def reject(self, turn: int) -> None:
        if turn == 0:
            self.write(rejected(self.known))

    @precondition(lambda self: self.known.stage not in RELEASED | {Stage.CONFIRMED})
    @rule(seconds=st.integers(1, 600), sends=st.booleans())
    def sign(self, seconds: int, sends: bool) -> None:
        self.number += 1
        self.write(signed(self.known, attempt(f"m{self.number}", self.now + timedelta(seconds=seconds)), self.now))
        if sends:
            self.send(noted=True)

    @precondition(lambda self: self.known.stage in IN_FLIGHT)
    @rule(noted=st.booleans())
    def send(self, noted: bool) -> None:
        """Sending and noting that it was sent are two things; the worker may die between them."""
        if self.known.stage in IN_FLIGHT:
            self.handed_over.add(self.known.attempts[-1].message_hash)
        if noted:
            self.write(sent(self.known))

    @precondition(lambda self: self.known.attempts)
    @rule(landing=st.sampled_from([Landing.PAID, Landing.PAID, Landing.UNPAID]), back=st.integers(0, 1))
    def land(self, landing: Landing, back: int) -> None:
        attempt = self.known.attempts[max(-1 - back, -len(self.known.attempts))]
        on_its_way = attempt.message_hash in self.handed_over
        if on_its_way and self.now < attempt.valid_until + LANDING_MARGIN:
            self.landed.setdefault(attempt.message_hash, landing)

    @precondition(lambda self: self.known.attempts)
    @rule(back=st.integers(0, 1))
    def look_at_the_chain(self, back: int) -> None:
        attempt = self.known.attempts[max(-1 - back, -len(self.known.attempts))]
        landing = self.landed.get(attempt.message_hash, Landing.ABSENT)
        self.write(looked(self.known, Look(attempt.message_hash, landing, self.now)))

    @invariant()
    def at_most_one_message_can_still_land(self) -> None:
        on_their_way = [
            attempt
            for attempt in self.known.attempts
            if self.now < attempt.valid_until + LANDING_MARGIN and attempt.message_hash not in self.landed
        ]
        assert len(on_their_way) <= 1

    @invariant()
    def it_is_paid_once_and_resolved_once(self) -> None:
        paid = [message for message, landing in self.landed.items() if landing is Landing.PAID]
        assert len(paid) <= 1
        assert len(self.resolutions) <= 1
        if self.resolutions == [Resolution.POST]:
            assert paid == [self.known.paid_by]
            assert self.known.stage is Stage.CONFIRMED
        elif self.resolutions == [Resolution.RELEASE]:
            assert paid == []
            assert self.known.stage in RELEASED
        else:
            assert self.known.stage in WAITING | IN_FLIGHT

    @invariant()
    def what_is_sent_is_known(self) -> None:
        assert self.handed_over <= {attempt.message_hash for attempt in self.known.attempts}
        assert len(self.known.attempts) <= MAX_ATTEMPTS


TestPayout = Payout.TestCase
TestPayout.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


@given(st.integers(-10, 1100), st.integers(0, 2100), st.integers(0, 5100), st.integers(0, 1100), st.booleans())
def test_what_begins_is_within_every_limit(amount: int, player: int, house: int, balance: int, wallet: bool) -> None:
    situation = WithdrawalSituation(WALLET if wallet else None, balance, player, house, LIMITS)
    within = 100 <= amount <= min(1000, 2000 - player, 5000 - house, balance) and wallet
    assert isinstance(begun(amount, situation), Withdrawal) == within

"""Withdrawals: held at once, then paid or released, once, whoever moves them and however often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.use_cases.advance_withdrawal import advance_withdrawal, review_withdrawal
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.request_withdrawal import request_withdrawal
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.refusals import WithdrawalMoved
from stickercase.domain.wallet.withdrawals import (
    LANDING_MARGIN,
    Attempt,
    Landing,
    Limits,
    Look,
    Stage,
    Step,
    Withdrawal,
    looked,
    sent,
    signed,
)
from stickercase.ports.failures import BrokenLaw
from support.purses import attempt, give_wallet
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

LIMITS = Limits(
    least_nano=NANO,
    most_nano=100 * NANO,
    fee_nano=NANO // 20,
    player_daily_nano=50 * NANO,
    house_daily_nano=80 * NANO,
    approval_above_nano=30 * NANO,
)
HASH = "ab" * 32


def saver(world: World, balance_nano: int = 100 * NANO) -> Player:
    """A player with a wallet."""
    player = world.new_player(balance_nano)
    give_wallet(world, player)
    return player


def ask(
    world: World, player: Player, amount_nano: int, key: str | None = None, limits: Limits = LIMITS
) -> Answered | Refusal:
    caller = Caller(f"player:{player.id}", key, b"%d" % amount_nano)
    try:
        return request_withdrawal(
            world.transactions,
            world.clock,
            limits,
            caller,
            player.profile.telegram_id,
            amount_nano,
            lambda begun, left: b"%d %d" % (begun.id, left),
        )
    except Refused as refused:
        return refused.refusal


def begun(world: World, player: Player, amount_nano: int) -> int:
    answered = ask(world, player, amount_nano)
    assert isinstance(answered, Answered), answered
    return int(answered.answer.split()[0])


def move(world: World, withdrawal_id: int, step: Callable[[Withdrawal, datetime], Step | WithdrawalMoved]) -> Stage:
    return advance_withdrawal(world.transactions, world.clock, withdrawal_id, step).after.stage


def sign(message_hash: str = HASH) -> Callable[[Withdrawal, datetime], Step | WithdrawalMoved]:
    return lambda known, at: signed(known, attempt(message_hash, at + timedelta(minutes=1)), at)


def look(landing: Landing, message_hash: str = HASH, after: timedelta = timedelta(0)) -> Callable[..., Step]:
    return lambda known, at: looked(known, Look(message_hash, landing, at + after))


def held(world: World, player: Player) -> int:
    return sum(event.amount_nano for event in world.events(player, "Withdrawal"))


def test_a_withdrawal_is_held_and_paid_once(world: World) -> None:
    player = saver(world)
    answers = [ask(world, player, 10 * NANO, "k") for _ in range(3)]
    assert [answer.replayed for answer in answers if isinstance(answer, Answered)] == [False, True, True]
    withdrawal_id = int(answers[0].answer.split()[0])  # type: ignore[union-attr]  # they are answers: see above
    assert world.balance(player) == 90 * NANO
    assert all_held(world.audits.audit())
    stages = [
        move(world, withdrawal_id, step)
        for step in (sign(), lambda known, _: sent(known), look(Landing.ABSENT), look(Landing.PAID), look(Landing.PAID))
    ]
    assert stages == [Stage.SIGNED, Stage.SENT, Stage.SENT, Stage.CONFIRMED, Stage.CONFIRMED]
    assert world.balance(player) == 90 * NANO
    [event] = world.events(player, "Withdrawal")
    assert (event.amount_nano, event.status) == (-10 * NANO, "confirmed")
    with world.transactions() as tx:
        found = tx.withdrawals.find(withdrawal_id)
        assert found is not None
        assert (found.paid_by, [attempt.message_hash for attempt in found.attempts]) == (HASH, [HASH])
        assert tx.withdrawals.of_player(player.id, 5) == [found]
    assert all_held(world.audits.audit())


def test_a_failed_withdrawal_goes_back_once(world: World) -> None:
    player = saver(world)
    withdrawal_id = begun(world, player, 10 * NANO)
    for step in (sign(), look(Landing.UNPAID), look(Landing.UNPAID)):
        move(world, withdrawal_id, step)
    assert world.balance(player) == 100 * NANO
    with pytest.raises(Refused) as refused:
        move(world, withdrawal_id, sign("cd" * 32))
    assert refused.value.refusal == WithdrawalMoved("failed")
    assert all_held(world.audits.audit())


def test_a_message_that_can_no_longer_land_is_signed_anew_three_times(world: World) -> None:
    player = saver(world)
    withdrawal_id = begun(world, player, 10 * NANO)
    void = LANDING_MARGIN + timedelta(minutes=1)
    for number, stage in enumerate([Stage.HELD, Stage.HELD, Stage.EXPIRED]):
        message_hash = f"{number:064x}"
        move(world, withdrawal_id, sign(message_hash))
        assert move(world, withdrawal_id, look(Landing.ABSENT, message_hash)) is Stage.SIGNED
        assert move(world, withdrawal_id, look(Landing.ABSENT, message_hash, void)) is stage
    assert world.balance(player) == 100 * NANO
    assert all_held(world.audits.audit())


def test_large_ones_await_a_person(world: World) -> None:
    player, other = saver(world), saver(world)
    ids = begun(world, player, 31 * NANO), begun(world, other, 31 * NANO)
    with pytest.raises(Refused):
        move(world, ids[0], sign())
    for withdrawal_id, approve, stage in zip(ids, (True, False), (b"held", b"rejected"), strict=True):
        answered = review_withdrawal(
            world.transactions, world.clock, OPERATOR, withdrawal_id, approve, lambda known: known.stage.value.encode()
        )
        assert answered.answer == stage
        with pytest.raises(Refused):
            review_withdrawal(world.transactions, world.clock, OPERATOR, withdrawal_id, True, lambda _: b"")
    assert (world.balance(player), world.balance(other)) == (69 * NANO, 100 * NANO)
    assert [line[1] for line in world.back_door.operator_log()][-2:] == ["approve_withdrawal", "reject_withdrawal"]
    assert all_held(world.audits.audit())


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (NANO - 1, "withdrawal_too_small"),
        (100 * NANO + 1, "withdrawal_too_large"),
        (51 * NANO, "player_daily_limit"),
        (21 * NANO, "insufficient_balance"),
    ],
)
def test_what_may_not_go_out_is_refused_without_a_trace(world: World, amount: int, code: str) -> None:
    player = saver(world, 20 * NANO)
    before = world.snapshot()
    refusal = ask(world, player, amount, "k")
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert world.snapshot() == before


def test_no_wallet_no_withdrawal(world: World) -> None:
    refusal = ask(world, world.new_player(9 * NANO), NANO)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wallet_not_connected"


def test_what_was_released_counts_no_more_and_neither_does_yesterday(world: World) -> None:
    player = saver(world)
    first = begun(world, player, 30 * NANO)
    assert getattr(ask(world, player, 21 * NANO), "code", "") == "player_daily_limit"
    for step in (sign(), look(Landing.UNPAID)):
        move(world, first, step)
    begun(world, player, 30 * NANO)
    world.clock.pass_time(hours=24)
    begun(world, player, 30 * NANO)


def test_all_together_stay_within_the_limit_of_the_house(world: World) -> None:
    savers = [saver(world) for _ in range(12)]
    outcomes = at_once([lambda player=player: ask(world, player, 10 * NANO) for player in savers])
    codes = [outcome.code if isinstance(outcome, Refusal) else "held" for outcome in outcomes]
    assert sorted(codes) == ["held"] * 8 + ["house_daily_limit"] * 4
    assert all_held(world.audits.audit())


def test_a_balance_is_spent_once(world: World) -> None:
    player = saver(world, 25 * NANO)
    outcomes = at_once([lambda: ask(world, player, 10 * NANO)] * 8)
    assert sum(isinstance(outcome, Answered) for outcome in outcomes) == 2
    assert world.balance(player) == 5 * NANO
    assert all_held(world.audits.audit())


def test_of_many_movers_one_moves(world: World) -> None:
    player = saver(world)
    withdrawal_id = begun(world, player, 10 * NANO)

    def try_to(step: Callable[[Withdrawal, datetime], Step | WithdrawalMoved]) -> str:
        try:
            return move(world, withdrawal_id, step).value
        except Refused as refused:
            return refused.refusal.code

    tries = at_once([lambda n=n: try_to(sign(f"{n:064x}")) for n in range(8)])
    assert sorted(tries) == ["signed"] + ["withdrawal_moved"] * 7
    with world.transactions() as tx:
        found = tx.withdrawals.find(withdrawal_id)
    assert found is not None
    [attempt] = found.attempts
    ends = [look(Landing.PAID, attempt.message_hash), look(Landing.UNPAID, attempt.message_hash)] * 4
    at_once([lambda step=step: try_to(step) for step in ends])
    assert world.balance(player) in (90 * NANO, 100 * NANO)
    assert all_held(world.audits.audit())


def test_what_is_interrupted_moves_nothing(world: World) -> None:
    player = saver(world)
    withdrawal_id = begun(world, player, 10 * NANO)
    before = world.snapshot()
    with pytest.raises(Interrupted):
        advance_withdrawal(interrupted(world.transactions), world.clock, withdrawal_id, sign())
    assert world.snapshot() == before
    assert held(world, player) == -10 * NANO


OURS, ANOTHER = Address(0, b"\x01" * 32), Address(0, b"\x02" * 32)


def sign_as(message_hash: str, seqno: int, wallet: Address = OURS) -> Callable[..., Step | WithdrawalMoved]:
    return lambda known, at: signed(known, attempt(message_hash, at + timedelta(minutes=1), seqno, wallet), at)


def in_line(world: World, wallet: Address = OURS) -> tuple[int | None, int | None]:
    with world.transactions() as tx:
        line = tx.withdrawals.in_line(wallet)
    return line.withdrawal and line.withdrawal.id, line.seqno


def test_the_oldest_held_one_is_next_and_one_in_flight_goes_before(world: World) -> None:
    one, large = saver(world), saver(world)
    assert in_line(world) == (None, None)
    begun(world, large, 31 * NANO)
    first, second = begun(world, one, 2 * NANO), begun(world, one, 3 * NANO)
    assert in_line(world) == (first, None)
    move(world, second, sign_as("01" * 32, seqno=4))
    assert (in_line(world), in_line(world, ANOTHER)) == ((second, 4), (second, None))
    move(world, second, look(Landing.PAID, "01" * 32))
    assert (in_line(world), in_line(world, ANOTHER)) == ((first, 5), (first, None))


def test_the_counter_follows_what_landed(world: World) -> None:
    one = saver(world)
    paid, unpaid, void = (begun(world, one, 2 * NANO) for _ in range(3))
    long_past = LANDING_MARGIN + timedelta(minutes=1)
    for withdrawal_id, seqno, landing, after in [(paid, 7, Landing.PAID, 8), (unpaid, 8, Landing.UNPAID, 9)]:
        message_hash = f"{seqno:064x}"
        move(world, withdrawal_id, sign_as(message_hash, seqno))
        assert in_line(world)[1] == seqno
        move(world, withdrawal_id, look(landing, message_hash))
        assert in_line(world)[1] == after
    move(world, void, sign_as("0a" * 32, 9))
    move(world, void, look(Landing.ABSENT, "0a" * 32, long_past))
    assert in_line(world) == (void, 9)
    move(world, void, sign_as("0b" * 32, 9))
    move(world, void, look(Landing.PAID, "0b" * 32))
    assert in_line(world) == (None, 10)


def test_what_was_signed_is_kept_byte_for_byte(world: World) -> None:
    withdrawal_id = begun(world, saver(world), 2 * NANO)
    kept = Attempt("0c" * 32, world.clock.now() + timedelta(minutes=1), ANOTHER, 2**32 - 1, bytes(range(256)))
    move(world, withdrawal_id, lambda known, at: signed(known, kept, at))
    with world.transactions() as tx:
        found = tx.withdrawals.find(withdrawal_id)
    assert found is not None
    assert found.attempts == (kept,)


def test_one_message_is_in_flight_at_a_time(world: World) -> None:
    one = saver(world)
    first, second = begun(world, one, 2 * NANO), begun(world, one, 3 * NANO)
    move(world, first, sign_as("01" * 32, 0))
    before = world.snapshot()
    for step in (sign_as("02" * 32, 0), sign_as("02" * 32, 1)):
        with pytest.raises(BrokenLaw):
            move(world, second, step)
    assert world.snapshot() == before
    move(world, first, lambda known, _: sent(known))
    move(world, first, look(Landing.PAID, "01" * 32))
    assert move(world, second, sign_as("02" * 32, 1)) is Stage.SIGNED


def test_of_two_workers_who_sign_two_withdrawals_one_signs(world: World) -> None:
    ids = [begun(world, saver(world), 2 * NANO) for _ in range(6)]

    def try_to_sign(number: int) -> str:
        try:
            return move(world, ids[number], sign_as(f"{number:064x}", 0)).value
        except BrokenLaw:
            return "broken"

    outcomes = at_once([lambda n=n: try_to_sign(n) for n in range(6)])
    assert sorted(outcomes) == ["broken"] * 5 + ["signed"]
    with world.transactions() as tx:
        found = [tx.withdrawals.find(withdrawal_id) for withdrawal_id in ids]
    assert sum(len(one.attempts) for one in found if one is not None) == 1


def test_what_was_signed_is_shown_whole(world: World) -> None:
    one = saver(world)
    first, never, last = (begun(world, one, 2 * NANO) for _ in range(3))
    assert world.outflows.signed() == []
    move(world, last, sign_as("0a" * 32, 1))
    move(world, last, look(Landing.ABSENT, "0a" * 32, LANDING_MARGIN + timedelta(minutes=1)))
    move(world, last, sign_as("0b" * 32, 1))
    move(world, last, look(Landing.PAID, "0b" * 32))
    move(world, first, sign_as("0c" * 32, 2))
    shown = list(world.outflows.signed())
    with world.transactions() as tx:
        assert shown == [tx.withdrawals.find(first), tx.withdrawals.find(last)]
        assert tx.withdrawals.find(never) is not None

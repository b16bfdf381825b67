"""Paying withdrawals out: each once, whatever the chain and the workers do. On memory and on PostgreSQL."""

from __future__ import annotations

import pytest

from stickercase.adapters.memory import MemoryMessages
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.advance_withdrawal import review_withdrawal
from stickercase.domain.use_cases.pay_withdrawals import AFTER_ALARM
from stickercase.domain.use_cases.payout_task import HOT_WALLET, PAY_OUT
from stickercase.domain.use_cases.perform_task import perform_task
from stickercase.domain.use_cases.relay_tasks import relay_tasks
from stickercase.domain.use_cases.resume_payouts import resume_payouts
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from support.clock import NOON
from support.pay_desks import FEE_NANO, HOT, PayDesk, pay_desk
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World


@pytest.fixture
def desk(world: World) -> PayDesk:
    return pay_desk(world)


def task_of(desk: PayDesk) -> Task | None:
    with desk.world.transactions() as tx:
        return tx.tasks.open(PAY_OUT, HOT_WALLET)


def test_all_are_paid_in_their_order(desk: PayDesk) -> None:
    ids = [desk.ask((10 + number) * NANO) for number in range(4)]
    waiting = task_of(desk)
    assert waiting is not None
    assert waiting.due_at == NOON
    assert desk.drain() == []
    assert desk.stages() == ["confirmed"] * 4
    assert desk.arrived() == [(10 + number) * NANO - FEE_NANO for number in range(4)]
    attempts = [desk.find(withdrawal_id).attempts for withdrawal_id in ids]
    assert [attempt.seqno for [attempt] in attempts] == [0, 1, 2, 3]
    assert [desk.find(withdrawal_id).paid_by for withdrawal_id in ids] == [
        attempt.message_hash for [attempt] in attempts
    ]
    assert all_held(desk.world.audits.audit())
    assert desk.make_pass() == Done("nobody is in line")


def test_a_worker_that_dies_before_its_commit_leaves_no_trace(desk: PayDesk) -> None:
    desk.ask()
    before = desk.world.snapshot()
    with pytest.raises(Interrupted):
        desk.make_pass(interrupted(desk.world.transactions))
    assert desk.world.snapshot() == before


def test_many_workers_at_once_pay_each_once(desk: PayDesk) -> None:
    for _ in range(5):
        desk.ask()
    for _ in range(60):
        results = at_once([lambda: desk.make_pass()] * 4)
        desk.world.clock.pass_time(seconds=3)
        if all(result == Done("nobody is in line") for result in results):
            break
    assert desk.stages() == ["confirmed"] * 5
    assert desk.arrived() == [10 * NANO - FEE_NANO] * 5
    assert all_held(desk.world.audits.audit())


def test_what_awaits_a_person_calls_for_no_payout_before(desk: PayDesk) -> None:
    withdrawal_id = desk.ask(501 * NANO)
    assert task_of(desk) is None
    assert desk.make_pass() == Done("nobody is in line")
    review_withdrawal(desk.world.transactions, desk.world.clock, OPERATOR, withdrawal_id, True, lambda _: b"")
    assert task_of(desk) is not None
    assert desk.drain() == []
    assert desk.stages() == ["confirmed"]


def test_a_lost_task_is_made_up_for(desk: PayDesk) -> None:
    def resume() -> Done:
        return resume_payouts(desk.world.transactions, desk.world.clock, desk.payouts)

    assert resume() == Done("nobody is in line")
    assert task_of(desk) is None
    withdrawal_id = desk.ask()
    with desk.world.transactions() as tx:
        lost = tx.tasks.open(PAY_OUT, HOT_WALLET)
        assert lost is not None
        tx.tasks.write(Task(lost.id, PAY_OUT, HOT_WALLET, {}, NOON, NOON, state=lost.state.DONE, finished_at=NOON))
    assert task_of(desk) is None
    assert resume() == Done(f"withdrawal {withdrawal_id} is next")
    made_up = task_of(desk)
    assert made_up is not None
    assert made_up.id != lost.id


def test_an_alarm_is_heard_and_the_task_stays(desk: PayDesk) -> None:
    desk.chain.fund(HOT, -1000 * NANO)
    desk.ask()
    world, messages = desk.world, MemoryMessages()
    handlers = {PAY_OUT: Handler(lambda _: desk.make_pass())}
    performed = []

    def perform(task_id: int) -> None:
        performed.append(perform_task(world.transactions, world.clock, lambda: 0.0, handlers, task_id))

    assert relay_tasks(world.transactions, world.clock, messages) == 1
    messages.deliver(perform)
    [attempt] = performed
    assert isinstance(attempt.result, Done)
    assert attempt.result.alarm
    waiting = task_of(desk)
    assert waiting is not None
    assert (waiting.id, waiting.due_at, waiting.attempts) == (attempt.task.id, NOON + AFTER_ALARM, 0)

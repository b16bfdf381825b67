"""Idempotency: what was answered under a key is answered again, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.refusal import BalanceTooLow, IdempotencyKeyReused, Refused
from stickercase.domain.use_cases.adjust_balance import adjust_balance
from stickercase.domain.use_cases.forget_answers import forget_answers
from stickercase.domain.use_cases.once import Answered, Caller, Remembered
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World

KEYED = Caller("service:bot", "key 1", b"\x00\xff request")


def test_nothing_is_remembered_at_first(world: World) -> None:
    with world.transactions() as tx:
        assert tx.answers.recall("service:bot", "key 1") is None


def test_an_answer_is_kept_byte_for_byte(world: World) -> None:
    kept = Remembered(b"\x00\x01", bytes(range(256)))
    with world.transactions() as tx:
        tx.answers.remember("service:bot", "k", kept, world.clock.now())
    with world.transactions() as tx:
        assert tx.answers.recall("service:bot", "k") == kept
        assert tx.answers.recall("service:bot", "K") is None
        assert tx.answers.recall("service:shop", "k") is None
        assert tx.answers.recall("service:botk", "") is None


def test_an_answer_is_known_at_once_in_its_own_transaction(world: World) -> None:
    kept = Remembered(b"", b"")
    with world.transactions() as tx:
        tx.answers.remember("service:bot", "k", kept, world.clock.now())
        assert tx.answers.recall("service:bot", "k") == kept


def test_a_repeat_gets_the_first_answer_and_does_nothing(world: World) -> None:
    player = world.new_player()
    assert world.adjust(player, 5, caller=KEYED) == Answered(b"5", replayed=False)
    world.adjust(player, 7)
    before = world.snapshot()
    assert world.adjust(player, 5, caller=KEYED) == Answered(b"5", replayed=True)
    assert world.snapshot() == before


def test_a_key_belongs_to_one_request(world: World) -> None:
    player = world.new_player()
    world.adjust(player, 5, caller=KEYED)
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        world.adjust(player, 6, caller=replace(KEYED, request_hash=b"another"))
    assert refused.value.refusal == IdempotencyKeyReused()
    assert world.snapshot() == before


def test_callers_do_not_share_keys(world: World) -> None:
    player = world.new_player()
    for name in ("service:bot", "service:shop", "player:1"):
        assert not world.adjust(player, 5, caller=replace(KEYED, name=name)).replayed
    assert world.balance(player) == 15


def test_a_refusal_does_not_use_the_key_up(world: World) -> None:
    player = world.new_player()
    with pytest.raises(Refused) as refused:
        world.adjust(player, -5, caller=KEYED)
    assert refused.value.refusal == BalanceTooLow(0)
    assert world.adjust(player, 5, caller=KEYED) == Answered(b"5", replayed=False)


def test_an_interrupted_request_does_not_use_the_key_up(world: World) -> None:
    player = world.new_player()
    before = world.snapshot()
    with pytest.raises(Interrupted):
        adjust_balance(
            interrupted(world.transactions), world.clock, KEYED, player.profile.telegram_id, 5, "x", lambda left: b"!"
        )
    assert world.snapshot() == before
    assert world.adjust(player, 5, caller=KEYED) == Answered(b"5", replayed=False)


def test_only_old_answers_are_forgotten(world: World) -> None:
    at = world.clock.now()
    with world.transactions() as tx:
        for number, age in enumerate((3, 2, 1, 0)):
            tx.answers.remember("service:bot", f"{number}", Remembered(b"", b""), at - timedelta(hours=age))
    with world.transactions() as tx:
        bites = [tx.answers.forget(at - timedelta(hours=1), limit) for limit in (1, 5, 5)]
    assert bites == [1, 1, 0]
    with world.transactions() as tx:
        kept = [tx.answers.recall("service:bot", f"{number}") is not None for number in range(4)]
    assert kept == [False, False, True, True]


def test_forgetting_is_rolled_back(world: World) -> None:
    with world.transactions() as tx:
        tx.answers.remember("service:bot", "k", Remembered(b"a", b"b"), world.clock.now())
    with pytest.raises(Interrupted), interrupted(world.transactions)() as tx:
        assert tx.answers.forget(world.clock.now() + timedelta(hours=1), 9) == 1
    with world.transactions() as tx:
        assert tx.answers.recall("service:bot", "k") == Remembered(b"a", b"b")


def test_answers_of_openings_are_forgotten_too(world: World) -> None:
    player, pack = world.new_player(9 * NANO), world.new_pack(3)
    case = world.new_case([(pack.id, 1.0)])
    opened = world.open(player, case, key="k")
    assert isinstance(opened, Answered)
    world.clock.pass_time(hours=25)
    assert forget_answers(world.transactions, world.clock, timedelta(hours=24)) == 1
    again = world.open(player, case, key="k")
    assert isinstance(again, Answered)
    assert not again.replayed
    assert all_held(world.audits.audit())


# --- races


def test_one_key_at_once_has_one_effect(world: World) -> None:
    player = world.new_player(NANO)
    answers = at_once([lambda: world.adjust(player, 5, caller=KEYED)] * 10)
    assert [answered.replayed for answered in answers].count(False) == 1
    assert {answered.answer for answered in answers} == {b"%d" % (NANO + 5)}
    assert world.balance(player) == NANO + 5
    assert all_held(world.audits.audit())


def test_one_key_at_once_for_different_requests_serves_one(world: World) -> None:
    player = world.new_player()

    def ask(amount: int) -> object:
        try:
            return world.adjust(player, amount, caller=replace(KEYED, request_hash=b"%d" % amount))
        except Refused as refused:
            return refused.refusal

    outcomes = at_once([lambda amount=amount: ask(amount) for amount in range(1, 9)])
    served = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
    assert len(served) == 1
    assert outcomes.count(IdempotencyKeyReused()) == 7
    assert world.balance(player) == int(served[0].answer)


def test_after_an_interrupted_first_the_waiting_second_acts(world: World) -> None:
    player = world.new_player()

    def fail() -> Answered | None:
        with pytest.raises(Interrupted):
            adjust_balance(
                interrupted(world.transactions), world.clock, KEYED, player.profile.telegram_id, 5, "x", lambda _: b"!"
            )
        return None

    outcomes = at_once([fail, lambda: world.adjust(player, 5, caller=KEYED)] * 3)
    answered = [outcome for outcome in outcomes if outcome is not None]
    assert {outcome.answer for outcome in answered} <= {b"5", b"!"}
    assert world.balance(player) == 5

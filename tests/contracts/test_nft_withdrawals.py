"""Units that go out as NFTs: each once, by the worker and the rules of withdrawals. On memory and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stickercase.domain.gifts.refusals import NotDeliverable
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.refusal import ItemNotOwned
from stickercase.domain.use_cases.advance_withdrawal import review_withdrawal
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.reconcile_wallet import reconcile_wallet
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import TRANSFER_NANO
from stickercase.domain.wallet.reconciliation import Total
from stickercase.domain.wallet.refusals import WalletNotConnected
from stickercase.domain.wallet.withdrawals import NftUnit, Stage, Withdrawal
from stickercase.ports.failures import BrokenLaw
from support.nft_desks import holder, owner_of, stage_of
from support.pay_desks import FEE_NANO, HOT, LIMITS, PayDesk, pay_desk
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

STRANGER = Address(0, b"\x77" * 32)


@pytest.fixture
def desk(world: World) -> PayDesk:
    return pay_desk(world)


def sound(desk: PayDesk) -> bool:
    assert all_held(desk.world.audits.audit())
    found = reconcile_wallet(desk.world.outflows, desk.payouts, desk.chain)
    assert found.mismatches == ()
    return found.is_sound


def test_a_unit_leaves_and_its_nft_is_the_players(desk: PayDesk) -> None:
    one = owner_of(desk)
    withdrawal_id = one.taken_out()
    assert one.states == [True]
    [line] = desk.world.reading.withdrawals_of(one.player.id, 9, None)[1]
    assert line == desk.world.reading.withdrawal_of_item(one.player.id, one.item_id)
    assert (line.id, line.stage, line.address, line.amount_nano, line.fee_nano) == (
        withdrawal_id,
        "held",
        one.home,
        0,
        0,
    )
    assert line.unit is not None
    assert (line.unit.item_id, line.unit.nft_address) == (one.item_id, one.nft)
    assert desk.drain() == []
    assert (stage_of(desk, withdrawal_id), one.states, desk.chain.nft_owner(one.nft)) == ("confirmed", [], one.home)
    assert desk.world.balance(one.player) == 0
    assert desk.world.events(one.player, "Withdrawal") == []
    assert one.take_out() == ItemNotOwned(one.item_id)
    assert sound(desk)


def test_a_unit_whose_nft_is_not_ours_comes_back_and_a_person_hears_of_it(desk: PayDesk) -> None:
    one = owner_of(desk, owner=STRANGER)
    withdrawal_id = one.taken_out()
    told = one.nft.friendly(bounceable=True)
    assert desk.drain() == [f"withdrawal {withdrawal_id}: the NFT {told} refused its transfer"]
    assert (stage_of(desk, withdrawal_id), one.states, desk.chain.nft_owner(one.nft)) == ("failed", [False], STRANGER)
    assert sound(desk)
    desk.chain.owners[one.nft] = HOT
    one.taken_out()
    assert desk.drain() == []
    assert (one.states, desk.chain.nft_owner(one.nft)) == ([], one.home)
    newest = desk.world.reading.withdrawal_of_item(one.player.id, one.item_id)
    assert newest is not None
    assert newest.id > withdrawal_id
    assert sound(desk)


def test_both_kinds_are_in_one_line(desk: PayDesk) -> None:
    first, middle, last = desk.ask(), owner_of(desk).taken_out(), desk.ask(20 * NANO)
    assert desk.drain() == []
    found = [desk.find(one) for one in (first, middle, last)]
    assert [one.stage.value for one in found] == ["confirmed"] * 3
    assert [attempt.seqno for one in found for attempt in one.attempts] == [0, 1, 2]
    assert desk.arrived() == [10 * NANO - FEE_NANO, 20 * NANO - FEE_NANO]
    told = reconcile_wallet(desk.world.outflows, desk.payouts, desk.chain)
    assert told.confirmed == told.paid == Total(2, sum(desk.arrived()))
    assert told.gas == Total(1, TRANSFER_NANO)
    assert sound(desk)


def test_of_many_wishes_for_a_unit_one_is_granted(desk: PayDesk) -> None:
    one = owner_of(desk)
    answers = at_once([one.take_out] * 6)
    assert sum(isinstance(answer, Answered) for answer in answers) == 1
    assert answers.count(ItemNotOwned(one.item_id)) == 5
    assert desk.drain() == []
    assert sound(desk)


def test_a_repeated_wish_has_its_first_answer(desk: PayDesk) -> None:
    one = owner_of(desk)
    first, again = one.take_out("k"), one.take_out("k")
    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert (again.answer, again.replayed) == (first.answer, True)


def test_what_cannot_go_out_is_refused_without_a_trace(world: World) -> None:
    homeless, lost = holder(world, connect=False), holder(world, address="nowhere")
    before = world.snapshot()
    assert homeless.take_out() == WalletNotConnected()
    assert lost.take_out() == NotDeliverable(lost.item_id)
    assert replace(lost, item_id=homeless.item_id).take_out() == ItemNotOwned(homeless.item_id)
    assert world.snapshot() == before


def test_a_dear_unit_awaits_a_person(desk: PayDesk) -> None:
    cheap, dear = owner_of(desk, floor_nano=LIMITS.approval_above_nano), owner_of(desk, floor_nano=501 * NANO)
    assert stage_of(desk, cheap.taken_out()) == "held"
    for approve in (False, True):
        withdrawal_id = dear.taken_out()
        assert stage_of(desk, withdrawal_id) == "awaiting_approval"
        review_withdrawal(desk.world.transactions, desk.world.clock, OPERATOR, withdrawal_id, approve, lambda _: b"")
        assert dear.states == [approve]
    assert desk.drain() == []
    assert (dear.states, desk.chain.nft_owner(dear.nft)) == ([], dear.home)
    assert sound(desk)


def test_an_interrupted_wish_and_an_interrupted_end_leave_no_trace(desk: PayDesk) -> None:
    one = owner_of(desk)
    before = desk.world.snapshot()
    with pytest.raises(Interrupted):
        replace(one, world=replace(desk.world, transactions=interrupted(desk.world.transactions))).take_out()
    assert desk.world.snapshot() == before
    one.taken_out()
    desk.make_pass()
    desk.world.clock.pass_time(seconds=6)
    before = desk.world.snapshot()
    with pytest.raises(Interrupted):
        desk.make_pass(interrupted(desk.world.transactions))
    assert desk.world.snapshot() == before
    assert desk.drain() == []
    assert one.states == []


def _add(desk: PayDesk, withdrawal: Withdrawal) -> None:
    with desk.world.transactions() as tx:
        tx.ledger.balance(withdrawal.player_id)
        tx.withdrawals.add(withdrawal)


def test_an_item_has_one_withdrawal_under_way(desk: PayDesk) -> None:
    one = owner_of(desk)
    known = desk.find(one.taken_out())
    with pytest.raises(BrokenLaw):
        _add(desk, replace(known, id=10**9))
    with desk.world.transactions() as tx:
        tx.ledger.balance(one.player.id)
        tx.withdrawals.write(replace(known, stage=Stage.REJECTED))
    second = replace(known, id=10**9)
    _add(desk, second)
    assert desk.find(second.id) == second
    assert isinstance(second.unit, NftUnit)

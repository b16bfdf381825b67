"""Paying withdrawals out: what a pass does about each thing that the chain, a person or a stranger may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.advance_withdrawal import review_withdrawal
from stickercase.domain.use_cases.pay_withdrawals import ChainBehind
from stickercase.domain.use_cases.payout_task import HOT_WALLET, PAY_OUT
from stickercase.domain.use_cases.tasks import Again, Done, Task
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import RESERVE_NANO, TRANSFER_NANO, WalletState, WalletTransaction, payment_of
from stickercase.domain.wallet.withdrawals import LANDED_IN_VAIN, NEVER_LANDED
from stickercase.ports.failures import AnswerLost, Unintelligible, VendorUnavailable
from support.nft_desks import owner_of, stage_of
from support.pay_desks import FEE_NANO, HOT, PayDesk, pay_desk
from support.worlds import OPERATOR, memory_world


@pytest.fixture
def desk() -> PayDesk:
    return pay_desk(memory_world())


def task_of(desk: PayDesk) -> Task | None:
    with desk.world.transactions() as tx:
        return tx.tasks.open(PAY_OUT, HOT_WALLET)


@dataclass
class Trouble:
    """The desk's chain, some of whose answers are replaced by an error; ``does`` says whether it was done all the same."""

    desk: PayDesk
    error: Exception | None = None
    of: str = "send"
    does: bool = False

    def wallet(self, address: Address) -> WalletState:
        self._maybe("wallet")
        return self.desk.chain.wallet(address)

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        self._maybe("transactions")
        return self.desk.chain.transactions(state, since)

    def nft_owner(self, item: Address) -> Address | None:
        self._maybe("nft_owner")
        return self.desk.chain.nft_owner(item)

    def send(self, message: bytes) -> None:
        if self.does:
            self.desk.chain.send(message)
        self._maybe("send")
        self.desk.chain.send(message)

    def _maybe(self, name: str) -> None:
        if self.error is not None and self.of == name:
            raise self.error


def test_what_is_written_before_it_is_sent_is_what_is_sent(desk: PayDesk) -> None:
    withdrawal_id = desk.ask()
    with pytest.raises(VendorUnavailable):
        desk.make_pass(chain=Trouble(desk, VendorUnavailable("nobody there")))
    known = desk.find(withdrawal_id)
    assert known.stage.value == "signed"
    [attempt] = known.attempts
    signed_again = desk.payouts.sign(payment_of(known), attempt.seqno, attempt.valid_until)
    assert (attempt.message, attempt.message_hash, attempt.wallet) == (signed_again.content, signed_again.hash, HOT)
    assert desk.drain() == []
    assert desk.find(withdrawal_id).attempts == (attempt,)
    assert desk.arrived() == [10 * NANO - FEE_NANO]


@pytest.mark.parametrize("error", [AnswerLost("lost"), Unintelligible("half of it")])
@pytest.mark.parametrize("does", [True, False])
def test_a_lost_answer_is_no_failure(desk: PayDesk, error: Exception, does: bool) -> None:
    desk.ask()
    trouble = Trouble(desk, error, does=does)
    for _ in range(2):
        assert isinstance(desk.make_pass(chain=trouble), Again)
        assert desk.stages() == ["signed"]
        desk.world.clock.pass_time(seconds=1)
    assert desk.drain() == []
    assert (desk.stages(), desk.arrived()) == (["confirmed"], [10 * NANO - FEE_NANO])


@pytest.mark.parametrize("of", ["wallet", "transactions"])
def test_nothing_is_decided_while_the_chain_is_away(desk: PayDesk, of: str) -> None:
    desk.ask()
    desk.make_pass()
    desk.chain.forget_waiting()
    desk.world.clock.pass_time(hours=2)
    before = desk.world.snapshot()
    with pytest.raises(VendorUnavailable):
        desk.make_pass(chain=Trouble(desk, VendorUnavailable("away"), of))
    assert (desk.stages(), desk.world.snapshot()) == (["sent"], before)


def test_a_message_that_never_lands_is_signed_anew_and_in_the_end_released(desk: PayDesk) -> None:
    withdrawal_id = desk.ask()
    for number in range(1, 4):
        assert isinstance(desk.make_pass(), Again)
        desk.chain.forget_waiting()
        assert len(desk.find(withdrawal_id).attempts) == number
        desk.world.clock.pass_time(minutes=5, seconds=59)
        assert isinstance(desk.make_pass(), Again)
        assert desk.stages() == ["sent"]
        desk.world.clock.pass_time(seconds=1)
        over = desk.make_pass()
        assert number == 3 or over == Again(desk.world.clock.now())
    assert over == Done(f"withdrawal {withdrawal_id}: {NEVER_LANDED}", alarm=True)
    assert task_of(desk) is not None, "whoever is next is not forgotten"
    assert (desk.stages(), desk.balances(), desk.arrived()) == (["expired"], [10 * NANO], [0])
    assert [attempt.seqno for attempt in desk.find(withdrawal_id).attempts] == [0, 0, 0]
    assert all_held(desk.world.audits.audit())


def test_a_message_that_landed_and_paid_nothing_is_released(desk: PayDesk) -> None:
    withdrawal_id = desk.ask(10 * NANO)
    desk.make_pass()
    # Somebody empties the wallet before the message lands.
    desk.chain.fund(HOT, -desk.chain.wallet(HOT).balance_nano + NANO)
    desk.world.clock.pass_time(seconds=6)
    assert desk.make_pass() == Done(f"withdrawal {withdrawal_id}: {LANDED_IN_VAIN}", alarm=True)
    assert desk.find(withdrawal_id).stage.value == "failed"
    assert (desk.balances(), desk.arrived()) == ([10 * NANO], [0])


def test_a_hot_wallet_that_is_too_low_signs_nothing_and_says_so(desk: PayDesk) -> None:
    desk.chain.fund(HOT, -1000 * NANO)
    first, _ = desk.ask(10 * NANO), desk.ask(NANO)
    desk.chain.fund(HOT, 10 * NANO - FEE_NANO + RESERVE_NANO - 1)
    result = desk.make_pass()
    assert isinstance(result, Done)
    assert result.alarm
    assert result.note == (
        f"the hot wallet has 9.999999999 TON, and withdrawal {first} needs 10.000000000: nothing is signed"
    )
    assert desk.stages() == ["held", "held"]
    assert desk.find(first).attempts == ()
    assert task_of(desk) is not None
    desk.chain.fund(HOT, 2 * NANO)
    assert desk.drain() == []
    assert desk.stages() == ["confirmed", "confirmed"]


def test_a_counter_that_moved_without_us_is_an_alarm_and_no_obstacle(desk: PayDesk) -> None:
    desk.ask()
    desk.drain()
    stranger = desk.payouts.sign(
        payment_of(desk.find(desk.asked[0][0])), 1, desk.world.clock.now() + timedelta(minutes=1)
    )
    desk.chain.send(stranger.content)
    desk.world.clock.pass_time(seconds=6)
    desk.ask()
    assert desk.drain() == ["the hot wallet's counter went from 1 to 2 without us"]
    assert desk.stages() == ["confirmed", "confirmed"]
    desk.ask()
    assert desk.drain() == []


def test_a_turn_that_somebody_else_took_is_void_and_told(desk: PayDesk) -> None:
    desk.ask()
    desk.make_pass(chain=Trouble(desk, AnswerLost("lost")))
    stranger = desk.payouts.sign(
        payment_of(desk.find(desk.asked[0][0])), 0, desk.world.clock.now() + timedelta(seconds=9)
    )
    desk.chain.send(stranger.content)
    assert desk.drain(400) == ["the hot wallet's counter went from 0 to 1 without us"]
    assert desk.stages() == ["confirmed"]


def test_a_node_that_is_behind_is_not_believed(desk: PayDesk) -> None:
    desk.ask()
    early = desk.chain.wallet(HOT)
    desk.drain()
    desk.ask()

    class Behind(Trouble):
        def wallet(self, address: Address) -> WalletState:
            return early

    with pytest.raises(ChainBehind):
        desk.make_pass(chain=Behind(desk))
    assert desk.stages() == ["confirmed", "held"]


@pytest.mark.parametrize("given_up", [1, 2])
def test_what_lands_after_it_was_given_up_is_noticed_before_anything_is_signed(desk: PayDesk, given_up: int) -> None:
    """The chain broke its word, with the first message of all; the player is paid once even so."""
    withdrawal_id = desk.ask()
    for _ in range(given_up):
        desk.make_pass()
        desk.chain.forget_waiting()
        desk.world.clock.pass_time(minutes=6)
        desk.make_pass()
        assert desk.stages() == ["held"]
    attempts = desk.find(withdrawal_id).attempts
    desk.world.clock.pass_time(minutes=-6 * given_up)
    desk.chain.send(attempts[0].message)
    desk.world.clock.pass_time(minutes=6 * given_up + 1)
    assert desk.drain() == [f"withdrawal {withdrawal_id}: a message landed after it was given up"]
    assert (desk.stages(), desk.arrived()) == (["confirmed"], [10 * NANO - FEE_NANO])
    assert desk.find(withdrawal_id).attempts == attempts


def test_a_rejected_one_is_passed_over(desk: PayDesk) -> None:
    first, _ = desk.ask(), desk.ask()
    review_withdrawal(desk.world.transactions, desk.world.clock, OPERATOR, first, False, lambda _: b"")
    assert desk.drain() == []
    assert desk.stages() == ["rejected", "confirmed"]
    assert desk.arrived() == [0, 10 * NANO - FEE_NANO]


def test_a_new_hot_wallet_takes_over_where_the_old_one_stopped(desk: PayDesk) -> None:
    first, second = desk.ask(), desk.ask()
    desk.drain(until=lambda: desk.find(second).stage.value == "sent")
    new = Address(0, b"\x09" * 32)
    desk.payouts = type(desk.payouts)(new)
    desk.chain.fund(new, 100 * NANO)
    third = desk.ask()
    assert desk.drain() == []
    wallets = [desk.find(one).attempts[-1].wallet for one in (first, second, third)]
    assert (wallets, desk.stages()) == ([HOT, HOT, new], ["confirmed"] * 3)
    assert desk.arrived() == [10 * NANO - FEE_NANO] * 3


def test_an_nft_that_is_silent_holds_the_line_up_and_then_its_owner_decides(desk: PayDesk) -> None:
    mute, _ = owner_of(desk), desk.ask()
    desk.chain.mute.add(mute.nft)
    withdrawal_id = mute.taken_out()
    desk.drain(until=lambda: desk.find(withdrawal_id).stage.value == "sent")
    # What has landed is not sent again: the wallet would only refuse it.
    unwanted = Trouble(desk, AssertionError("nothing is to be sent"))
    for _ in range(10):
        desk.world.clock.pass_time(seconds=50)
        assert isinstance(desk.make_pass(chain=unwanted), Again)
        assert (stage_of(desk, withdrawal_id), mute.states) == ("sent", [True])
    desk.world.clock.pass_time(minutes=2)
    told = mute.nft.friendly(bounceable=True)
    assert desk.drain() == [f"withdrawal {withdrawal_id}: the NFT {told} did not change hands"]
    assert (stage_of(desk, withdrawal_id), mute.states) == ("failed", [False])


def test_nothing_is_decided_of_an_nft_whose_owner_is_not_told(desk: PayDesk) -> None:
    one = owner_of(desk)
    withdrawal_id = one.taken_out()
    desk.make_pass()
    desk.world.clock.pass_time(seconds=6)
    before = desk.world.snapshot()
    with pytest.raises(VendorUnavailable):
        desk.make_pass(chain=Trouble(desk, VendorUnavailable("away"), "nft_owner"))
    assert (stage_of(desk, withdrawal_id), desk.world.snapshot()) == ("sent", before)
    assert desk.drain() == []
    assert one.states == []


def test_the_hot_wallet_must_have_the_gas_for_an_nft(desk: PayDesk) -> None:
    desk.chain.fund(HOT, -1000 * NANO + TRANSFER_NANO + RESERVE_NANO - 1)
    withdrawal_id = owner_of(desk).taken_out()
    result = desk.make_pass()
    assert isinstance(result, Done)
    assert (
        result.note
        == f"the hot wallet has 0.099999999 TON, and withdrawal {withdrawal_id} needs 0.100000000: nothing is signed"
    )
    desk.chain.fund(HOT, 1)
    assert desk.drain() == []

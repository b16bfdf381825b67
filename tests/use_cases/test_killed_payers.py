"""Workers that die at any step of a pass, before a chain that loses answers: each is paid once or released once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.reconcile_wallet import reconcile_wallet
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import WalletState, WalletTransaction
from stickercase.domain.wallet.reconciliation import Total
from stickercase.domain.wallet.withdrawals import LANDED_IN_VAIN, NEVER_LANDED
from stickercase.ports.failures import AnswerLost, VendorUnavailable
from stickercase.ports.transactions import Transaction
from support.nft_desks import Holder, owner_of
from support.pay_desks import FEE_NANO, HOT, PayDesk, pay_desk
from support.worlds import memory_world

T = TypeVar("T")
STRANGER = Address(0, b"\x77" * 32)


class Killed(BaseException):
    """SIGKILL: nothing of ours catches it."""


@dataclass
class Fate:
    """What happens at each step of a pass, counted from 0: before and after every commit and every call."""

    deaths: frozenset[int]
    losses: frozenset[int]
    steps: int = 0

    def step(self) -> int:
        number = self.steps
        self.steps += 1
        if number in self.deaths:
            raise Killed
        return number


@dataclass
class Doomed:
    """Store and chain as a worker sees them that is about to die. Answers get lost, before or after what they are to."""

    desk: PayDesk
    fate: Fate

    @contextmanager
    def transactions(self) -> Iterator[Transaction]:
        with self.desk.world.transactions() as tx:
            yield tx
            self.fate.step()
        self.fate.step()

    def wallet(self, address: Address) -> WalletState:
        return self._asked(lambda: self.desk.chain.wallet(address))

    def transactions_of(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        return self._asked(lambda: self.desk.chain.transactions(state, since))

    def nft_owner(self, item: Address) -> Address | None:
        return self._asked(lambda: self.desk.chain.nft_owner(item))

    def send(self, message: bytes) -> None:
        if self.fate.step() in self.fate.losses:
            raise VendorUnavailable("nobody was there")
        self.desk.chain.send(message)
        if self.fate.step() in self.fate.losses:
            raise AnswerLost("it was done")

    def _asked(self, ask: Callable[[], T]) -> T:
        if self.fate.step() in self.fate.losses:
            raise VendorUnavailable("nobody was there")
        answer = ask()
        self.fate.step()
        return answer


@dataclass
class DoomedChain:
    """The chain of a doomed worker."""

    doomed: Doomed

    def wallet(self, address: Address) -> WalletState:
        return self.doomed.wallet(address)

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        return self.doomed.transactions_of(state, since)

    def nft_owner(self, item: Address) -> Address | None:
        return self.doomed.nft_owner(item)

    def send(self, message: bytes) -> None:
        self.doomed.send(message)


@dataclass(frozen=True)
class Act:
    """A pass of a worker, and what happens afterwards."""

    deaths: frozenset[int] = frozenset()
    losses: frozenset[int] = frozenset()
    seconds: int = 2
    forgets: bool = False


@dataclass
class Story:
    """Passes, one after the other, and what came of them."""

    desk: PayDesk
    steps: int = 0
    deaths: int = 0

    def perform(self, act: Act) -> None:
        fate = Fate(act.deaths, act.losses)
        doomed = Doomed(self.desk, fate)
        try:
            self.desk.make_pass(doomed.transactions, DoomedChain(doomed))
        except Killed:
            self.deaths += 1
        except VendorUnavailable:
            pass  # The task fails, and is tried again.
        self.steps = max(self.steps, fate.steps)
        if act.forgets:
            self.desk.chain.forget_waiting()
        self.desk.world.clock.pass_time(seconds=act.seconds)

    def told(self) -> None:
        """Whatever happened: everything paid once or released once, and both sides agree."""
        desk = self.desk
        asked = [desk.find(withdrawal_id) for withdrawal_id, _, _ in desk.asked]
        for one, arrived_nano, balance_nano in zip(asked, desk.arrived(), desk.balances(), strict=True):
            expected = (one.paid_nano, 0) if one.stage.value == "confirmed" else (0, one.amount_nano)
            assert (arrived_nano, balance_nano) == expected, one
            assert one.stage.value in ("confirmed", "failed", "expired")
        events = [event for _, player, _ in desk.asked for event in desk.world.events(player, "Withdrawal")]
        posted = -sum(event.amount_nano for event in events if event.status == "confirmed")
        assert posted == sum(desk.arrived()) + FEE_NANO * desk.stages().count("confirmed")
        assert all_held(desk.world.audits.audit())
        found = reconcile_wallet(desk.world.outflows, desk.payouts, desk.chain)
        assert (found.mismatches, found.under_way.count) == ((), 0)
        assert found.confirmed == found.paid == Total(desk.stages().count("confirmed"), sum(desk.arrived()))


def told_of(desk: PayDesk, holders: Sequence[Holder]) -> None:
    """Whatever happened: an NFT is the player's and the unit gone, or all is as before."""
    for one in holders:
        line = desk.world.reading.withdrawal_of_item(one.player.id, one.item_id)
        assert line is not None
        assert line.stage in ("confirmed", "failed", "expired")
        owner, before = desk.chain.nft_owner(one.nft), one.owner_before
        assert (owner, one.states) == ((one.home, []) if line.stage == "confirmed" else (before, [False])), line
    assert all_held(desk.world.audits.audit())
    assert reconcile_wallet(desk.world.outflows, desk.payouts, desk.chain).mismatches == ()


STEPS = st.frozensets(st.integers(0, 24), max_size=2)
ACTS = st.builds(Act, STEPS, STEPS, st.sampled_from([0, 2, 6, 61, 361]), st.booleans())


@settings(max_examples=400, deadline=None)
@given(st.lists(ACTS, max_size=25), st.integers(1, 3))
def test_each_is_paid_once_or_released_once(acts: list[Act], count: int) -> None:
    story = Story(pay_desk(memory_world()))
    for number in range(count):
        story.desk.ask((10 + number) * NANO)
    for act in acts:
        story.perform(act)
    assert not [alarm for alarm in story.desk.drain(1000) if not alarm.endswith((NEVER_LANDED, LANDED_IN_VAIN))]
    story.told()


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTS, max_size=25), st.booleans())
def test_each_nft_goes_out_once_or_comes_back(acts: list[Act], is_ours: bool) -> None:
    story = Story(pay_desk(memory_world()))
    desk = story.desk
    holders = [owner_of(desk), owner_of(desk, HOT if is_ours else STRANGER), owner_of(desk)]
    for one in holders[:2]:
        one.taken_out()
    desk.ask()
    holders[2].taken_out()
    for act in acts:
        story.perform(act)
    alarms = desk.drain(1000)
    assert all("refused its transfer" in alarm for alarm in alarms)
    assert len(alarms) <= (0 if is_ours else 1)
    told_of(desk, holders)


def test_a_death_at_every_single_step_with_an_nft_changes_nothing() -> None:
    deaths = 0
    for step in range(18):
        for pass_number in range(3):
            story = Story(pay_desk(memory_world()))
            one = owner_of(story.desk)
            one.taken_out()
            for number in range(4):
                story.perform(Act(deaths=frozenset({step}) if number == pass_number else frozenset(), seconds=3))
            deaths += story.deaths
            assert story.desk.drain() == []
            told_of(story.desk, [one])
            assert one.states == []
    assert deaths > 20


def test_a_death_at_every_single_step_changes_nothing() -> None:
    """The pass that signs, the one that looks while it is on its way, the one that sees it land: one death in each."""
    deaths = 0
    for step in range(15):
        for pass_number in range(3):
            story = Story(pay_desk(memory_world()))
            story.desk.ask()
            for number in range(4):
                doom = frozenset({step}) if number == pass_number else frozenset()
                story.perform(Act(deaths=doom, seconds=3))
            deaths += story.deaths
            assert story.desk.drain() == []
            story.told()
            assert story.desk.stages() == ["confirmed"]
    assert deaths > 20

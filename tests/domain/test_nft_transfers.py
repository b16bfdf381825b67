"""What became of a transfer: the NFT's answer and its owner decide, and time only where there is no answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.nft_transfers import PATIENCE, look_at_transfer
from stickercase.domain.wallet.payouts import (
    TRANSFER_NANO,
    NftAnswer,
    NftTransfer,
    Paid,
    WalletState,
    WalletTransaction,
    leaves,
    payment_of,
)
from stickercase.domain.wallet.reconciliation import Total, reconcile
from stickercase.domain.wallet.withdrawals import Attempt, Landing, NftUnit, Resolution, Stage, Withdrawal, looked
from support.clock import NOON

HOT, HOME, ITEM, STRANGER = (Address(0, bytes([number]) * 32) for number in range(1, 5))
ATTEMPT = Attempt("m1", NOON + timedelta(minutes=5), HOT, 0, b"")
SENT = Withdrawal(5, 7, HOME, 0, 0, NOON, Stage.SENT, (ATTEMPT,), unit=NftUnit(15, 3, ITEM))
LANDED = WalletTransaction(10, NOON, "m1", (Paid(ITEM, TRANSFER_NANO),))
SAID_YES, SAID_NO = (
    WalletTransaction(12, NOON, None, (), NftAnswer(ITEM, 5, bounced=bounced)) for bounced in (False, True)
)
OTHERS = (
    WalletTransaction(9, NOON, None, (), NftAnswer(ITEM, 5, bounced=True)),  # before it was asked
    WalletTransaction(13, NOON, None, (), NftAnswer(STRANGER, 5, bounced=True)),  # another NFT's
    WalletTransaction(14, NOON, None, (), NftAnswer(ITEM, 6, bounced=True)),  # to another question
)


def look(*seen: WalletTransaction, owner: Address | None, late: timedelta = timedelta()) -> tuple[Landing, bool]:
    state = WalletState(HOT, 10**9, 1, 20, NOON + late)
    found = look_at_transfer(SENT, ATTEMPT, state, (*seen, *OTHERS), owner)
    return found.landing, found.alarm is not None


def test_a_unit_is_asked_for_with_gas_of_the_house() -> None:
    assert payment_of(SENT) == NftTransfer(ITEM, HOME, 5, TRANSFER_NANO)
    assert leaves(SENT) == Paid(ITEM, TRANSFER_NANO)


@pytest.mark.parametrize("late", [timedelta(), PATIENCE])
def test_the_nfts_word_and_its_owner_decide(late: timedelta) -> None:
    assert look(LANDED, SAID_NO, owner=HOT, late=late) == (Landing.UNPAID, True)
    assert look(LANDED, SAID_NO, owner=HOME, late=late) == (Landing.UNPAID, True)
    assert look(LANDED, SAID_YES, owner=HOME, late=late) == (Landing.PAID, False)
    assert look(LANDED, owner=HOME, late=late) == (Landing.PAID, False)


def test_what_the_player_has_passed_on_does_not_come_back() -> None:
    for owner in (STRANGER, None):
        assert look(LANDED, SAID_YES, owner=owner) == (Landing.PAID, False)


def test_without_an_answer_one_waits_and_then_the_owner_decides() -> None:
    for owner in (HOT, STRANGER, None):
        assert look(LANDED, owner=owner, late=PATIENCE - timedelta(seconds=1)) == (Landing.LEFT, False)
    # A node that is behind may show the former owner.
    assert look(LANDED, SAID_YES, owner=HOT) == (Landing.LEFT, False)
    assert look(LANDED, owner=HOT, late=PATIENCE) == (Landing.UNPAID, True)
    assert look(LANDED, SAID_YES, owner=HOT, late=PATIENCE) == (Landing.UNPAID, True)
    assert look(LANDED, owner=STRANGER, late=PATIENCE) == (Landing.PAID, True)


def test_what_has_not_left_is_no_transfer() -> None:
    assert look(owner=HOME) == (Landing.ABSENT, False)
    assert look(WalletTransaction(10, NOON, "m1", ()), owner=HOME) == (Landing.UNPAID, False)
    other = WalletTransaction(10, NOON, "m1", (Paid(ITEM, TRANSFER_NANO - 1),))
    assert look(other, owner=HOME) == (Landing.UNPAID, False)


def test_a_look_is_taken_in_by_the_machine_of_withdrawals() -> None:
    state = WalletState(HOT, 10**9, 1, 20, NOON + 2 * PATIENCE)
    waiting = look_at_transfer(SENT, ATTEMPT, WalletState(HOT, 10**9, 1, 20, NOON), [LANDED], HOT)
    assert looked(SENT, waiting).after == SENT
    failed = looked(SENT, look_at_transfer(SENT, ATTEMPT, state, [LANDED, SAID_NO], HOT))
    assert (failed.after.stage, failed.resolution, failed.alarm is None) == (Stage.FAILED, Resolution.RELEASE, False)
    done = looked(SENT, look_at_transfer(SENT, ATTEMPT, state, [LANDED, SAID_YES], HOME))
    assert (done.after.stage, done.resolution, done.alarm) == (Stage.CONFIRMED, Resolution.POST, None)
    doubtful = looked(SENT, look_at_transfer(SENT, ATTEMPT, state, [LANDED], STRANGER))
    assert (doubtful.after.stage, doubtful.alarm is None) == (Stage.CONFIRMED, False)


@pytest.mark.parametrize(
    ("stage", "answer", "words"),
    [
        (Stage.CONFIRMED, SAID_YES, None),
        (Stage.CONFIRMED, SAID_NO, "withdrawal 5 is confirmed, and its NFT refused the transfer"),
        (Stage.FAILED, SAID_NO, None),
        (Stage.FAILED, SAID_YES, "withdrawal 5 is failed, and its NFT took the transfer"),
        (Stage.SENT, SAID_YES, None),
    ],
)
def test_the_audit_holds_nfts_against_the_chain(stage: Stage, answer: WalletTransaction, words: str | None) -> None:
    paid_by = "m1" if stage is Stage.CONFIRMED else None
    known = Withdrawal(5, 7, HOME, 0, 0, NOON, stage, (ATTEMPT,), paid_by, SENT.unit)
    state = WalletState(HOT, 10**9, 1, 20, NOON)
    found = reconcile(state, [known], {HOT: [LANDED, answer]}, [known])
    assert found.mismatches == (() if words is None else (words,))
    assert (found.confirmed, found.paid, found.gas) == (Total(0, 0), Total(0, 0), Total(1, TRANSFER_NANO))

"""Ledger and chain agree when they do, and whatever does not fit is told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import Paid, WalletState, WalletTransaction
from stickercase.domain.wallet.reconciliation import Reconciliation, Total, reconcile
from stickercase.domain.wallet.withdrawals import Attempt, Stage, Withdrawal
from support.clock import NOON

HOT, FORMER = Address(0, b"\x01" * 32), Address(0, b"\x02" * 32)
ANN = Address(0, b"\xa0" * 32)
STATE = WalletState(HOT, 10**12, 7, 70, NOON)
TON = 10**9


def withdrawal(number: int, stage: Stage = Stage.CONFIRMED, wallet: Address = HOT) -> Withdrawal:
    """One of ``number`` TON and a fee of one nanoton, with one message."""
    attempt = Attempt(f"m{number}", NOON + timedelta(minutes=5), wallet, number, b"")
    paid_by = attempt.message_hash if stage is Stage.CONFIRMED else None
    return Withdrawal(number, 7, ANN, number * TON + 1, 1, NOON, stage, (attempt,), paid_by)


def landed(message: str | None, *amounts: int, to: Address = ANN) -> WalletTransaction:
    return WalletTransaction(10, NOON, message, tuple(Paid(to, amount) for amount in amounts))


def held(
    known: Sequence[Withdrawal],
    seen: Sequence[WalletTransaction],
    after: Sequence[Withdrawal] | None = None,
    former: Sequence[WalletTransaction] = (),
) -> Reconciliation:
    return reconcile(STATE, known, {HOT: seen, FORMER: former}, known if after is None else after)


def test_both_sides_agree() -> None:
    found = held([withdrawal(1), withdrawal(2)], [landed("m2", 2 * TON), landed(None), landed("m1", TON)])
    assert (found.confirmed, found.paid, found.under_way) == (Total(2, 3 * TON), Total(2, 3 * TON), Total(0, 0))
    assert found.is_sound


@pytest.mark.parametrize("stage", [Stage.SIGNED, Stage.SENT])
def test_what_is_under_way_is_no_mismatch(stage: Stage) -> None:
    found = held([withdrawal(1), withdrawal(2, stage)], [landed("m2", 2 * TON), landed("m1", TON)])
    assert (found.is_sound, found.under_way, found.paid) == (True, Total(1, 2 * TON), Total(2, 3 * TON))


def test_what_was_signed_while_the_chain_was_read_is_known() -> None:
    found = held([withdrawal(1)], [landed("m2", 2 * TON), landed("m1", TON)], [withdrawal(1), withdrawal(2)])
    assert (found.is_sound, found.under_way) == (True, Total(1, 2 * TON))


@pytest.mark.parametrize(
    ("known", "seen", "words"),
    [
        ([withdrawal(1)], [], "withdrawal 1 is confirmed, and its message m1 is not on the chain"),
        ([withdrawal(1)], [landed("m1")], "and its message paid nothing"),
        ([withdrawal(1)], [landed("m1", TON - 1)], "is 1.000000000 TON to .* paid 0.999999999 TON to"),
        ([withdrawal(1)], [landed("m1", TON, TON)], "paid 1.000000000 TON to .*, 1.000000000 TON to"),
        ([withdrawal(1)], [landed("m1", TON, to=FORMER)], "paid 1.000000000 TON to UQACAg"),
        ([], [landed("m9", 5 * TON)], "5.000000000 TON to .* left the hot wallet at 2025-06-01T12:00:00Z .* for no"),
        ([], [landed(None, 5 * TON)], "for no withdrawal"),
        ([withdrawal(1, Stage.HELD)], [landed("m1", TON)], "withdrawal 1 is held, and its message paid"),
        ([withdrawal(1, Stage.EXPIRED)], [landed("m1", TON)], "withdrawal 1 is expired, and its message paid"),
        ([withdrawal(1, Stage.FAILED)], [landed("m1", TON)], "withdrawal 1 is failed, and its message paid"),
        ([withdrawal(1, Stage.REJECTED)], [landed("m1", TON)], "withdrawal 1 is rejected, and its message paid"),
    ],
)
def test_what_does_not_fit_is_told(known: list[Withdrawal], seen: list[WalletTransaction], words: str) -> None:
    found = held(known, seen)
    assert not found.is_sound
    [mismatch] = found.mismatches
    assert re.search(words, mismatch), mismatch


def test_a_withdrawal_that_was_paid_twice_is_told() -> None:
    one = withdrawal(1)
    twice = replace(one, attempts=(replace(one.attempts[0], message_hash="m0"), *one.attempts))
    found = held([twice], [landed("m0", TON), landed("m1", TON)])
    told = f"withdrawal 1 was paid twice: 1.000000000 TON to {ANN.friendly()} besides what confirmed it"
    assert found.mismatches == (told,)


def test_a_former_wallet_answers_for_what_it_paid_and_for_nothing_else() -> None:
    old = withdrawal(1, wallet=FORMER)
    sound = held([old], [], former=[landed("m1", TON), landed("x", 9 * TON)])
    assert (sound.is_sound, sound.paid) == (True, Total(1, TON))
    assert not held([old], [], former=[landed("x", 9 * TON)]).is_sound

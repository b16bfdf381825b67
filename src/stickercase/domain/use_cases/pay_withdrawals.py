"""Pay withdrawals out of the hot wallet, one message after the other. In words: docs/wallet.md.

A pass looks at the message that is in flight, or signs one for the oldest withdrawal that is held. Whatever it is about
to do is written before, and nothing is asked of the chain within a transaction: whoever is killed anywhere leaves
something that the next pass goes on from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stickercase.domain.money import ton_text
from stickercase.domain.refusal import Refused
from stickercase.domain.use_cases.advance_withdrawal import Move, advance_withdrawal
from stickercase.domain.use_cases.payout_task import call_payout
from stickercase.domain.use_cases.tasks import Again, Done, Task
from stickercase.domain.wallet.nft_transfers import look_at_transfer
from stickercase.domain.wallet.payouts import (
    RESERVE_NANO,
    WalletState,
    WalletTransaction,
    can_pay,
    earliest,
    leaves,
    look_at,
    payment_of,
    valid_until,
)
from stickercase.domain.wallet.withdrawals import (
    IN_FLIGHT,
    Attempt,
    InLine,
    Landing,
    Look,
    Stage,
    Step,
    Withdrawal,
    looked,
    sent,
    signed,
)
from stickercase.ports.failures import AnswerLost, BrokenLaw, MessageRefused, Unintelligible

if TYPE_CHECKING:
    from stickercase.ports.chain import Chain
    from stickercase.ports.clock import Clock
    from stickercase.ports.payouts import Payouts
    from stickercase.ports.transactions import Transactions

FIRST_LOOK = timedelta(seconds=1)
NEXT_LOOK = timedelta(seconds=3)
"""After a message was sent, and after it was not there yet: it is then sent once more."""
AFTER_ALARM = timedelta(minutes=1)


class ChainBehind(Exception):
    """The chain shows a counter that the wallet has left behind: the node is not up to date. Nothing was signed."""


def pay_withdrawals(
    transactions: Transactions, clock: Clock, payouts: Payouts, chain: Chain, _: Task | None = None
) -> Done | Again:
    """One pass. Any number may be under way at once, and any of them may die: each withdrawal is paid once at most.

    Raises what the chain raises, and :class:`ChainBehind`: failed attempts, which are made again. An alarm says what a
    person must see to; the passes go on.
    """
    return _Pass(transactions, clock, payouts, chain).made()


@dataclass(frozen=True, slots=True)
class _Pass:
    transactions: Transactions
    clock: Clock
    payouts: Payouts
    chain: Chain

    def made(self) -> Done | Again:
        with self.transactions() as tx:
            line = tx.withdrawals.in_line(self.payouts.address())
        if line.withdrawal is None:
            return Done("nobody is in line")
        looks = self._looks(line.withdrawal)
        known, alarm = self._taken_in(line.withdrawal, looks)
        if alarm is not None:
            return self._alarm(f"withdrawal {known.id}: {alarm}", self._now())
        if any(look.landing is Landing.LEFT for look in looks):
            # Neither sent nor signed again: the request is with the NFT, whose answer is waited for.
            return Again(self._now() + NEXT_LOOK)
        if known.stage in IN_FLIGHT:
            return self._send(known, NEXT_LOOK)
        if line.withdrawal.stage in IN_FLIGHT or known.stage is not Stage.HELD:
            # One turn is over. The line is read anew before the next begins: the counter has moved.
            return Again(self._now())
        return self._sign(known, line)

    def _taken_in(self, known: Withdrawal, looks: Sequence[Look]) -> tuple[Withdrawal, str | None]:
        """The withdrawal after a look at all messages that were ever signed for it."""
        for look in looks:
            step = looked(known, look)
            if step.after != known or step.alarm is not None:
                step = self._advance(known, lambda now, _, look=look: looked(now, look))  # type: ignore[misc]  # bound at once
            known = step.after
            if step.alarm is not None:
                return known, step.alarm
        return known, None

    def _looks(self, known: Withdrawal) -> Sequence[Look]:
        """An older message is looked for as well: it can't land, and if it did, no further one may be signed."""
        looks = []
        for wallet in dict.fromkeys(attempt.wallet for attempt in known.attempts):
            own = [attempt for attempt in known.attempts if attempt.wallet == wallet]
            # The state comes first: the transactions reach it, so what is not among them had not landed by then.
            state = self.chain.wallet(wallet)
            seen = self.chain.transactions(state, min(earliest(attempt) for attempt in own))
            looks += [self._look(known, attempt, state, seen) for attempt in own]
        return looks

    def _look(self, known: Withdrawal, attempt: Attempt, state: WalletState, seen: Sequence[WalletTransaction]) -> Look:
        look = look_at(known, attempt, state, seen)
        if known.unit is None or look.landing is not Landing.LEFT:
            return look
        return look_at_transfer(known, attempt, state, seen, self.chain.nft_owner(known.unit.nft_address))

    def _sign(self, known: Withdrawal, line: InLine) -> Done | Again:
        state = self.chain.wallet(self.payouts.address())
        if line.seqno is not None and state.seqno < line.seqno:
            raise ChainBehind(f"the counter is {state.seqno} there, and was {line.seqno} before")
        if not can_pay(state, known):
            return self._alarm(_too_little(state, known), self._now() + AFTER_ALARM)
        until = valid_until(state)
        message = self.payouts.sign(payment_of(known), state.seqno, until)
        attempt = Attempt(message.hash, until, state.address, state.seqno, message.content)
        try:
            step = self._advance(known, lambda now, _: signed(now, attempt, state.at))
        except (BrokenLaw, Refused):
            # Another worker has signed something meanwhile, or an operator has rejected this one.
            return Again(self._now())
        again = self._send(step.after, FIRST_LOOK)
        if line.seqno is not None and state.seqno > line.seqno:
            return self._alarm(f"the hot wallet's counter went from {line.seqno} to {state.seqno} without us", again.at)
        return again

    def _send(self, known: Withdrawal, pause: timedelta) -> Again:
        """Send the newest message, for the first time or once more."""
        again = Again(self._now() + pause)
        try:
            self.chain.send(known.attempts[-1].message)
        except (AnswerLost, Unintelligible, MessageRefused):
            # It may be there or not, and may have landed just now: a look will tell, and nothing else can.
            return again
        if known.stage is Stage.SIGNED:
            self._note_sent(known)
        return again

    def _note_sent(self, known: Withdrawal) -> None:
        try:
            self._advance(known, lambda now, _: sent(now))
        except Refused:
            return  # Another pass saw it land before this one wrote that it was sent.

    def _now(self) -> datetime:
        clock = self.clock
        return clock.now()

    def _advance(self, known: Withdrawal, move: Move) -> Step:
        return advance_withdrawal(self.transactions, self.clock, known.id, move)

    def _alarm(self, note: str, again_at: datetime) -> Done:
        """Done, so that the note is heard; and the task is wanted again."""
        with self.transactions() as tx:
            call_payout(tx, again_at, self._now())
        return Done(note, alarm=True)


def _too_little(state: WalletState, known: Withdrawal) -> str:
    there, needed = ton_text(state.balance_nano, 9), ton_text(leaves(known).amount_nano + RESERVE_NANO, 9)
    return f"the hot wallet has {there} TON, and withdrawal {known.id} needs {needed}: nothing is signed"

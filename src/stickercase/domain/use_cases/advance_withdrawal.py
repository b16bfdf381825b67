"""Advance a withdrawal by one step: an operator's word, a message that was signed or sent, a look at the chain.

A step that ends the withdrawal resolves its hold in the same transaction: posted or released, once. A unit
is gone then, or back in the inventory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.ledger.accounts import EXTERNAL_TON, FEES, held_account, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.stock.packs import Exit, Way
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.payout_task import call_payout
from stickercase.domain.wallet.refusals import WithdrawalMoved
from stickercase.domain.wallet.withdrawals import NftUnit, Resolution, Stage, Step, Withdrawal, approved, rejected

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

Move = Callable[[Withdrawal, datetime], "Step | WithdrawalMoved"]
"""What is to happen to a withdrawal: a pure decision of :mod:`stickercase.domain.wallet.withdrawals`."""


def advance_withdrawal(transactions: Transactions, clock: Clock, withdrawal_id: int, move: Move) -> Step:
    """The step, written with what it does to the held amount, or to the unit.

    Raises :class:`Refused`: ``not_found``, ``withdrawal_moved`` when it is no longer where this could happen.
    """
    with transactions() as tx:
        return _advance(tx, withdrawal_id, move, clock.now())[1]


def review_withdrawal(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    withdrawal_id: int,
    approve: bool,
    render: Callable[[Withdrawal], bytes],
) -> Answered:
    """An operator approves a withdrawal that awaits it, or rejects one that has not gone out; logged.

    Raises :class:`Refused` as :func:`advance_withdrawal` does.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        before, step = _advance(tx, withdrawal_id, lambda known, _: (approved if approve else rejected)(known), at)
        action = "approve_withdrawal" if approve else "reject_withdrawal"
        stages = {"stage": before.stage.value}, {"stage": step.after.stage.value}
        tx.operator_log.append(caller.name, action, f"withdrawal:{withdrawal_id}", *stages, at)
        if step.after.stage is Stage.HELD:
            call_payout(tx, at, at)
        return render(step.after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def _advance(tx: Transaction, withdrawal_id: int, move: Move, at: datetime) -> tuple[Withdrawal, Step]:
    found = tx.withdrawals.find(withdrawal_id)
    if found is None:
        raise Refused(NotFound("withdrawal", str(withdrawal_id)))
    tx.ledger.balance(found.player_id)
    # Looked at again behind the account's lock: of two who would move it the second sees what the first did.
    known = tx.withdrawals.find(withdrawal_id)
    assert known is not None, "withdrawals are never deleted"
    step = move(known, at)
    if isinstance(step, WithdrawalMoved):
        raise Refused(step)
    if step.after != known:
        tx.withdrawals.write(step.after)
    if step.resolution is not None:
        _resolve(tx, step.after, step.resolution, at)
    return known, step


def _resolve(tx: Transaction, withdrawal: Withdrawal, resolution: Resolution, at: datetime) -> None:
    if withdrawal.unit is not None:
        _resolve_unit(tx, withdrawal, withdrawal.unit, resolution, at)
        return
    held, cause = held_account(withdrawal.player_id), withdrawal.id
    if resolution is Resolution.RELEASE:
        back = player_account(withdrawal.player_id)
        tx.ledger.post(Transfer(Reason.RELEASE, cause, held, back, withdrawal.amount_nano, at))
        return
    tx.ledger.post(Transfer(Reason.WITHDRAWAL, cause, held, EXTERNAL_TON, withdrawal.paid_nano, at))
    if withdrawal.fee_nano:
        tx.ledger.post(Transfer(Reason.WITHDRAWAL_FEE, cause, held, FEES, withdrawal.fee_nano, at))


def _resolve_unit(tx: Transaction, withdrawal: Withdrawal, unit: NftUnit, resolution: Resolution, at: datetime) -> None:
    way_out = Exit(Way.NFT, withdrawal.id)
    if resolution is Resolution.RELEASE:
        tx.departures.come_back(withdrawal.player_id, unit.item_id, way_out)
    else:
        tx.departures.retire(withdrawal.player_id, unit.item_id, way_out, at)

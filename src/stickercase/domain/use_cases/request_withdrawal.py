"""Request a withdrawal: the amount is held at once, and a worker is called to pay it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.ledger.accounts import held_account, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.payout_task import call_payout
from stickercase.domain.use_cases.seat_player import seat_player
from stickercase.domain.wallet.withdrawals import (
    DAY,
    Limits,
    Stage,
    Withdrawal,
    WithdrawalSituation,
    WithdrawalWish,
    decide,
)

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def request_withdrawal(
    transactions: Transactions,
    clock: Clock,
    limits: Limits,
    caller: Caller,
    telegram_id: int,
    amount_nano: int,
    render: Callable[[Withdrawal, int], bytes],
) -> Answered:
    """Hold ``amount_nano`` for the player's wallet; ``render`` gets the withdrawal and what is left to spend.

    A blocked player may withdraw. Raises :class:`Refused`: ``idempotency_key_reused``, ``not_found``, and what
    :func:`~stickercase.domain.wallet.withdrawals.decide` refuses.
    """
    at = clock.now()
    with transactions() as tx:
        player, balance_nano = seat_player(tx, telegram_id)
        wish = WithdrawalWish(player.id, amount_nano)
        return once(tx, caller, at, lambda: _requested(tx, limits, wish, balance_nano, at, render))


def _requested(
    tx: Transaction,
    limits: Limits,
    wish: WithdrawalWish,
    balance_nano: int,
    at: datetime,
    render: Callable[[Withdrawal, int], bytes],
) -> bytes:
    wallet = tx.wallets.wallet(wish.player_id)
    player_lately, house_lately = tx.withdrawals.lately(wish.player_id, at - DAY)
    address = None if wallet is None else wallet.address
    situation = WithdrawalSituation(address, balance_nano, player_lately, house_lately, limits)
    begun = decide(situation, wish, tx.ledger.next_cause(), at)
    if isinstance(begun, Refusal):
        raise Refused(begun)
    spent, held = player_account(wish.player_id), held_account(wish.player_id)
    tx.ledger.post(Transfer(Reason.HOLD, begun.id, spent, held, begun.amount_nano, at))
    tx.withdrawals.add(begun)
    if begun.stage is Stage.HELD:
        call_payout(tx, at, at)
    return render(begun, balance_nano - begun.amount_nano)

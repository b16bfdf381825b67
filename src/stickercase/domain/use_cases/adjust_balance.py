"""Adjust a player's balance by hand: ledgered, with a reason, and logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stickercase.domain.ledger.accounts import ADJUSTMENTS, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import MAX_UNITS
from stickercase.domain.refusal import BalanceTooLow, InvalidRequest, NotFound, Refused
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def adjust_balance(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    telegram_id: int,
    amount_nano: int,
    note: str,
    render: Callable[[int], bytes],
) -> Answered:
    """Add ``amount_nano`` (negative takes away, down to zero) to a player's balance; ``render`` gets the new one.

    Raises :class:`Refused`: ``invalid_request`` for nothing to move or no reason, ``not_found``,
    ``balance_too_low``, ``idempotency_key_reused``.
    """
    if amount_nano == 0:
        raise Refused(InvalidRequest("amount", "an adjustment moves some amount"))
    if not note.strip():
        raise Refused(InvalidRequest("reason", "an adjustment needs a reason"))
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        player = tx.players.find(telegram_id)
        if player is None:
            raise Refused(NotFound("player", str(telegram_id)))
        before = tx.ledger.balance(player.id)
        if before + amount_nano < 0:
            raise Refused(BalanceTooLow(before))
        if before + amount_nano > MAX_UNITS:
            raise Refused(InvalidRequest("amount", "no balance exceeds 10^18 smallest units"))
        cause = tx.ledger.next_cause()
        debit, credit = ADJUSTMENTS, player_account(player.id)
        if amount_nano < 0:
            debit, credit = credit, debit
        tx.ledger.post(Transfer(Reason.ADJUSTMENT, cause, debit, credit, abs(amount_nano), at, note=note.strip()))
        after = before + amount_nano
        tx.operator_log.append(
            caller.name,
            "adjust",
            f"player:{player.id}",
            {"balance_nano": before},
            {"balance_nano": after, "reason": note.strip()},
            at,
        )
        return render(after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))

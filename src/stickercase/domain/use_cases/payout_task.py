"""The task that pays withdrawals out: one for the hot wallet, so that one pass is under way at a time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stickercase.ports.transactions import Transaction

PAY_OUT = "pay_out"
"""The kind of the task."""
HOT_WALLET = "hot_wallet"
"""Its subject."""


def call_payout(tx: Transaction, due_at: datetime, at: datetime) -> None:
    """Have a pass made from ``due_at`` on, once this transaction has committed. Locks tasks: call it last."""
    tx.tasks.add(PAY_OUT, HOT_WALLET, {}, due_at, at)

"""Transfers: the only thing that ever moves money. Nothing is updated or deleted; a correction is a new transfer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from stickercase.domain.ledger.accounts import Account
from stickercase.domain.money import Asset


class Reason(Enum):
    """Why money moved. Together with ``cause`` it is a transfer's unique name."""

    OPENING = "opening"
    SALE = "sale"
    DEPOSIT = "deposit"
    HOLD = "hold"
    RELEASE = "release"
    WITHDRAWAL = "withdrawal"
    WITHDRAWAL_FEE = "withdrawal_fee"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Transfer:
    """``amount`` smallest units of ``asset`` (positive) from ``debit`` to ``credit``.

    ``cause`` is the id of what caused it (an opening, a sale, a deposit, an adjustment); one (reason, cause) makes
    at most one transfer.
    ``note`` is what a person gave as the reason, where a person did it.
    """

    reason: Reason
    cause: int
    debit: Account
    credit: Account
    amount: int
    at: datetime
    asset: Asset = Asset.TON
    note: str | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError(f"a transfer moves a positive amount, not {self.amount}")
        if self.debit == self.credit:
            raise ValueError("a transfer moves money between two accounts")
        if None not in (self.debit.player_id, self.credit.player_id) and self.debit.player_id != self.credit.player_id:
            raise ValueError("a transfer never joins two players")

    @property
    def player_id(self) -> int | None:
        """The player whose account takes part; no transfer joins two players."""
        return self.debit.player_id if self.debit.player_id is not None else self.credit.player_id

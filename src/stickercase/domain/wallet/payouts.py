"""Payouts: what the house's wallet is told to pay, and what its transactions say of a message: docs/wallet.md.

Nothing here knows a chain's formats: adapters read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stickercase.domain.money import NANO
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.withdrawals import LANDING_MARGIN, MAX_VALIDITY, Attempt, Landing, Look, Withdrawal

VALIDITY = timedelta(minutes=5)
"""How long a message can land after it was signed, in the chain's time."""

RESERVE_NANO = NANO // 20
"""What stays in the wallet beyond a payment: it has to pay for gas, some hundredths of a TON at the very most."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A transfer of value to an address. ``comment`` is seen by the recipient and by everybody else."""

    address: Address
    amount_nano: int
    comment: str


@dataclass(frozen=True, slots=True)
class PayoutMessage:
    """A message that the wallet takes once. ``hash`` (64 hexadecimal digits) is that of its normal form (TEP-467)."""

    hash: str
    content: bytes


@dataclass(frozen=True, slots=True)
class WalletState:
    """A wallet as it was in one block: ``at`` is that block's time, ``lt`` the wallet's last transaction, 0 for none.

    A wallet that is not deployed has the counter 0.
    """

    address: Address
    balance_nano: int
    seqno: int
    lt: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Paid:
    """What left a wallet for somebody."""

    address: Address
    amount_nano: int


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction of a wallet; ``lt`` counts up. ``message_hash`` names the message from outside that caused it."""

    lt: int
    at: datetime
    message_hash: str | None
    payments: tuple[Paid, ...]


def payment_of(withdrawal: Withdrawal) -> Payment:
    """What is to be paid for a withdrawal."""
    return Payment(withdrawal.address, withdrawal.paid_nano, f"StickerCase withdrawal {withdrawal.id}")


def can_pay(state: WalletState, withdrawal: Withdrawal) -> bool:
    """Whether the wallet has enough, and the reserve besides."""
    return state.balance_nano >= withdrawal.paid_nano + RESERVE_NANO


def valid_until(state: WalletState) -> datetime:
    """The last moment of a message that is signed now: whole seconds, as the chain counts."""
    return (state.at + VALIDITY).replace(microsecond=0)


def earliest(attempt: Attempt) -> datetime:
    """No block before this has the message: it was signed later. In the chain's time."""
    return attempt.valid_until - MAX_VALIDITY - LANDING_MARGIN


def look_at(withdrawal: Withdrawal, attempt: Attempt, state: WalletState, seen: Sequence[WalletTransaction]) -> Look:
    """What ``seen``, all transactions of the wallet up to ``state``, say of one message of a withdrawal."""
    found = next((one for one in seen if one.message_hash == attempt.message_hash), None)
    if found is None:
        return Look(attempt.message_hash, Landing.ABSENT, state.at)
    # Only what left for this address with this amount is a payment; a wallet may take a message and pay nothing.
    is_paid = Paid(withdrawal.address, withdrawal.paid_nano) in found.payments
    return Look(attempt.message_hash, Landing.PAID if is_paid else Landing.UNPAID, state.at)

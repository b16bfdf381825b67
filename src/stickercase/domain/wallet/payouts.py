"""Payouts: what the house's wallet is told to send, and what its transactions say of a message: docs/wallet.md.

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


TRANSFER_NANO = NANO // 20
"""What goes to an NFT along with its transfer, for gas. It sends back what is left."""


@dataclass(frozen=True, slots=True)
class NftTransfer:
    """A request to an NFT to belong to somebody else (TEP-62). ``amount_nano`` goes along for its gas.

    The NFT answers the wallet, under the same ``query_id``.
    """

    item: Address
    new_owner: Address
    query_id: int
    amount_nano: int = TRANSFER_NANO


Order = Payment | NftTransfer
"""What one message makes the wallet do."""


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
class NftAnswer:
    """What an NFT sent back to the wallet: the transfer itself, which it refused (``bounced``), or what was left."""

    item: Address
    query_id: int
    bounced: bool


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction of a wallet; ``lt`` counts up. ``message_hash`` names the message from outside that caused it.

    ``answer`` is set when an answer of an NFT caused it.
    """

    lt: int
    at: datetime
    message_hash: str | None
    payments: tuple[Paid, ...]
    answer: NftAnswer | None = None


def payment_of(withdrawal: Withdrawal) -> Order:
    """What is to be sent for a withdrawal."""
    if withdrawal.unit is not None:
        return NftTransfer(withdrawal.unit.nft_address, withdrawal.address, withdrawal.id)
    return Payment(withdrawal.address, withdrawal.paid_nano, f"StickerCase withdrawal {withdrawal.id}")


def leaves(withdrawal: Withdrawal) -> Paid:
    """What leaves the wallet with a withdrawal's message: the amount, or gas for the NFT."""
    if withdrawal.unit is not None:
        return Paid(withdrawal.unit.nft_address, TRANSFER_NANO)
    return Paid(withdrawal.address, withdrawal.paid_nano)


def can_pay(state: WalletState, withdrawal: Withdrawal) -> bool:
    """Whether the wallet has enough, and the reserve besides."""
    return state.balance_nano >= leaves(withdrawal).amount_nano + RESERVE_NANO


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
    if leaves(withdrawal) not in found.payments:
        return Look(attempt.message_hash, Landing.UNPAID, state.at)
    # An NFT has yet to do what it was asked for: see nft_transfers.
    landing = Landing.PAID if withdrawal.unit is None else Landing.LEFT
    return Look(attempt.message_hash, landing, state.at)

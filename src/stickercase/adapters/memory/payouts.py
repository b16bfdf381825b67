"""A wallet that signs in memory: its messages are JSON, and nobody forges them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.payouts import Payment, PayoutMessage


@dataclass(frozen=True, slots=True)
class MemoryMessage:
    """What a message of :class:`MemoryPayouts` says."""

    wallet: Address
    seqno: int
    valid_until: datetime
    payment: Payment
    hash: str


class MemoryPayouts:
    """Signs for the wallet at ``address``."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def address(self) -> Address:
        return self._address

    def sign(self, payment: Payment, seqno: int, valid_until: datetime) -> PayoutMessage:
        told = {
            "wallet": self._address.raw,
            "seqno": seqno,
            "valid_until": int(valid_until.timestamp()),
            "address": payment.address.raw,
            "amount_nano": payment.amount_nano,
            "comment": payment.comment,
        }
        content = json.dumps(told).encode()
        return PayoutMessage(hashlib.sha256(content).hexdigest(), content)


def read_message(content: bytes) -> MemoryMessage:
    """What was signed."""
    told = json.loads(content)
    payment = Payment(parse_address(told["address"]), told["amount_nano"], told["comment"])
    until = datetime.fromtimestamp(told["valid_until"], UTC)
    return MemoryMessage(
        parse_address(told["wallet"]), told["seqno"], until, payment, hashlib.sha256(content).hexdigest()
    )

"""A wallet that signs in memory: its messages are JSON, and nobody forges them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.payouts import NftTransfer, Order, Payment, PayoutMessage


@dataclass(frozen=True, slots=True)
class MemoryMessage:
    """What a message of :class:`MemoryPayouts` says."""

    wallet: Address
    seqno: int
    valid_until: datetime
    order: Order
    hash: str


class MemoryPayouts:
    """Signs for the wallet at ``address``."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def address(self) -> Address:
        return self._address

    def sign(self, order: Order, seqno: int, valid_until: datetime) -> PayoutMessage:
        told = {
            "wallet": self._address.raw,
            "seqno": seqno,
            "valid_until": int(valid_until.timestamp()),
            "amount_nano": order.amount_nano,
            **_told(order),
        }
        content = json.dumps(told).encode()
        return PayoutMessage(hashlib.sha256(content).hexdigest(), content)


def read_message(content: bytes) -> MemoryMessage:
    """What was signed."""
    told = json.loads(content)
    until = datetime.fromtimestamp(told["valid_until"], UTC)
    return MemoryMessage(
        parse_address(told["wallet"]), told["seqno"], until, _order(told), hashlib.sha256(content).hexdigest()
    )


def _told(order: Order) -> dict[str, Any]:
    if isinstance(order, NftTransfer):
        return {"item": order.item.raw, "new_owner": order.new_owner.raw, "query_id": order.query_id}
    return {"address": order.address.raw, "comment": order.comment}


def _order(told: dict[str, Any]) -> Order:
    amount_nano = told["amount_nano"]
    if "item" in told:
        item, new_owner = parse_address(told["item"]), parse_address(told["new_owner"])
        return NftTransfer(item, new_owner, told["query_id"], amount_nano)
    return Payment(parse_address(told["address"]), amount_nano, told["comment"])

"""Forget in small bites: a transaction that deletes everything at once would hold others up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stickercase.ports.transactions import Transaction, Transactions


def in_bites(transactions: Transactions, most: int, bite: Callable[[Transaction], int]) -> int:
    """Take bites, each in a transaction of its own, until one has fewer than ``most``; how many in all."""
    forgotten, last = 0, most
    while last >= most:
        with transactions() as tx:
            last = bite(tx)
        forgotten += last
    return forgotten

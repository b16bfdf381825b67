"""Transactions that go wrong at the last moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from stickercase.ports.transactions import Transaction, Transactions


class Interrupted(Exception):
    """Stands for whatever may go wrong when everything has been written and nothing is committed."""


def interrupted(transactions: Transactions) -> Callable[[], AbstractContextManager[Transaction]]:
    """The same transactions, each of which fails just before its commit."""

    @contextmanager
    def begin() -> Iterator[Transaction]:
        with transactions() as tx:
            yield tx
            raise Interrupted

    return begin

"""One transaction over everything that must change together."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.ports.answers import Answers
    from stickercase.ports.catalogue import Catalogue
    from stickercase.ports.deliveries import Deliveries, DeliveryPause
    from stickercase.ports.floors import Floors
    from stickercase.ports.inbox import Inbox
    from stickercase.ports.inventory import Departures, Inventory
    from stickercase.ports.invoices import Invoices
    from stickercase.ports.ledger import Ledger
    from stickercase.ports.openings import Openings
    from stickercase.ports.operator_log import OperatorLog
    from stickercase.ports.players import Players
    from stickercase.ports.queue import Queue
    from stickercase.ports.reports import Reports
    from stickercase.ports.sales import Sales
    from stickercase.ports.schedules import Schedules
    from stickercase.ports.stock import Stock
    from stickercase.ports.syncs import Syncs
    from stickercase.ports.tasks import Tasks
    from stickercase.ports.upgrades import Upgrades
    from stickercase.ports.wallets import Wallets
    from stickercase.ports.withdrawals import Withdrawals


class Transaction(Protocol):
    """What can be done together. Every part works on the same transaction."""

    openings: Openings
    players: Players
    ledger: Ledger
    catalogue: Catalogue
    stock: Stock
    floors: Floors
    syncs: Syncs
    inventory: Inventory
    departures: Departures
    deliveries: Deliveries
    delivery_pause: DeliveryPause
    sales: Sales
    upgrades: Upgrades
    wallets: Wallets
    invoices: Invoices
    withdrawals: Withdrawals
    answers: Answers
    operator_log: OperatorLog
    reports: Reports
    inbox: Inbox
    schedules: Schedules
    tasks: Tasks
    queue: Queue


class Transactions(Protocol):
    """Begins transactions."""

    def __call__(self) -> AbstractContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when an exception leaves it.

        Once the block has ended without an exception, what was written survives any crash. Raises, from
        :mod:`stickercase.ports.failures`, ``StoreUnavailable`` (nothing happened), ``OutcomeUnknown`` or ``BrokenLaw``.
        """
        ...

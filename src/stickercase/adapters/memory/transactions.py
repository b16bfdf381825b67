"""Transactions over the memory store: one at a time, rolled back exactly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stickercase.adapters.memory.answers import MemoryAnswers
from stickercase.adapters.memory.catalogue import MemoryCatalogue
from stickercase.adapters.memory.deliveries import MemoryDeliveries, MemoryDeliveryPause
from stickercase.adapters.memory.departures import MemoryDepartures
from stickercase.adapters.memory.floors import MemoryFloors
from stickercase.adapters.memory.inbox import MemoryInbox
from stickercase.adapters.memory.inventory import MemoryInventory
from stickercase.adapters.memory.invoices import MemoryInvoices
from stickercase.adapters.memory.ledger import MemoryLedger
from stickercase.adapters.memory.openings import MemoryOpenings
from stickercase.adapters.memory.operator_log import MemoryOperatorLog
from stickercase.adapters.memory.players import MemoryPlayers
from stickercase.adapters.memory.queue import MemoryQueue
from stickercase.adapters.memory.reports import MemoryReports
from stickercase.adapters.memory.sales import MemorySales
from stickercase.adapters.memory.schedules import MemorySchedules
from stickercase.adapters.memory.stock import MemoryStock
from stickercase.adapters.memory.store import MemoryStore
from stickercase.adapters.memory.syncs import MemorySyncs
from stickercase.adapters.memory.tasks import MemoryTasks
from stickercase.adapters.memory.upgrades import MemoryUpgrades
from stickercase.adapters.memory.wallets import MemoryWallets
from stickercase.adapters.memory.withdrawals import MemoryWithdrawals
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
from stickercase.ports.transactions import Transaction
from stickercase.ports.upgrades import Upgrades
from stickercase.ports.wallets import Wallets
from stickercase.ports.withdrawals import Withdrawals


class MemoryTransaction:
    """One transaction's parts; good until its block ends."""

    def __init__(self, store: MemoryStore) -> None:
        ledger = MemoryLedger(store)
        self.openings: Openings = MemoryOpenings(store, ledger)
        self.players: Players = MemoryPlayers(store)
        self.ledger: Ledger = ledger
        self.catalogue: Catalogue = MemoryCatalogue(store)
        self.stock: Stock = MemoryStock(store)
        self.floors: Floors = MemoryFloors(store)
        self.syncs: Syncs = MemorySyncs(store)
        self.inventory: Inventory = MemoryInventory(store)
        self.departures: Departures = MemoryDepartures(store)
        self.deliveries: Deliveries = MemoryDeliveries(store)
        self.delivery_pause: DeliveryPause = MemoryDeliveryPause(store)
        self.sales: Sales = MemorySales(store)
        self.upgrades: Upgrades = MemoryUpgrades(store)
        self.wallets: Wallets = MemoryWallets(store)
        self.invoices: Invoices = MemoryInvoices(store)
        self.withdrawals: Withdrawals = MemoryWithdrawals(store)
        self.answers: Answers = MemoryAnswers(store)
        self.operator_log: OperatorLog = MemoryOperatorLog(store)
        self.reports: Reports = MemoryReports(store)
        self.inbox: Inbox = MemoryInbox(store)
        self.schedules: Schedules = MemorySchedules(store)
        self.tasks: Tasks = MemoryTasks(store)
        self.queue: Queue = MemoryQueue(store)


class MemoryTransactions:
    """Begins transactions on ``store``; a second one waits until the first has ended."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @contextmanager
    def __call__(self) -> Iterator[Transaction]:
        """A transaction. Raises ``BrokenLaw`` at its end too, when one was raised in it and then swallowed."""
        journal = self._store.journal
        with self._store.alone():
            journal.is_open = True
            try:
                yield MemoryTransaction(self._store)
                journal.check()
            except BaseException:
                journal.roll_back()
                raise
            finally:
                journal.forget()

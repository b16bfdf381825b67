"""One PostgreSQL transaction over everything that must change together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine

from stickercase.adapters.postgres.answers import PostgresAnswers
from stickercase.adapters.postgres.catalogue import PostgresCatalogue
from stickercase.adapters.postgres.deliveries import PostgresDeliveries, PostgresDeliveryPause
from stickercase.adapters.postgres.departures import PostgresDepartures
from stickercase.adapters.postgres.failures import EXPECTED, cause_of, driver_of, is_lost, translated
from stickercase.adapters.postgres.floors import PostgresFloors
from stickercase.adapters.postgres.inbox import PostgresInbox
from stickercase.adapters.postgres.inventory import PostgresInventory
from stickercase.adapters.postgres.invoices import PostgresInvoices
from stickercase.adapters.postgres.ledger import PostgresLedger
from stickercase.adapters.postgres.openings import Deferred, PostgresOpenings
from stickercase.adapters.postgres.operator_log import PostgresOperatorLog
from stickercase.adapters.postgres.players import PostgresPlayers
from stickercase.adapters.postgres.queue import PostgresQueue
from stickercase.adapters.postgres.reports import PostgresReports
from stickercase.adapters.postgres.sales import PostgresSales
from stickercase.adapters.postgres.schedules import PostgresSchedules
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.adapters.postgres.stock import PostgresStock
from stickercase.adapters.postgres.syncs import PostgresSyncs
from stickercase.adapters.postgres.tasks import PostgresTasks
from stickercase.adapters.postgres.upgrades import PostgresUpgrades
from stickercase.adapters.postgres.wallets import PostgresWallets
from stickercase.adapters.postgres.withdrawals import PostgresWithdrawals
from stickercase.ports.answers import Answers
from stickercase.ports.catalogue import Catalogue
from stickercase.ports.deliveries import Deliveries, DeliveryPause
from stickercase.ports.failures import BrokenLaw, OutcomeUnknown
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


class PostgresTransaction:
    """The parts of one transaction, all on one connection."""

    def __init__(self, connection: Connection, driver: psycopg.Connection[tuple[Any, ...]], shelves: PostgresShelves):
        self._driver = driver
        self._deferred: list[Callable[[], Deferred]] = []
        self.openings: Openings = PostgresOpenings(driver, shelves, self._deferred.append)
        self.players: Players = PostgresPlayers(connection)
        self.ledger: Ledger = PostgresLedger(connection)
        self.catalogue: Catalogue = PostgresCatalogue(connection)
        self.stock: Stock = PostgresStock(connection)
        self.floors: Floors = PostgresFloors(connection)
        self.syncs: Syncs = PostgresSyncs(connection)
        self.inventory: Inventory = PostgresInventory(connection)
        self.departures: Departures = PostgresDepartures(connection)
        self.deliveries: Deliveries = PostgresDeliveries(connection)
        self.delivery_pause: DeliveryPause = PostgresDeliveryPause(connection)
        self.sales: Sales = PostgresSales(connection)
        self.upgrades: Upgrades = PostgresUpgrades(connection)
        self.wallets: Wallets = PostgresWallets(connection)
        self.invoices: Invoices = PostgresInvoices(connection)
        self.withdrawals: Withdrawals = PostgresWithdrawals(connection)
        self.answers: Answers = PostgresAnswers(connection)
        self.operator_log: OperatorLog = PostgresOperatorLog(connection)
        self.reports: Reports = PostgresReports(connection)
        self.inbox: Inbox = PostgresInbox(connection)
        self.schedules: Schedules = PostgresSchedules(connection)
        self.tasks: Tasks = PostgresTasks(connection)
        self.queue: Queue = PostgresQueue(connection)

    def write(self) -> None:
        """Send what was put off until now and check that every row found its place; the commit comes next."""
        if self._deferred:
            with self._driver.pipeline():
                checks = [send() for send in self._deferred]
            for check in checks:
                check()


class PostgresTransactions:
    """Begins transactions on ``engine``."""

    def __init__(self, engine: Engine, shelves: PostgresShelves | None = None) -> None:
        self._engine = engine
        self._shelves = shelves or PostgresShelves(engine)

    @contextmanager
    def __call__(self) -> Iterator[Transaction]:
        """A transaction that commits when the block ends; see the port for what it raises."""
        try:
            connection = self._engine.connect()
        except EXPECTED as error:
            raise translated(error) from error
        driver = driver_of(connection)
        committing = False
        try:
            transaction = PostgresTransaction(connection, driver, self._shelves)
            yield transaction
            _must_be_whole(driver)
            transaction.write()
            committing = True
            driver.commit()
        except EXPECTED as error:
            self._end(connection, driver)
            if committing and is_lost(driver) and not isinstance(cause_of(error), psycopg.IntegrityError):
                raise OutcomeUnknown("the connection was lost while committing") from error
            raise translated(error) from error
        except BaseException:
            self._end(connection, driver)
            raise
        else:
            connection.close()

    def _end(self, connection: Connection, driver: psycopg.Connection[tuple[Any, ...]]) -> None:
        if is_lost(driver):
            # The server went away: the idle connections of the pool are as dead as this one.
            connection.invalidate()
            self._engine.dispose()
        else:
            driver.rollback()
        connection.close()


def _must_be_whole(driver: psycopg.Connection[tuple[Any, ...]]) -> None:
    """PostgreSQL answers the COMMIT of a failed transaction with a rollback and no error: that is no success."""
    if driver.info.transaction_status is TransactionStatus.INERROR:
        raise BrokenLaw("a transaction in which a write was refused cannot be committed")

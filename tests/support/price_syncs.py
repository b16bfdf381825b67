"""Price syncs in a small world: feeds that say what the test wants, runs with ids of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import BAND, ROUNDING
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.stock.floors import Reading
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.price_syncs import SYNC, CaseLine, PriceSync
from stickercase.domain.use_cases.schedules import TICK
from stickercase.domain.use_cases.sync_prices import sync_prices
from stickercase.domain.use_cases.tasks import Done, Task
from stickercase.ports.feeds import FeedRead, Feeds
from stickercase.ports.transactions import Transaction, Transactions
from support.worlds import World

ISSUER = "Sticker Pack"
SOURCE = "a feed"
Said = Mapping[str, FeedRead | Exception]


def says(pack: Pack, price_nano: object) -> Reading:
    """A reading of the pack by its names."""
    return Reading(pack.collection_name, pack.pack_name, price_nano, SOURCE)


def feed(prices: Mapping[Pack, object]) -> FeedRead:
    """A whole feed."""
    return FeedRead([says(pack, price_nano) for pack, price_nano in prices.items()])


class NoSource:
    """Feeds that must not be asked."""

    def contributors(self) -> list[str]:
        raise AssertionError("the sources were asked again")

    def read(self, contributor: str) -> FeedRead:
        raise AssertionError(f"{contributor} was asked again")


@dataclass
class Syncing:
    """Runs price syncs in a world."""

    world: World
    policy: Policy = field(default_factory=Tiered)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def task(self, by: str | None = None) -> Task:
        """The task of a new run, a minute after the last one."""
        at = self.world.clock.pass_time(minutes=1)
        payload = {"tick": at.isoformat()} | ({} if by is None else {"by": by})
        return Task(next(self._ids), SYNC, TICK, payload, at, at)

    def perform(self, task: Task, feeds: Feeds, transactions: Transactions | None = None) -> Done:
        """Make a run, or finish it."""
        world = self.world
        reading, history = world.reading, world.history
        own = transactions or world.transactions
        return sync_prices(own, world.clock, feeds, reading, reading, history, self.policy, task)

    def sync(self, said: Said) -> PriceSync:
        """One whole run; what is remembered of it."""
        task = self.task()
        self.perform(task, MemoryFeeds(said))
        return self.record(task.id)

    def sync_prices(self, prices: Mapping[Pack, object]) -> PriceSync:
        """One whole run in which the one source says these prices."""
        return self.sync({ISSUER: feed(prices)})

    def record(self, sync_id: int) -> PriceSync:
        """What is remembered of a run."""
        found = self.world.history.sync(sync_id)
        assert found is not None
        return found

    def case(self, case: Case) -> Case:
        """The case as it is on the shelf now."""
        return self.world.reading.shelf()[0].cases[case.name]

    def fee(self, case: Case) -> float:
        """The fee of the case at today's floors."""
        shelf, _ = self.world.reading.shelf()
        return shelf.current_fee(shelf.cases[case.name])

    def keeps_its_promise(self, case: Case) -> bool:
        """Whether the case's fee is within its band."""
        return abs(self.fee(case) - case.base_fee) <= BAND * case.base_fee + ROUNDING

    def versions(self, case: Case) -> int:
        """How many versions of odds the case has had."""
        found = self.world.history.versions(case.name, 1, None)
        assert found is not None
        return found[0]


def line_of(record: PriceSync, case: Case) -> CaseLine:
    """What the run says of the case."""
    [line] = [line for line in record.cases if line.case_id == case.id]
    return line


class Killed(BaseException):
    """The process was killed: nothing that catches errors sees it."""


def killed_at(
    transactions: Transactions, moment: int, *, committed: bool
) -> Callable[[], AbstractContextManager[Transaction]]:
    """The same transactions, whose process is killed at the commit of the ``moment``-th, just after it or before."""
    begun = count(1)

    @contextmanager
    def begin() -> Iterator[Transaction]:
        is_last = next(begun) == moment
        with transactions() as tx:
            yield tx
            if is_last and not committed:
                raise Killed
        if is_last:
            raise Killed

    return begin


STALE = timedelta(hours=25)


def interrupted_by(
    transactions: Transactions, moment: int, act: Callable[[], object]
) -> Callable[[], AbstractContextManager[Transaction]]:
    """The same transactions; just before the ``moment``-th begins, somebody else does something."""
    begun = count(1)

    @contextmanager
    def begin() -> Iterator[Transaction]:
        if next(begun) == moment:
            act()
        with transactions() as tx:
            yield tx

    return begin

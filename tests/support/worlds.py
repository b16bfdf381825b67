"""A small world to play in: any adapter, a clock and seeds of the test's own, and builders for players and goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from sqlalchemy import Engine

from stickercase.adapters.memory import (
    MemoryAudits,
    MemoryDealings,
    MemoryOutflows,
    MemoryPriceHistory,
    MemoryReading,
    MemoryStore,
    MemoryTransactions,
    MemoryWork,
)
from stickercase.adapters.memory.office import MemoryOffice
from stickercase.adapters.postgres.audits import PostgresAudits
from stickercase.adapters.postgres.dealings import PostgresDealings
from stickercase.adapters.postgres.office import PostgresOffice
from stickercase.adapters.postgres.outflows import PostgresOutflows
from stickercase.adapters.postgres.price_history import PostgresPriceHistory
from stickercase.adapters.postgres.reading import PostgresReading
from stickercase.adapters.postgres.transactions import PostgresTransactions
from stickercase.adapters.postgres.work import PostgresWork
from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.fairness import Revealed, SeedPair
from stickercase.domain.ledger.laws import LawReport
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import Refused
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import NewUnit, Pack, PackStatus
from stickercase.domain.upgrades.ladder import Offer
from stickercase.domain.use_cases.adjust_balance import adjust_balance
from stickercase.domain.use_cases.block_player import block_player
from stickercase.domain.use_cases.offer_upgrades import offer_upgrades
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.open_cases import CaseOpened, OpenCase, Outcome, open_cases
from stickercase.domain.use_cases.publish_cases import CaseChange, NewCase, add_case, edit_case
from stickercase.domain.use_cases.rotate_seed import rotate_seed
from stickercase.domain.use_cases.sell_unit import SellUnit, UnitSold, sell_unit
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.stock_packs import PackChange, add_pack, add_units, edit_pack
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded, UpgradeUnit, upgrade_unit
from stickercase.domain.use_cases.welcome_player import welcome_player
from stickercase.ports.audits import Audits
from stickercase.ports.dealings import Dealings
from stickercase.ports.outflows import Outflows
from stickercase.ports.reading import (
    Draws,
    Event,
    Item,
    Offers,
    Office,
    People,
    PriceHistory,
    Prices,
    PublicDraw,
    Shelves,
    WithdrawalLines,
    Work,
)
from stickercase.ports.transactions import Transactions
from support.back_doors import BackDoor, MemoryBackDoor, PostgresBackDoor
from support.clock import FixedClock
from support.seeds import CountingSeeds

OPERATOR = Caller("service:tests")
ALL = 10**6


class Reading(Shelves, People, Offers, Prices, Draws, WithdrawalLines, Protocol):
    """All that can be read."""


@dataclass
class World:
    """One adapter with a game on it. Amounts in nanotons; ``back_door`` does what no port may."""

    transactions: Transactions
    reading: Reading
    audits: Audits
    work: Work
    history: PriceHistory
    office: Office
    back_door: BackDoor
    outflows: Outflows
    dealings: Dealings
    close: Callable[[], object] = lambda: None
    clock: FixedClock = field(default_factory=FixedClock)
    seeds: CountingSeeds = field(default_factory=CountingSeeds)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _telegram_ids: list[int] = field(default_factory=list)

    # --- building

    def new_player(self, balance_nano: int = 0) -> Player:
        telegram_id = self._number() + 10**6
        player, created = welcome_player(self.transactions, self.clock, self.seeds, Profile(telegram_id, "Ann"))
        assert created
        self.meet(telegram_id)
        if balance_nano:
            self.adjust(player, balance_nano, "a present")
        return player

    def meet(self, telegram_id: int) -> None:
        """Have this player in every snapshot."""
        self._telegram_ids.append(telegram_id)

    def new_pack(
        self,
        units: int | Sequence[int] = 0,
        floor_nano: int = NANO,
        name: str = "",
        collection: str = "Some",
        contributor: str = "Sticker Pack",
    ) -> Pack:
        name = name or f"Pack {self._number()}"
        draft = Pack(0, name, collection, contributor, floor_nano, f"{name}.png", PackStatus.ACTIVE)
        pack_id = int(add_pack(self.transactions, self.clock, OPERATOR, draft, lambda made: b"%d" % made.id).answer)
        if units:
            self.add_units(pack_id, units)
        return self.reading.shelf()[0].packs[pack_id]

    def add_units(self, pack_id: int, units: int | Sequence[int]) -> int:
        """Stock units with these numbers, or so many more with the next ones; the new ``in_stock_count``."""
        numbers = [self._number() for _ in range(units)] if isinstance(units, int) else units
        new = [NewUnit(number) for number in numbers]
        answered = add_units(self.transactions, self.clock, OPERATOR, pack_id, new, lambda free: b"%d" % free)
        return int(answered.answer)

    def new_case(
        self, items: Sequence[tuple[int, float]], price_nano: int = NANO, status: CaseStatus = CaseStatus.ACTIVE
    ) -> Case:
        new = NewCase(f"Case {self._number()}", price_nano, 20.0, "case.png", status, items)
        add_case(self.transactions, self.clock, OPERATOR, new, lambda made: b"")
        return self.reading.shelf()[0].cases[new.name]

    def edit_case(self, case: Case, change: CaseChange) -> Case:
        edit_case(self.transactions, self.clock, OPERATOR, case.name, change, lambda made: b"")
        return self.reading.shelf()[0].cases[case.name]

    def edit_pack(self, pack: Pack, change: PackChange) -> Pack:
        edit_pack(self.transactions, self.clock, OPERATOR, pack.id, change, lambda made: b"")
        return self.reading.shelf()[0].packs[pack.id]

    # --- playing

    def open(self, player: Player, case: Case, count: int = 1, key: str | None = None, asked: bytes = b"") -> Outcome:
        return self.open_all([OpenCase(player.id, case.name, count, key=key, request_hash=asked)])[0]

    def open_all(self, commands: Sequence[OpenCase]) -> list[Outcome]:
        return open_cases(self.transactions, self.clock, rendered, commands)

    def adjust(
        self, player: Player, amount_nano: int, note: str = "a correction", caller: Caller = OPERATOR
    ) -> Answered:
        telegram_id = player.profile.telegram_id
        return adjust_balance(
            self.transactions, self.clock, caller, telegram_id, amount_nano, note, lambda left: b"%d" % left
        )

    def sell(
        self,
        player: Player,
        item_id: int,
        price_nano: int | None = None,
        key: str | None = None,
        asked: bytes = b"",
        fee: float = 0.0,
    ) -> Outcome:
        wish = SellUnit(player.profile.telegram_id, item_id, price_nano)
        caller = Caller(f"player:{player.id}", key, asked)
        return _told(lambda: sell_unit(self.transactions, self.clock, fee, caller, wish, _sold))

    def upgrade(
        self,
        player: Player,
        item_ids: Sequence[int],
        target_unit_id: int,
        table_id: str | None = None,
        key: str | None = None,
        asked: bytes = b"",
        fee: float = 0.2,
    ) -> Outcome:
        wish = UpgradeUnit(player.profile.telegram_id, tuple(item_ids), target_unit_id, table_id)
        caller = Caller(f"player:{player.id}", key, asked)
        return _told(lambda: upgrade_unit(self.transactions, self.clock, fee, caller, wish, _upgraded))

    def offers(self, player: Player, item_ids: Sequence[int], fee: float = 0.2) -> tuple[Offer, ...]:
        return offer_upgrades(self.reading, self.clock, fee, player.id, item_ids)

    def block(self, player: Player, blocked: bool = True, caller: Caller = OPERATOR) -> Answered:
        telegram_id = player.profile.telegram_id
        return block_player(self.transactions, self.clock, caller, telegram_id, blocked, lambda is_so: b"%d" % is_so)

    def floor(self, pack: Pack) -> Floor:
        with self.transactions() as tx:
            return tx.floors.floors([pack.id])[pack.id]

    def set_floor(self, pack: Pack, floor: Floor) -> None:
        with self.transactions() as tx:
            tx.floors.write({pack.id: floor})

    def rotate(self, player: Player, client_seed: str | None = None) -> tuple[SeedPair, Revealed]:
        return rotate_seed(self.transactions, self.clock, self.seeds, player.id, client_seed)

    # --- looking

    def balance(self, player: Player) -> int:
        found = self.reading.player(player.profile.telegram_id)
        assert found is not None
        return found[1]

    def pair(self, player: Player) -> SeedPair:
        found = self.reading.seed_pair(player.id)
        assert found is not None
        return found

    def free(self, pack: Pack) -> int:
        return self.reading.shelf()[1][pack.id]

    def items(self, player: Player) -> Sequence[Item]:
        return self.reading.inventory(player.id, ALL, None)[1]

    def events(self, player: Player, kind: str | None = None) -> Sequence[Event]:
        return self.reading.history(player.id, kind, ALL, None)[1]

    def draws(self, pair: SeedPair) -> list[PublicDraw]:
        """The draws made with a pair, as far as its counter goes."""
        found = [self.reading.draw(pair.server_seed_hash, nonce) for nonce in range(pair.nonce)]
        return [draw for draw in found if draw is not None]

    def tamper(self, kind: str) -> None:
        """Break a law behind the adapter's back; the kinds are those of ``breaches.BREACHES``."""
        self.back_door.tamper(kind)

    def audit(self) -> dict[str, LawReport]:
        return {report.law: report for report in self.audits.audit()}

    def snapshot(self) -> object:
        """Everything that can be read, for comparing before and after."""
        shelf, free = self.reading.shelf()
        specimens = {pack_id: self.reading.specimen(pack_id) for pack_id in shelf.packs}
        log = self.back_door.operator_log()
        with self.transactions() as tx:
            floors = dict(tx.floors.floors(list(shelf.packs)))
        players = [self._all_of(t) for t in self._telegram_ids]
        return shelf, dict(free), floors, specimens, players, log, self.audit()

    def _all_of(self, telegram_id: int) -> object:
        found = self.reading.player(telegram_id)
        if found is None:
            return None
        player = found[0]
        return found, self.pair(player), self.items(player), self.events(player), self.draws(self.pair(player))

    def _number(self) -> int:
        return next(self._numbers)


def rendered(opened: CaseOpened, shelf: Shelf) -> bytes:
    """An answer in which whatever a player is told can be recognised."""
    drops = ",".join(f"{drop.item_id}:{drop.unit.pack_id}#{drop.unit.number}" for drop in opened.drops)
    return f"{opened.opening_id} {opened.balance_nano} {drops} v{shelf.version}".encode()


def _sold(sold: UnitSold) -> bytes:
    return f"{sold.sale_id} {sold.transfer.amount} {sold.balance_nano}".encode()


def _upgraded(upgraded: UnitUpgraded) -> bytes:
    return f"{upgraded.upgrade_id} {'won' if upgraded.drawn.win else 'lost'} {upgraded.drawn.draw.nonce}".encode()


def _told(act: Callable[[], Answered]) -> Outcome:
    """A refusal as a value, as openings have it."""
    try:
        return act()
    except Refused as refused:
        return refused.refusal


def memory_world() -> World:
    """A new world in memory."""
    store = MemoryStore()
    return World(
        MemoryTransactions(store),
        MemoryReading(store),
        MemoryAudits(store),
        MemoryWork(store),
        MemoryPriceHistory(store),
        MemoryOffice(store),
        MemoryBackDoor(store),
        MemoryOutflows(store),
        MemoryDealings(store),
    )


def postgres_world(engine: Engine, auditing: Engine) -> World:
    """A world on migrated, empty tables; ``auditing`` is an engine on the same database that may scan."""
    reading, audits = PostgresReading(engine), PostgresAudits(auditing)

    def close() -> None:
        engine.dispose()
        auditing.dispose()

    return World(
        PostgresTransactions(engine),
        reading,
        audits,
        PostgresWork(engine),
        PostgresPriceHistory(engine),
        PostgresOffice(engine),
        PostgresBackDoor(auditing),
        PostgresOutflows(auditing),
        PostgresDealings(auditing),
        close,
    )

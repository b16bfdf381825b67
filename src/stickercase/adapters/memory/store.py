"""Everything the memory adapter knows, and how a transaction is taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NoReturn, TypeVar

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.fairness import SeedPair
from stickercase.domain.gifts.deliveries import Delivery
from stickercase.domain.gifts.pauses import Pause
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import Asset
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import Exit, Pack, Unit, UnitState
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.once import Remembered
from stickercase.domain.use_cases.open_cases import CaseOpened, Drop
from stickercase.domain.use_cases.price_syncs import CaseLine, SourceLine, SyncHead
from stickercase.domain.use_cases.reports import Report
from stickercase.domain.use_cases.schedules import ScheduleRecord
from stickercase.domain.use_cases.sell_unit import UnitSold
from stickercase.domain.use_cases.settle_invoice import InvoiceCredited
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.tasks import Task
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded
from stickercase.domain.wallet.challenges import Challenge
from stickercase.domain.wallet.ownership import Connected
from stickercase.domain.wallet.withdrawals import Withdrawal
from stickercase.ports.failures import BrokenLaw

K = TypeVar("K")
R = TypeVar("R")

Drawing = tuple[CaseOpened, Drop]
"""One draw with the opening it was part of."""


@dataclass(slots=True)
class UnitRow:
    """A unit and where it is; ``item_id`` names its possession by ``owner_id``, ``way_out`` what it leaves through."""

    unit: Unit
    nft_address: str | None
    stocked_at: datetime
    state: UnitState = UnitState.FREE
    owner_id: int | None = None
    item_id: int | None = None
    way_out: Exit | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """A unit that has left the house, and through what."""

    player_id: int
    item_id: int
    unit: Unit
    way_out: Exit
    at: datetime


@dataclass(slots=True)
class PackRow:
    """A pack with its units by number; ``free`` is a heap of numbers, and its length the count of the stock."""

    pack: Pack
    floor: Floor
    units: dict[int, UnitRow] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    lowest: int | None = None


@dataclass(slots=True)
class PairRow:
    """A player's seed pair, live while ``revealed_at`` is None, with its draws in the order of their nonces."""

    player_id: int
    number: int
    server_seed: bytes
    server_seed_hash: str
    client_seed: str
    next_server_seed: bytes
    nonce: int = 0
    revealed_at: datetime | None = None
    draws: list[Drawing | UnitUpgraded] = field(default_factory=list)

    @property
    def pair(self) -> SeedPair:
        """The pair as the domain knows it."""
        return SeedPair(self.number, self.server_seed, self.client_seed, self.nonce, self.next_server_seed)


@dataclass(slots=True)
class PlayerRow:
    """A player with all that is theirs. The last of ``pairs`` is the live one; ``items`` go by item id."""

    id: int
    profile: Profile
    created_at: datetime
    blocked: bool = False
    avatar: str = ""
    balances: dict[Asset, int] = field(default_factory=lambda: {Asset.TON: 0})
    held: dict[Asset, int] = field(default_factory=dict)
    pairs: list[PairRow] = field(default_factory=list)
    items: dict[int, UnitRow] = field(default_factory=dict)
    draws: list[Drawing] = field(default_factory=list)
    adjustments: list[Transfer] = field(default_factory=list)
    sales: list[UnitSold] = field(default_factory=list)
    upgrades: list[UnitUpgraded] = field(default_factory=list)
    wallet: Connected | None = None
    deposits: list[InvoiceCredited] = field(default_factory=list)

    @property
    def player(self) -> Player:
        """The player as the domain knows them."""
        return Player(self.id, self.profile, self.blocked, self.avatar)


@dataclass(frozen=True, slots=True)
class OddsVersion:
    """One odds table that a case has had, and why it came to be."""

    case_id: int
    table: OddsTable
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the operator log."""

    who: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object]
    at: datetime


@dataclass(slots=True)
class LetterRow:
    """A letter of the inbox."""

    source: str
    body: bytes
    received_at: datetime
    handled_at: datetime | None = None


@dataclass(slots=True)
class SyncRow:
    """A price sync; ``lines`` are of cases that it changed, by case id, ``quiet`` of the others once it has ended."""

    head: SyncHead
    sources: tuple[SourceLine, ...]
    lines: dict[int, CaseLine] = field(default_factory=dict)
    quiet: tuple[CaseLine, ...] = ()
    finished_at: datetime | None = None


class Journal:
    """How to take back what the transaction in flight has done: undo steps, each noted before its change."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []
        self.is_open = False
        self.broken: BrokenLaw | None = None

    def note(self, step: Callable[[], object]) -> None:
        """Remember to call ``step`` when the transaction is rolled back, after all noted later."""
        assert self.is_open, "nothing is written outside a transaction"
        self._steps.append(step)

    def changes(self, row: object, *names: str) -> None:
        """These attributes of ``row`` are about to change."""
        for name in names:
            self.note(partial(setattr, row, name, getattr(row, name)))

    def grows(self, rows: MutableSequence[R]) -> None:
        """Something is about to be appended to ``rows``."""
        self.note(partial(rows.__delitem__, slice(len(rows), None)))

    def sets(self, rows: MutableMapping[K, R], key: K) -> None:
        """``rows[key]`` is about to be set or deleted."""
        if key in rows:
            self.note(partial(rows.__setitem__, key, rows[key]))
        else:
            self.note(partial(rows.pop, key, None))

    def refuse(self, why: str) -> NoReturn:
        """Raise a BrokenLaw; whoever swallows it cannot commit."""
        self.broken = BrokenLaw(why)
        raise self.broken

    def check(self) -> None:
        """Raise the BrokenLaw that somebody swallowed, if there was one."""
        if self.broken is not None:
            raise self.broken

    def roll_back(self) -> None:
        """Take everything back, the newest first."""
        while self._steps:
            self._steps.pop()()

    def forget(self) -> None:
        """The transaction is over, one way or the other."""
        self._steps.clear()
        self.broken = None
        self.is_open = False


class MemoryStore:
    """All state, for any number of threads. Made empty; gone with the process.

    Whoever reads or writes holds :meth:`alone`; what writes notes every change in the :class:`Journal` first.
    """

    def __init__(self) -> None:
        self.journal = Journal()
        self.players: dict[int, PlayerRow] = {}
        self.player_ids: dict[int, int] = {}
        self.pairs: dict[str, PairRow] = {}
        self.transfers: list[Transfer] = []
        self.causes: set[tuple[Reason, int]] = set()
        self.openings: list[CaseOpened] = []
        self.units: dict[int, UnitRow] = {}
        self.challenges: dict[str, Challenge] = {}
        self.invoices: dict[str, PayableInvoice] = {}
        self.withdrawals: dict[int, Withdrawal] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.delivery_pause: Pause | None = None
        self.departures: list[Departure] = []
        self.packs: dict[int, PackRow] = {}
        self.pack_ids: dict[tuple[str, str], int] = {}
        self.cases: dict[str, Case] = {}
        self.case_names: dict[int, str] = {}
        self.odds: dict[int, OddsVersion] = {}
        self.answers: dict[tuple[str, str], Remembered] = {}
        self.answered_at: dict[tuple[str, str], datetime] = {}
        self.operator_log: list[LogEntry] = []
        self.tasks: dict[int, Task] = {}
        self.schedules: dict[str, ScheduleRecord] = {}
        self.syncs: dict[int, SyncRow] = {}
        self.reports: dict[int, Report] = {}
        self.letters: dict[int, LetterRow] = {}
        self.last_task_id = 0
        self.last_letter_id = 0
        self.last_report_id = 0
        self.last_id = 0
        self.last_unit_id = 0
        self.version = 0
        self._shelf: Shelf | None = None
        self._lock = threading.RLock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other thread out. Waits for the transaction in flight; RuntimeError when it is one's own."""
        with self._lock:
            if self.journal.is_open:
                raise RuntimeError("this thread has a transaction in flight: it would wait for itself")
            yield

    def shelf(self) -> Shelf:
        """The shelf as it stands, made once per version."""
        if self._shelf is None:
            packs = {pack_id: row.pack for pack_id, row in self.packs.items()}
            self._shelf = Shelf(self.version, dict(self.cases), packs)
        return self._shelf

    def moves_shelf(self) -> None:
        """Something on the shelf is about to change."""
        self.journal.changes(self, "version", "_shelf")
        self.version += 1
        self._shelf = None

    def fresh_ids(self, count: int) -> range:
        """``count`` ids never given before, ascending, for what moves money or units."""
        self.journal.changes(self, "last_id")
        first = self.last_id + 1
        self.last_id += count
        return range(first, first + count)

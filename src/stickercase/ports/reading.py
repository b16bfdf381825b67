"""Reading for the doors: what is shown to people, consistent at one instant, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from struct import Struct
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.fairness import DrawRecord, SeedPair
    from stickercase.domain.gifts.deliveries import Delivery, Stage
    from stickercase.domain.gifts.pauses import Pause
    from stickercase.domain.players.profile import Player
    from stickercase.domain.stock.floors import Floor
    from stickercase.domain.stock.packs import Unit
    from stickercase.domain.use_cases.price_syncs import PriceSync, SyncSummary, VersionLine
    from stickercase.domain.use_cases.reports import FiledReport
    from stickercase.domain.use_cases.schedules import ScheduleRecord
    from stickercase.domain.use_cases.shelf import Shelf
    from stickercase.domain.use_cases.tasks import Task
    from stickercase.domain.wallet.addresses import Address
    from stickercase.domain.wallet.ownership import Connected
    from stickercase.domain.wallet.withdrawals import NftUnit


@dataclass(frozen=True, slots=True)
class Item:
    """A unit in a player's inventory; ``id`` names this possession of it, ``number`` is the unit's.

    One that is leaving is still shown, and is not to be given.
    """

    id: int
    pack_id: int
    number: int
    is_leaving: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a player's history.

    ``amount_nano`` is the drop's floor at that time for a ``Case open``, what was paid for a ``Sticker sell``, the
    value won minus the value bet for an ``Upgrade``, the signed amount for an ``Adjustment``, the amount for a
    ``Deposit``, negative for a ``Withdrawal``; of these two ``status`` says how they stand. ``image_url`` is the
    pack's (of an upgrade the target's), ``bet_image_url`` that of the first unit bet, ``note`` an adjustment's reason.
    """

    id: int
    kind: str
    amount_nano: int
    at: datetime
    image_url: str = ""
    note: str = ""
    success: bool = False
    bet_image_url: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class PublicDraw:
    """A draw's public record with what people want to know beside it.

    ``case_name`` is None for an upgrade; ``pack_id`` is the drop's, None where nothing was won.
    """

    record: DrawRecord
    case_name: str | None
    pack_id: int | None
    at: datetime


PACKED_COUNT = Struct(">qi")
"""A pack's id and its free units, as :attr:`Glance.stock` holds them."""


@dataclass(frozen=True)
class Glance:
    """All that what is shown of the shop depends on, at one instant, small enough to be asked for every time.

    ``version`` is the shelf's. ``stock`` has a :data:`PACKED_COUNT` for every pack, in ascending id.
    """

    version: int
    stock: bytes

    @cached_property
    def free(self) -> Mapping[int, int]:
        """The free units of every pack."""
        return dict(PACKED_COUNT.iter_unpack(self.stock))

    @cached_property
    def sold_out(self) -> frozenset[int]:
        """The packs without a free unit."""
        return frozenset(pack_id for pack_id, free in self.free.items() if not free)


class Shelves(Protocol):
    """Reads what is on sale."""

    def glance(self) -> Glance:
        """A look at what is committed now. Equal glances at one shelf and stock are equal values.

        Raises ``StoreUnavailable``.
        """
        ...

    def shelf_since(self, version: int) -> Shelf:
        """A committed shelf of ``version`` or newer, which was glanced at; most often without asking the store."""
        ...

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        """The newest committed shelf, and the free units of every pack. Raises ``StoreUnavailable``."""
        ...

    def specimen(self, pack_id: int) -> int:
        """A unit number to show in a demo: a free unit's, else any unit's, else the first there would be (1)."""
        ...


class People(Protocol):
    """Reads what belongs to a player. Lists are newest first; ``before`` is the id to continue below."""

    def player(self, telegram_id: int) -> tuple[Player, int] | None:
        """A player and the TON balance in nanotons."""
        ...

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that the player has connected."""
        ...

    def seed_pair(self, player_id: int) -> SeedPair | None:
        """The live seed pair. The caller shows no server seed of it to anyone."""
        ...

    def inventory(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[Item]]:
        """How many items there are in all, leaving ones as well, and up to ``limit`` of them."""
        ...

    def delivery(self, player_id: int, item_id: int) -> Delivery | None:
        """The newest delivery of an item that is or was the player's."""
        ...

    def history(self, player_id: int, kind: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Event]]:
        """How many events (of ``kind``, or of any) there are in all, and up to ``limit`` of them."""
        ...


@dataclass(frozen=True, slots=True)
class OfferGround:
    """What offers are made from, at one instant: the player's units by item id, the lowest free unit of every pack."""

    items: Mapping[int, Unit]
    free: Sequence[Unit]
    floors: Mapping[int, Floor]


class Offers(Protocol):
    """Reads what upgrades can be offered from."""

    def offer_ground(self, player_id: int, item_ids: Sequence[int]) -> OfferGround:
        """The ground for offers to this player; an item that is not the player's to give is missing."""
        ...


class Prices(Protocol):
    """Reads what the house believes of floors."""

    def floors(self) -> Mapping[int, Floor]:
        """The floors of all packs, by pack id."""
        ...


class PriceHistory(Protocol):
    """Reads what became of prices. Lists are newest first; ``before`` is the id to continue below."""

    def syncs(self, limit: int, before: int | None) -> tuple[int, Sequence[SyncSummary]]:
        """How many price syncs are remembered, and up to ``limit`` of them. Raises ``StoreUnavailable``."""
        ...

    def sync(self, sync_id: int) -> PriceSync | None:
        """One run with its cases; None when there is none, or it has not begun."""
        ...

    def versions(self, case_name: str, limit: int, before: int | None) -> tuple[int, Sequence[VersionLine]] | None:
        """How many odds versions the case has had, and up to ``limit`` below the version; None for no case."""
        ...


class Draws(Protocol):
    """Reads draws."""

    def draw(self, server_seed_hash: str, nonce: int) -> PublicDraw | None:
        """The draw, of a case or an upgrade, made with the committed seed and the nonce.

        Its server seed is there only once it is revealed.
        """
        ...


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    """A withdrawal as it is shown. ``stage`` is one of :class:`~stickercase.domain.wallet.withdrawals.Stage`'s words.

    ``amount_nano`` left the balance, of which the wallet gets all but ``fee_nano``; with a ``unit`` that goes out, and
    both are 0. ``message_hashes`` name the messages that were ever signed for it, oldest first; ``paid_by`` is the one
    that paid.
    """

    id: int
    telegram_id: int | None
    address: Address
    amount_nano: int
    fee_nano: int
    requested_at: datetime
    stage: str
    message_hashes: tuple[str, ...] = ()
    paid_by: str | None = None
    unit: NftUnit | None = None


@dataclass(frozen=True, slots=True)
class OpenWithdrawals:
    """The withdrawals in one stage that is not final: how many, what is held for them, since when the oldest waits."""

    stage: str
    count: int
    amount_nano: int
    since: datetime


class WithdrawalLines(Protocol):
    """Reads withdrawals. Ids ascend with the time of the request."""

    def withdrawals_of(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[WithdrawalLine]]:
        """How many withdrawals the player has made, and up to ``limit`` of them, newest first, below the id."""
        ...

    def withdrawals(
        self, stage: str | None, limit: int, beyond: int | None, *, oldest_first: bool
    ) -> tuple[int, Sequence[WithdrawalLine]]:
        """How many withdrawals in a stage (or in any) there are, and up to ``limit`` of them.

        They go on beyond the id: below it, or above it with ``oldest_first``.
        """
        ...

    def withdrawal_of_item(self, player_id: int, item_id: int) -> WithdrawalLine | None:
        """The newest withdrawal of an item that is or was the player's."""
        ...

    def open_withdrawals(self) -> Sequence[OpenWithdrawals]:
        """What waits or is on its way, by the name of its stage. Raises ``StoreUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the tasks of one kind stand.

    How many wait, how many of those are due now, since when the longest one is, how many were set aside.
    """

    kind: str
    waiting: int
    due: int
    due_since: datetime | None
    set_aside: int


@dataclass(frozen=True, slots=True)
class Dispatch:
    """How the deliveries stand that have not ended: for each stage how many, and since when the oldest one.

    ``pause`` is that of all deliveries.
    """

    stages: Mapping[Stage, tuple[int, datetime]]
    pause: Pause | None


class Work(Protocol):
    """Reads what goes on behind the doors."""

    def deliveries(self, stage: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Delivery]]:
        """How many deliveries at a stage (or at any) there are, and up to ``limit``, newest first, below the id."""
        ...

    def dispatch(self) -> Dispatch:
        """How deliveries stand. Raises ``StoreUnavailable``."""
        ...

    def tasks(self, state: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Task]]:
        """How many tasks in a state (or in any) there are, and up to ``limit``, newest first, below the id."""
        ...

    def backlog(self, at: datetime) -> Sequence[Backlog]:
        """The tasks that are not done, by kind in the order of its name. Raises ``StoreUnavailable``."""
        ...

    def schedules(self) -> Sequence[ScheduleRecord]:
        """Every schedule that has ticked, by name."""
        ...


@dataclass(frozen=True, slots=True)
class PackStock:
    """Where the units of a pack are: the house's, players', on their way out."""

    free: int
    owned: int
    leaving: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the operators' log."""

    id: int
    who: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which lines are wanted: of one subject, of one who, from a moment on; None is any."""

    subject: str | None = None
    who: str | None = None
    since: datetime | None = None


class Office(Protocol):
    """Reads what operators look at, and nobody else."""

    def stock(self) -> Mapping[int, PackStock]:
        """Where the units of every pack are, by pack id. It counts items: not for every minute."""
        ...

    def log(self, wish: LogWish, limit: int, before: int | None) -> tuple[int, Sequence[LogLine]]:
        """How many lines are wanted in all, and up to ``limit`` of them, newest first, below the id."""
        ...

    def reports(self, limit: int, before: int | None) -> tuple[int, Sequence[FiledReport]]:
        """How many reports of reconciliations are kept, and up to ``limit`` of them, newest first, below the number.

        Raises ``StoreUnavailable``.
        """
        ...

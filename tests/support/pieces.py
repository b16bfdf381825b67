"""The pieces of the game once more, in the plainest Python: players, packs, cases, and what players may wish for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import fsum

GRID = 2**53
STALE_HOURS = 24

Told = tuple[str, object]
"""What became of a command, and what was told with it."""


@dataclass(frozen=True)
class Why:
    """Why a command was refused; printed, it is its code, with the reason where a code has several."""

    code: str
    details: tuple[object, ...] = ()

    def __str__(self) -> str:
        reason = {"price_unreliable": 1, "quote_expired": 0}.get(self.code)
        return self.code if reason is None else f"{self.code}: {self.details[reason]}"


@dataclass
class PackModel:
    """A pack: its floor and how far that is to be relied on, the numbers of its free units, all that it ever had."""

    floor_nano: int
    free: set[int] = field(default_factory=set)
    ever: set[int] = field(default_factory=set)
    heard_at: float = 0
    quarantined: bool = False

    def doubt(self, now: float) -> str | None:
        """Why the floor is not to be relied on at so many hours."""
        if self.floor_nano == 0:
            return "missing"
        if self.quarantined:
            return "quarantined"
        return "stale" if now - self.heard_at > STALE_HOURS else None


def widths(chances: Sequence[float]) -> list[int]:
    """Ticket widths, straight from the definition."""
    total = fsum(chances)
    last = max(i for i, chance in enumerate(chances) if chance > 0)
    cuts = [0] + [GRID if i >= last else round(fsum(chances[: i + 1]) / total * GRID) for i in range(len(chances))]
    return [end - start for start, end in pairwise(cuts)]


def name_of_table(rows: Sequence[tuple[object, int]]) -> str:
    """The hash under which a table is published."""
    return hashlib.sha256(",".join(f"{name}:{width}" for name, width in rows).encode()).hexdigest()


@dataclass
class CaseModel:
    """A case; ``chances`` by pack id."""

    name: str
    price_nano: int
    chances: dict[int, float]
    active: bool = True

    def widths(self) -> list[tuple[int, int]]:
        """Pack ids and ticket widths."""
        packs = sorted(self.chances)
        return list(zip(packs, widths([self.chances[pack] for pack in packs]), strict=True))

    @property
    def table_id(self) -> str:
        """The hash under which the odds are published."""
        return name_of_table(self.widths())


@dataclass
class ItemModel:
    """A possession of a unit. The product gives it an id, which the test tells when it has seen it."""

    pack: int
    number: int
    id: int | None = None


@dataclass
class PlayerModel:
    """A player: money, seeds, items with the newest last, ids of items that are gone, and lines of the history.

    ``draws`` are those of the live seed pair: (game, table id, row from 1, pack won or None).
    """

    server_seed: bytes
    client_seed: str
    next_server_seed: bytes
    number: int = 0
    nonce: int = 0
    balance_nano: int = 0
    blocked: bool = False
    items: list[ItemModel] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    history: list[tuple[str, int]] = field(default_factory=list)
    draws: list[tuple[str, str, int, int | None]] = field(default_factory=list)

    def drawn(self, game: str, rows: Sequence[tuple[object, int]]) -> int:
        """The row, from 0, that the next draw from this table falls on; takes the nonce."""
        message = f"{game}|{name_of_table(rows)}|{self.client_seed}|{self.nonce}"
        digest = hmac.new(self.server_seed, message.encode(), hashlib.sha256).digest()
        roll = int(digest.hex()[:16], 16) >> 11
        self.nonce += 1
        for row, (_, width) in enumerate(rows):
            if roll < width:
                return row
            roll -= width
        raise AssertionError("a roll is below the sum of the widths")

    def item(self, item_id: int) -> ItemModel | None:
        """The item of this id, if it is the player's."""
        return next((item for item in self.items if item.id == item_id), None)

    def gives(self, item: ItemModel) -> None:
        """The item is the player's no more."""
        assert item.id is not None
        self.items.remove(item)
        self.gone.append(item.id)

    def learns(self, ids: Sequence[int]) -> None:
        """What the product calls the player's items, the newest last. A name never changes and never comes twice."""
        assert len(ids) == len(self.items)
        for item, item_id in zip(self.items, ids, strict=True):
            assert item.id in (None, item_id)
            assert item_id not in self.gone, "an item that is gone came back"
            item.id = item_id


@dataclass(frozen=True)
class Wish:
    """A wish to open a case. ``asked`` stands for the hash of the request."""

    player: int
    case: str
    count: int
    price_nano: int | None
    table_id: str | None
    key: str | None
    asked: bytes


@dataclass(frozen=True)
class Opened:
    """What an opening must have yielded: (pack id, number) of each drop, and the balance left."""

    drops: tuple[tuple[int, int], ...]
    balance_nano: int


@dataclass(frozen=True)
class Sale:
    """A wish to sell an item."""

    player: int
    item: int
    price_nano: int | None
    key: str | None
    asked: bytes


@dataclass(frozen=True)
class Sold:
    """What a sale must have yielded: what was paid, and the balance then."""

    paid_nano: int
    balance_nano: int


@dataclass(frozen=True)
class Bet:
    """A wish to upgrade items to the unit ``target``."""

    player: int
    items: tuple[int, ...]
    target: int
    table_id: str | None
    key: str | None
    asked: bytes


@dataclass(frozen=True)
class Upgraded:
    """How an upgrade must have ended: the nonce it took, the unit that was bet for, and whether it was won."""

    nonce: int
    target: tuple[int, int]
    won: bool


Play = Wish | Sale | Bet
"""What a player may want to do under an idempotency key."""

"""Reading for the doors: what is shown to people, consistent at one instant, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.fairness import DrawRecord, SeedPair
    from stickercase.domain.players.profile import Player
    from stickercase.domain.use_cases.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Item:
    """A unit in a player's inventory; ``id`` names this possession of it, ``number`` is the unit's."""

    id: int
    pack_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a player's history. ``amount_nano`` is signed for an opening the drop's floor at that time.

    ``kind`` is ``Case open`` or ``Adjustment``; ``image_url`` is the pack's, ``note`` an adjustment's reason.
    """

    id: int
    kind: str
    amount_nano: int
    at: datetime
    image_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PublicDraw:
    """A draw's public record with what people want to know beside it; ``pack_id`` is the drop's."""

    record: DrawRecord
    case_name: str
    pack_id: int
    at: datetime


class Shelves(Protocol):
    """Reads what is on sale."""

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

    def seed_pair(self, player_id: int) -> SeedPair | None:
        """The live seed pair. The caller shows no server seed of it to anyone."""
        ...

    def inventory(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[Item]]:
        """How many items there are in all, and up to ``limit`` of them."""
        ...

    def history(self, player_id: int, kind: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Event]]:
        """How many events (of ``kind``, or of any) there are in all, and up to ``limit`` of them."""
        ...


class Draws(Protocol):
    """Reads draws."""

    def draw(self, server_seed_hash: str, nonce: int) -> PublicDraw | None:
        """The draw made with the committed seed and the nonce; its server seed only once it is revealed."""
        ...

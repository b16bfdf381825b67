"""Cases, packs and odds versions, for those who change them. A change is seen by the next reader in any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.cases.catalogue import Case
    from stickercase.domain.cases.odds import OddsTable
    from stickercase.domain.stock.packs import Pack


class Packs(Protocol):
    """Packs within one transaction."""

    def pack(self, pack_id: int) -> Pack | None:
        """A pack, locked until the commit."""
        ...

    def packs(self) -> Sequence[Pack]:
        """All packs as last committed, in ascending id; none of them is locked."""
        ...

    def known_packs(self, pack_ids: Sequence[int]) -> set[int]:
        """Which of these ids are packs'."""
        ...

    def add_pack(self, pack: Pack, at: datetime) -> Pack | None:
        """The pack with its id and an empty stock; None when the collection has one of this name already."""
        ...

    def edit_pack(self, pack: Pack) -> bool:
        """Replace a pack but for its floor, which has a port of its own; False when its new names are another's."""
        ...


class Cases(Protocol):
    """Cases within one transaction."""

    def case(self, name: str) -> Case | None:
        """A case with its newest odds table, locked until the commit."""
        ...

    def cases(self, names: Sequence[str]) -> Mapping[str, Case]:
        """Cases by name with their newest odds tables, locked in ascending id until the commit.

        A name that is no case's is missing.
        """
        ...

    def add_case(self, case: Case, at: datetime) -> Case | None:
        """The case with its ids and its first odds version; None when there is one of this name already."""
        ...

    def edit_case(self, case: Case) -> None:
        """Replace a case's price, fees, image, status and odds version."""
        ...

    def publish_odds(self, case_id: int, table: OddsTable, reason: str, at: datetime) -> int:
        """Keep a new, immutable version of a case's odds and return its id. Old versions stay for ever."""
        ...


class Catalogue(Packs, Cases, Protocol):
    """Packs and cases together."""

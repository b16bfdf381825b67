"""Cases, packs and odds versions in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore, OddsVersion, PackRow
from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import Pack, matched_names


class MemoryCatalogue:
    """Packs and cases within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def pack(self, pack_id: int) -> Pack | None:
        """A pack."""
        row = self._store.packs.get(pack_id)
        return None if row is None else row.pack

    def packs(self) -> Sequence[Pack]:
        """All packs."""
        return [self._store.packs[pack_id].pack for pack_id in sorted(self._store.packs)]

    def known_packs(self, pack_ids: Sequence[int]) -> set[int]:
        """Which of these ids are packs'."""
        return self._store.packs.keys() & set(pack_ids)

    def add_pack(self, pack: Pack, at: datetime) -> Pack | None:
        """The pack with its id; None when the collection has one of this name."""
        names = _names(pack)
        if names in self._store.pack_ids:
            return None
        added = replace(pack, id=len(self._store.packs) + 1)
        self._store.moves_shelf()
        self._store.journal.sets(self._store.packs, added.id)
        self._store.journal.sets(self._store.pack_ids, names)
        self._store.packs[added.id] = PackRow(added, Floor(added.floor_nano, at))
        self._store.pack_ids[names] = added.id
        return added

    def edit_pack(self, pack: Pack) -> bool:
        """Replace a pack but for its floor; False when its new names are another pack's."""
        row = self._store.packs[pack.id]
        old, new = _names(row.pack), _names(pack)
        if self._store.pack_ids.get(new, pack.id) != pack.id:
            return False
        self._store.moves_shelf()
        self._store.journal.changes(row, "pack")
        self._store.journal.sets(self._store.pack_ids, old)
        self._store.journal.sets(self._store.pack_ids, new)
        del self._store.pack_ids[old]
        self._store.pack_ids[new] = pack.id
        row.pack = replace(pack, floor_nano=row.floor.price_nano)
        return True

    def case(self, name: str) -> Case | None:
        """A case."""
        return self._store.cases.get(name)

    def cases(self, names: Sequence[str]) -> Mapping[str, Case]:
        """Cases by name."""
        return {name: self._store.cases[name] for name in names if name in self._store.cases}

    def add_case(self, case: Case, at: datetime) -> Case | None:
        """The case with its ids and its first odds version; None when there is one of this name."""
        if case.name in self._store.cases:
            return None
        case_id = len(self._store.cases) + 1
        odds_id = self.publish_odds(case_id, case.odds, "created", at)
        added = replace(case, id=case_id, odds_id=odds_id)
        self._store.journal.sets(self._store.case_names, case_id)
        self._store.case_names[case_id] = case.name
        self._put(added)
        return added

    def edit_case(self, case: Case) -> None:
        """Replace a case's price, fees, image and status; its odds are the newest that were published."""
        known = self._store.cases[case.name]
        assert (known.id, known.odds_id) == (case.id, case.odds_id), "odds are published before they are used"
        self._put(case)

    def publish_odds(self, case_id: int, table: OddsTable, reason: str, at: datetime) -> int:
        """Keep a new version of a case's odds, the case's from now on, and return its id."""
        odds_id = len(self._store.odds) + 1
        self._store.journal.sets(self._store.odds, odds_id)
        self._store.odds[odds_id] = OddsVersion(case_id, table, reason, at)
        name = self._store.case_names.get(case_id)
        if name is not None:
            self._put(replace(self._store.cases[name], odds=table, odds_id=odds_id))
        return odds_id

    def _put(self, case: Case) -> None:
        self._store.moves_shelf()
        self._store.journal.sets(self._store.cases, case.name)
        self._store.cases[case.name] = case


def _names(pack: Pack) -> tuple[str, str]:
    return matched_names(pack.collection_name, pack.pack_name)

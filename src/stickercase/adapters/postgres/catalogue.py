"""Cases, packs and odds versions in PostgreSQL, for those who change them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from stickercase.adapters.postgres.shelves import case_of, pack_of
from stickercase.adapters.postgres.tables import cases, catalogue, odds, odds_rows, packs, stock
from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.stock.packs import Pack, matched_names


class PostgresCatalogue:
    """Packs and cases within one transaction. Every change moves the catalogue's version."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pack(self, pack_id: int) -> Pack | None:
        """A pack, locked."""
        row = self._connection.execute(
            select(packs).where(packs.c.id == pack_id).with_for_update(key_share=True)
        ).first()
        return None if row is None else pack_of(row)

    def known_packs(self, pack_ids: Sequence[int]) -> set[int]:
        """Which of these ids are packs'."""
        return set(self._connection.execute(select(packs.c.id).where(packs.c.id.in_(pack_ids))).scalars())

    def add_pack(self, pack: Pack, at: datetime) -> Pack | None:
        """The pack with its id and an empty stock."""
        made = self._connection.execute(
            insert_or(packs)
            .values(floor_nano=pack.floor_nano, floor_at=at, **_pack_columns(pack))
            .on_conflict_do_nothing(index_elements=["matched_collection", "matched_pack"])
            .returning(packs)
        ).first()
        if made is None:
            return None
        self._connection.execute(insert(stock).values(pack_id=made.id, free=0))
        move_catalogue(self._connection)
        return pack_of(made)

    def edit_pack(self, pack: Pack) -> bool:
        """Replace a pack but for its floor; False when its new names are another pack's."""
        # First, because it is one row for everybody: whoever renames at the same time waits here and then sees us.
        move_catalogue(self._connection)
        collection, name = matched_names(pack.collection_name, pack.pack_name)
        same = (packs.c.matched_collection == collection) & (packs.c.matched_pack == name)
        if self._connection.execute(select(packs.c.id).where(same, packs.c.id != pack.id)).first() is not None:
            return False
        self._connection.execute(update(packs).where(packs.c.id == pack.id).values(**_pack_columns(pack)))
        return True

    def case(self, name: str) -> Case | None:
        """A case with its newest odds table, locked."""
        row = self._connection.execute(
            select(cases).where(cases.c.name == name).with_for_update(key_share=True)
        ).first()
        if row is None:
            return None
        newest = select(odds.c.id).where(odds.c.case_id == row.id).order_by(odds.c.version.desc()).limit(1)
        odds_id = self._connection.execute(newest).scalar_one()
        rows = self._connection.execute(
            select(odds_rows.c.pack_id, odds_rows.c.chance).where(odds_rows.c.odds_id == odds_id)
        )
        return case_of(row, odds_id, odds_table((found.pack_id, found.chance) for found in rows))

    def add_case(self, case: Case, at: datetime) -> Case | None:
        """The case with its ids and its first odds version."""
        made = self._connection.execute(
            insert_or(cases)
            .values(name=case.name, **_case_columns(case))
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(cases)
        ).first()
        if made is None:
            return None
        return case_of(made, self.publish_odds(made.id, case.odds, "created", at), case.odds)

    def edit_case(self, case: Case) -> None:
        """Replace a case's price, fee, image and status; its odds are the newest that were published."""
        self._connection.execute(update(cases).where(cases.c.id == case.id).values(**_case_columns(case)))
        move_catalogue(self._connection)

    def publish_odds(self, case_id: int, table: OddsTable, reason: str, at: datetime) -> int:
        """Keep a new version of a case's odds and return its id."""
        version = select(func.coalesce(func.max(odds.c.version), 0) + 1).where(odds.c.case_id == case_id)
        odds_id: int = self._connection.execute(
            insert(odds)
            .values(case_id=case_id, version=version.scalar_subquery(), table_id=table.table_id, reason=reason, at=at)
            .returning(odds.c.id)
        ).scalar_one()
        self._connection.execute(
            insert(odds_rows),
            [
                {"odds_id": odds_id, "pack_id": row.pack_id, "chance": row.chance, "tickets": row.tickets}
                for row in table.rows
            ],
        )
        move_catalogue(self._connection)
        return odds_id


def move_catalogue(connection: Connection) -> None:
    """Whoever has the shelf in memory must read it anew: something on it is another than before."""
    connection.execute(update(catalogue).values(version=catalogue.c.version + 1))


def _pack_columns(pack: Pack) -> dict[str, object]:
    collection, name = matched_names(pack.collection_name, pack.pack_name)
    return {
        "pack_name": pack.pack_name,
        "collection_name": pack.collection_name,
        "matched_pack": name,
        "matched_collection": collection,
        "contributor": pack.contributor,
        "image_url": pack.image_url,
        "status": pack.status.value,
        "gift_id": pack.gift_id,
    }


def _case_columns(case: Case) -> dict[str, object]:
    return {
        "price_nano": case.price_nano,
        "base_fee": case.base_fee,
        "image_url": case.image_url,
        "status": case.status.value,
    }

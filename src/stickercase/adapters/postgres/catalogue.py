"""Cases, packs and odds versions in PostgreSQL, for those who change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Double, Text, any_, bindparam, insert, select, text, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or

from stickercase.adapters.postgres.shelves import NEWEST_ODDS, case_of, odds_tables, pack_of
from stickercase.adapters.postgres.tables import cases, catalogue, packs, stock
from stickercase.adapters.postgres.tables.shared import MOMENT
from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import OddsTable
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

    def packs(self) -> Sequence[Pack]:
        """All packs."""
        return [pack_of(row) for row in self._connection.execute(select(packs).order_by(packs.c.id))]

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
        move_packs(self._connection)
        return pack_of(made)

    def edit_pack(self, pack: Pack) -> bool:
        """Replace a pack but for its floor; False when its new names are another pack's."""
        # First, because it is one row for everybody: whoever renames at the same time waits here and then sees us.
        move_packs(self._connection)
        collection, name = matched_names(pack.collection_name, pack.pack_name)
        same = (packs.c.matched_collection == collection) & (packs.c.matched_pack == name)
        if self._connection.execute(select(packs.c.id).where(same, packs.c.id != pack.id)).first() is not None:
            return False
        self._connection.execute(update(packs).where(packs.c.id == pack.id).values(**_pack_columns(pack)))
        return True

    def case(self, name: str) -> Case | None:
        """A case with its newest odds table, locked."""
        return self.cases([name]).get(name)

    def cases(self, names: Sequence[str]) -> Mapping[str, Case]:
        """Cases by name, locked in ascending id; their odds are read behind the locks."""
        wanted = bindparam("names", list(names), ARRAY(Text))
        query = select(cases).where(cases.c.name == any_(wanted)).order_by(cases.c.id)
        rows = self._connection.execute(query.with_for_update(key_share=True)).all()
        own = any_(bindparam("cases", [row.id for row in rows], ARRAY(BigInteger)))
        newest = (
            select(cases.c.id, NEWEST_ODDS.c.id.label("odds_id")).join(NEWEST_ODDS, true()).where(cases.c.id == own)
        )
        odds_ids = {row.id: row.odds_id for row in self._connection.execute(newest)}
        tables = odds_tables(self._connection, list(odds_ids.values()))
        return {row.name: case_of(row, odds_ids[row.id], tables[odds_ids[row.id]]) for row in rows}

    def add_case(self, case: Case, at: datetime) -> Case | None:
        """The case with its ids and its first odds version."""
        made = self._connection.execute(
            insert_or(cases)
            .values(name=case.name, moved=0, **_case_columns(case))
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(cases)
        ).first()
        if made is None:
            return None
        return case_of(made, self.publish_odds(made.id, case.odds, "created", at), case.odds)

    def edit_case(self, case: Case) -> None:
        """Replace a case's price, fees, image and status; its odds are the newest that were published."""
        # The case is locked already, so the catalogue's version still comes last.
        moved = move_catalogue(self._connection)
        self._connection.execute(update(cases).where(cases.c.id == case.id).values(moved=moved, **_case_columns(case)))

    def publish_odds(self, case_id: int, table: OddsTable, reason: str, at: datetime) -> int:
        """Keep a new version of a case's odds and return its id. In one trip: who opens the case is waiting for it."""
        values = {"case_id": case_id, "table_id": table.table_id, "reason": reason, "at": at}
        columns = {
            "pack_ids": [row.pack_id for row in table.rows],
            "chances": [row.chance for row in table.rows],
            "tickets": [row.tickets for row in table.rows],
        }
        odds_id: int = self._connection.execute(PUBLISH, values | columns).scalar_one()
        return odds_id


PUBLISH = text("""
WITH made AS (
    INSERT INTO odds (case_id, version, table_id, reason, at)
    SELECT :case_id, coalesce(max(version), 0) + 1, :table_id, :reason, :at FROM odds WHERE case_id = :case_id
    RETURNING id
), filled AS (
    INSERT INTO odds_rows (odds_id, pack_id, chance, tickets)
    SELECT made.id, r.* FROM made, unnest(:pack_ids, :chances, :tickets) AS r
), moved AS (
    UPDATE catalogue SET version = version + 1 RETURNING version
), stamped AS (
    UPDATE cases SET moved = moved.version FROM moved WHERE cases.id = :case_id
)
SELECT id FROM made
""").bindparams(
    bindparam("case_id", type_=BigInteger),
    bindparam("table_id", type_=Text),
    bindparam("reason", type_=Text),
    bindparam("at", type_=MOMENT),
    bindparam("pack_ids", type_=ARRAY(BigInteger)),
    bindparam("chances", type_=ARRAY(Double)),
    bindparam("tickets", type_=ARRAY(BigInteger)),
)


def move_catalogue(connection: Connection) -> int:
    """The version that some case is another at than before: whoever has the shelf in memory reads that case anew."""
    following = update(catalogue).values(version=catalogue.c.version + 1).returning(catalogue.c.version)
    version: int = connection.execute(following).scalar_one()
    return version


def move_packs(connection: Connection) -> None:
    """Whoever has the shelf in memory must read its packs anew: some pack is another than before."""
    following = catalogue.c.version + 1
    connection.execute(update(catalogue).values(version=following, packs_version=following))


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
        "reported_fee": case.reported_fee,
        "off_sale_by": None if case.off_sale is None else case.off_sale.by,
        "off_sale_why": None if case.off_sale is None else case.off_sale.why,
    }

"""The shelf as the database has it, kept in memory for as long as the catalogue's version does not move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from threading import Lock
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Row, any_, bindparam, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.tables import cases, catalogue, odds, odds_rows, packs
from stickercase.domain.cases.catalogue import Case, CaseStatus, OffSale
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.shelf import Shelf

# Whatever the number of versions: the newest is at the end of an index.
NEWEST_ODDS = (
    select(odds.c.id).where(odds.c.case_id == cases.c.id).order_by(odds.c.version.desc()).limit(1).lateral("newest")
)
CASES_WITH_ODDS = select(cases, NEWEST_ODDS.c.id.label("odds_id")).join(NEWEST_ODDS, true()).order_by(cases.c.id)


PACK = tuple(packs.c[field.name] for field in fields(Pack))
PACK_STATUS = PACK.index(packs.c.status)
PACK_IMAGE = PACK.index(packs.c.image_url)
STATUSES = {status.value: status for status in PackStatus}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A shelf and the version of its packs. The next one is made of it: what has not moved is not read again."""

    shelf: Shelf
    packs_version: int


class PostgresShelves:
    """The newest shelf this process has seen. Immutable values: threads may share what they are given.

    A case or a pack without a picture has the address of the stub there.
    """

    def __init__(self, engine: Engine, *, case_stub: str = "", pack_stub: str = "") -> None:
        self._engine = engine
        self._stubs = (case_stub, pack_stub)
        self._loaded: Loaded | None = None
        self._loading = Lock()

    def known(self) -> Shelf:
        """The shelf last loaded; whoever uses it compares its version with the database's first."""
        loaded = self._loaded
        return self.load() if loaded is None else loaded.shelf

    def since(self, version: int) -> Shelf:
        """A shelf of ``version`` or newer. Threads that find theirs too old load one shelf between them."""
        shelf = self.known()
        if shelf.version < version:
            with self._loading:
                shelf = self.known()
                if shelf.version < version:
                    shelf = self.load()
        return shelf

    def load(self) -> Shelf:
        """Read the shelf anew, at one instant: what has moved since it was read last."""
        with look(self._engine) as connection:
            self._loaded = loaded = _read(connection, self._loaded, *self._stubs)
        return loaded.shelf


def _read(connection: Connection, known: Loaded | None, case_stub: str, pack_stub: str) -> Loaded:
    version, packs_version = connection.execute(select(catalogue.c.version, catalogue.c.packs_version)).one()
    if known is None or version < known.shelf.version:
        # Nothing is known; or this is another database than it was, made from a copy of long ago.
        known = Loaded(Shelf(-1, {}, {}), -1)
    found = known.shelf.packs if known.packs_version == packs_version else _packs(connection, pack_stub)
    moved = connection.execute(CASES_WITH_ODDS.where(cases.c.moved > known.shelf.version)).all()
    if not moved:
        return Loaded(Shelf(version, known.shelf.cases, found), packs_version)
    tables = odds_tables(connection, [row.odds_id for row in moved])
    read = [case_of(row, row.odds_id, tables[row.odds_id]) for row in moved]
    newer = {case.name: case if case.image_url else replace(case, image_url=case_stub) for case in read}
    return Loaded(Shelf(version, {**known.shelf.cases, **newer}, found), packs_version)


def _packs(connection: Connection, stub: str) -> dict[int, Pack]:
    """All packs, made in a hurry: every opening waits for a thousand of them when their floors have moved."""
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    found = {}
    for row in connection.execute(select(*PACK).order_by(packs.c.id)):
        values = list(row)
        values[PACK_STATUS] = STATUSES[row[PACK_STATUS]]
        values[PACK_IMAGE] = values[PACK_IMAGE] or stub
        found[row[0]] = Pack(*values)
    return found


def odds_tables(connection: Connection, odds_ids: Sequence[int]) -> dict[int, OddsTable]:
    """The odds tables of these ids."""
    if not odds_ids:
        return {}
    wanted = bindparam("odds", list(odds_ids), ARRAY(BigInteger))
    chances: dict[int, list[tuple[int, float]]] = {}
    columns = select(odds_rows.c.odds_id, odds_rows.c.pack_id, odds_rows.c.chance)
    for odds_id, pack_id, chance in connection.execute(columns.where(odds_rows.c.odds_id == any_(wanted))):
        chances.setdefault(odds_id, []).append((pack_id, chance))
    return {odds_id: odds_table(pairs) for odds_id, pairs in chances.items()}


def pack_of(row: Row[Any]) -> Pack:
    """A pack from a row of the packs table."""
    return Pack(
        row.id,
        row.pack_name,
        row.collection_name,
        row.contributor,
        row.floor_nano,
        row.image_url,
        PackStatus(row.status),
        row.gift_id,
    )


def case_of(row: Row[Any], odds_id: int, table: OddsTable) -> Case:
    """A case from a row of the cases table and its current odds."""
    return Case(
        id=row.id,
        name=row.name,
        price_nano=row.price_nano,
        base_fee=row.base_fee,
        image_url=row.image_url,
        status=CaseStatus(row.status),
        odds_id=odds_id,
        odds=table,
        reported_fee=row.reported_fee,
        off_sale=None if row.off_sale_by is None else OffSale(row.off_sale_by, row.off_sale_why),
    )

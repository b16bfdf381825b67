"""The shelf as the database has it, kept in memory for as long as the catalogue's version does not move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Row, any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.tables import cases, catalogue, odds, odds_rows, packs
from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.shelf import Shelf

CURRENT_ODDS = (
    select(odds.c.id, odds.c.case_id).ext(distinct_on(odds.c.case_id)).order_by(odds.c.case_id, odds.c.version.desc())
)


class PostgresShelves:
    """The newest shelf this process has seen. Immutable values: threads may share what they are given.

    A case or a pack without a picture has the address of the stub there.
    """

    def __init__(self, engine: Engine, *, case_stub: str = "", pack_stub: str = "") -> None:
        self._engine = engine
        self._stubs = (case_stub, pack_stub)
        self._shelf: Shelf | None = None
        self._loading = Lock()

    def known(self) -> Shelf:
        """The shelf last loaded; whoever uses it compares its version with the database's first."""
        return self._shelf or self.load()

    def since(self, version: int) -> Shelf:
        """A shelf of ``version`` or newer. Threads that find theirs too old load one shelf between them."""
        shelf = self._shelf
        if shelf is None or shelf.version < version:
            with self._loading:
                shelf = self._shelf
                if shelf is None or shelf.version < version:
                    shelf = self.load()
        return shelf

    def load(self) -> Shelf:
        """Read the shelf anew, at one instant."""
        with look(self._engine) as connection:
            shelf = _read(connection, *self._stubs)
        self._shelf = shelf
        return shelf


def _read(connection: Connection, case_stub: str, pack_stub: str) -> Shelf:
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    version = connection.execute(select(catalogue.c.version)).scalar_one()
    found = [pack_of(row) for row in connection.execute(select(packs).order_by(packs.c.id))]
    tables = newest_odds(connection)
    rows = connection.execute(select(cases).order_by(cases.c.id))
    on_sale = [case_of(row, *tables[row.id]) for row in rows]
    return Shelf(
        version,
        {case.name: case if case.image_url else replace(case, image_url=case_stub) for case in on_sale},
        {pack.id: pack if pack.image_url else replace(pack, image_url=pack_stub) for pack in found},
    )


def newest_odds(connection: Connection, case_ids: Sequence[int] | None = None) -> dict[int, tuple[int, OddsTable]]:
    """Odds id and table of the newest version, by case id: of these cases, or of all."""
    wanted = bindparam("cases", list(case_ids or ()), ARRAY(BigInteger))
    newest = CURRENT_ODDS if case_ids is None else CURRENT_ODDS.where(odds.c.case_id == any_(wanted))
    current = newest.subquery()
    rows = connection.execute(
        select(current.c.case_id, current.c.id, odds_rows.c.pack_id, odds_rows.c.chance).join(
            odds_rows, odds_rows.c.odds_id == current.c.id
        )
    )
    chances: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for case_id, odds_id, pack_id, chance in rows:
        chances.setdefault((case_id, odds_id), []).append((pack_id, chance))
    return {case_id: (odds_id, odds_table(pairs)) for (case_id, odds_id), pairs in chances.items()}


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
    status = CaseStatus(row.status)
    return Case(row.id, row.name, row.price_nano, row.base_fee, row.image_url, status, odds_id, table, row.reported_fee)

"""Recomputing every law from what was written, in one repeatable-read transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from stickercase.adapters.postgres import audit_sql
from stickercase.adapters.postgres.looks import look
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.fairness import GRID, BadOdds, commitment, roll, table_id
from stickercase.domain.ledger.laws import LawReport
from stickercase.domain.upgrades.decision import GAME as UPGRADE
from stickercase.domain.upgrades.quotes import Quote, quote
from stickercase.domain.use_cases.open_cases import GAME

BATCH = 5_000


class PostgresAudits:
    """Audits on ``engine`` (one without a statement time-out, free to scan)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def audit(self) -> Sequence[LawReport]:
        """One report per law, all at the same instant."""
        with look(self._engine) as connection:
            counted = [_counted(connection, law, query) for law, query in audit_sql.LAWS.items()]
            tables = _tables(connection)
            openings, upgrades = _draws_replay(connection, tables), _Upgrades().looked_at(connection)
            draws = LawReport(
                "draws_replay", openings.checked + upgrades.checked, openings.breaches + upgrades.misdrawn
            )
            return [*counted, upgrades.staked(), _tables_sound(tables), draws]


def _counted(connection: Connection, law: str, query: str) -> LawReport:
    checked, breaches = connection.execute(text(query)).one()
    return LawReport(law, int(checked or 0), int(breaches or 0))


Recorded = tuple[str, tuple[tuple[int, float, int], ...]]


def _tables(connection: Connection) -> dict[int, Recorded]:
    rows: dict[int, tuple[str, list[tuple[int, float, int]]]] = {}
    for odds_id, name, pack_id, chance, tickets in connection.execute(text(audit_sql.TABLES)):
        rows.setdefault(odds_id, (name, []))[1].append((pack_id, chance, tickets))
    return {odds_id: (name, tuple(found)) for odds_id, (name, found) in rows.items()}


def _tables_sound(tables: dict[int, Recorded]) -> LawReport:
    return LawReport("tables_sound", len(tables), sum(not _is_sound(*recorded) for recorded in tables.values()))


def _is_sound(name: str, rows: Sequence[tuple[int, float, int]]) -> bool:
    widths = [(pack_id, tickets) for pack_id, _, tickets in rows]
    table = _table(rows)
    cut = [] if table is None else [(row.pack_id, row.tickets) for row in table.rows]
    return cut == widths and sum(tickets for _, tickets in widths) == GRID and table_id(widths) == name


def _table(rows: Sequence[tuple[int, float, int]]) -> OddsTable | None:
    try:
        return odds_table((pack_id, chance) for pack_id, chance, _ in rows)
    except BadOdds:
        return None


def _draws_replay(connection: Connection, tables: dict[int, Recorded]) -> LawReport:
    known = {odds_id: (name, _table(rows)) for odds_id, (name, rows) in tables.items()}
    checked = breaches = 0
    draws = connection.execution_options(yield_per=BATCH).execute(text(audit_sql.DRAWS))
    for seed, seed_hash, client_seed, nonce, odds_id, rolled, row, pack_id in draws:
        checked += 1
        name, table = known.get(odds_id, ("", None))
        if table is None:
            breaches += 1
            continue
        again = roll(seed, GAME, name, client_seed, nonce)
        fell = table.drawn(again)
        held = (rolled, row, pack_id) == (again, fell + 1, table.rows[fell].pack_id)
        breaches += not (held and seed_hash == bytes.fromhex(commitment(seed)))
    return LawReport("draws_replay", checked, breaches)


@dataclass
class _Upgrades:
    """What looking at every upgrade found: draws that do not replay, and bets that are not what was staked."""

    checked: int = 0
    misdrawn: int = 0
    misquoted: int = 0

    def looked_at(self, connection: Connection) -> _Upgrades:
        """Look at every upgrade once, and for stakes of none."""
        for row in connection.execution_options(yield_per=BATCH).execute(text(audit_sql.UPGRADES)):
            self.checked += 1
            found = quote(row.bet_nano, row.target_nano, row.fee)
            self.misquoted += row.staked != row.bet_nano or found is None or found.win_tickets != row.win_tickets
            self.misdrawn += not _replays(row, found)
        self.misquoted += connection.execute(text(audit_sql.LOST_STAKES)).scalar_one()
        return self

    def staked(self) -> LawReport:
        """How the law of stakes fared."""
        return LawReport("upgrades_staked", self.checked, self.misquoted)


def _replays(row: Row[Any], found: Quote | None) -> bool:
    if found is None or row.server_seed_hash != bytes.fromhex(commitment(row.server_seed)):
        return False
    again = roll(row.server_seed, UPGRADE, found.table_id, row.client_seed, row.nonce)
    return (row.roll, row.won) == (again, found.drawn(again) == 0)

"""Public records of draws, read from PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Table, and_, select

from stickercase.adapters.postgres.tables import case_draws, cases, odds, odds_rows, units, upgrades
from stickercase.domain.fairness import GRID, DrawRecord, table_id
from stickercase.domain.upgrades.decision import GAME as UPGRADE
from stickercase.domain.use_cases.open_cases import GAME as CASE
from stickercase.ports.reading import PublicDraw


def draw_of(connection: Connection, pair: Row[Any], nonce: int) -> PublicDraw | None:
    """The draw that took this nonce of the seed pair; its server seed only once that is revealed."""
    return _case_draw(connection, pair, nonce) or _upgrade_draw(connection, pair, nonce)


def _case_draw(connection: Connection, pair: Row[Any], nonce: int) -> PublicDraw | None:
    row = connection.execute(
        select(case_draws, cases.c.name, odds.c.table_id)
        .join(odds, odds.c.id == case_draws.c.odds_id)
        .join(cases, cases.c.id == odds.c.case_id)
        .where(_key(case_draws, pair, nonce))
    ).first()
    if row is None:
        return None
    rows = connection.execute(
        select(odds_rows.c.pack_id, odds_rows.c.tickets)
        .where(odds_rows.c.odds_id == row.odds_id)
        .order_by(odds_rows.c.pack_id)
    )
    table = tuple((str(pack_id), tickets) for pack_id, tickets in rows)
    record = _record(CASE, pair, nonce, row.table_id, table, row.roll, row.row)
    return PublicDraw(record, row.name, int(table[row.row - 1][0]), row.at)


def _upgrade_draw(connection: Connection, pair: Row[Any], nonce: int) -> PublicDraw | None:
    row = connection.execute(
        select(upgrades, units.c.pack_id)
        .join(units, units.c.id == upgrades.c.target_unit_id)
        .where(_key(upgrades, pair, nonce))
    ).first()
    if row is None:
        return None
    table = (("win", row.win_tickets), ("lose", GRID - row.win_tickets))
    record = _record(UPGRADE, pair, nonce, table_id(table), table, row.roll, 1 if row.won else 2)
    return PublicDraw(record, None, row.pack_id if row.won else None, row.at)


def _key(table: Table, pair: Row[Any], nonce: int) -> Any:
    return and_(table.c.player_id == pair.player_id, table.c.seed_number == pair.number, table.c.nonce == nonce)


def _record(
    game: str, pair: Row[Any], nonce: int, name: str, table: tuple[tuple[str, int], ...], rolled: int, row: int
) -> DrawRecord:
    seed = None if pair.revealed_at is None else pair.server_seed
    return DrawRecord(game, pair.server_seed_hash.hex(), seed, pair.client_seed, nonce, name, table, rolled, row)

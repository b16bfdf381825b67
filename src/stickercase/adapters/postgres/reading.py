"""What is shown to people, read from PostgreSQL at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, func, literal, select, union_all

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.players import live_pair_of, player_of
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.adapters.postgres.tables import (
    accounts,
    case_draws,
    cases,
    catalogue,
    free_units,
    items,
    odds,
    odds_rows,
    packs,
    players,
    seed_pairs,
    stock,
    transfers,
    units,
)
from stickercase.domain.fairness import DrawRecord, SeedPair
from stickercase.domain.money import Asset
from stickercase.domain.players.profile import Player
from stickercase.domain.use_cases.open_cases import GAME
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.ports.reading import Event, Item, PublicDraw

OPENED, ADJUSTED = "Case open", "Adjustment"


class PostgresReading:
    """Shelves, people and draws on ``engine``."""

    def __init__(self, engine: Engine, shelves: PostgresShelves | None = None) -> None:
        self._engine = engine
        self._shelves = shelves or PostgresShelves(engine)

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        """The newest shelf and the free units of every pack."""
        with look(self._engine) as connection:
            version = connection.execute(select(catalogue.c.version)).scalar_one()
            free = {row.pack_id: row.free for row in connection.execute(select(stock.c.pack_id, stock.c.free))}
        shelf = self._shelves.known()
        return (shelf if shelf.version == version else self._shelves.load()), free

    def specimen(self, pack_id: int) -> int:
        """A unit number to show in a demo."""
        with look(self._engine) as connection:
            for table in (free_units, units):
                lowest = select(table.c.number).where(table.c.pack_id == pack_id).order_by(table.c.number).limit(1)
                number: int | None = connection.execute(lowest).scalar()
                if number is not None:
                    return number
        return 1

    def player(self, telegram_id: int) -> tuple[Player, int] | None:
        """A player and the TON balance."""
        with look(self._engine) as connection:
            ton_account = and_(accounts.c.player_id == players.c.id, accounts.c.asset == Asset.TON.value)
            row = connection.execute(
                select(players, accounts.c.balance)
                .join(accounts, ton_account)
                .where(players.c.telegram_id == telegram_id)
            ).first()
            return None if row is None else (player_of(row), row.balance)

    def seed_pair(self, player_id: int) -> SeedPair | None:
        """The live seed pair."""
        with look(self._engine) as connection:
            return live_pair_of(connection, player_id)

    def inventory(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[Item]]:
        """A page of a player's items."""
        with look(self._engine) as connection:
            mine = and_(items.c.player_id == player_id, items.c.state == "owned")
            total = connection.execute(select(func.count()).select_from(items).where(mine)).scalar_one()
            page = select(items.c.item_id, units.c.pack_id, units.c.number).join_from(
                items, units, units.c.id == items.c.unit_id
            )
            below = mine if before is None else and_(mine, items.c.item_id < before)
            rows = connection.execute(page.where(below).order_by(items.c.item_id.desc()).limit(limit))
            return total, [Item(*row) for row in rows]

    def history(self, player_id: int, kind: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Event]]:
        """A page of a player's history: each kind's newest lines, merged."""
        sources = {OPENED: _openings(player_id), ADJUSTED: _adjustments(player_id)}
        chosen = [source for name, source in sources.items() if kind in (None, name)]
        if not chosen:
            return 0, []
        with look(self._engine) as connection:
            counts = [select(func.count()).select_from(source.subquery()).scalar_subquery() for source in chosen]
            total: int = sum(connection.execute(select(*counts)).one())
            lines = union_all(*(_newest(source, limit, before) for source in chosen)).subquery()
            rows = connection.execute(select(lines).order_by(lines.c.id.desc()).limit(limit))
            return total, [Event(row.id, row.kind, row.amount, row.at, row.image_url, row.note) for row in rows]

    def draw(self, server_seed_hash: str, nonce: int) -> PublicDraw | None:
        """The draw made with the committed seed and the nonce."""
        with look(self._engine) as connection:
            row = connection.execute(
                select(
                    case_draws,
                    seed_pairs.c.client_seed,
                    seed_pairs.c.revealed_at,
                    seed_pairs.c.server_seed,
                    cases.c.name,
                    odds.c.table_id,
                )
                .join(seed_pairs, _drawn_with(nonce))
                .join(odds, odds.c.id == case_draws.c.odds_id)
                .join(cases, cases.c.id == odds.c.case_id)
                .where(seed_pairs.c.server_seed_hash == bytes.fromhex(server_seed_hash))
            ).first()
            if row is None:
                return None
            table = tuple(
                (str(pack_id), tickets)
                for pack_id, tickets in connection.execute(
                    select(odds_rows.c.pack_id, odds_rows.c.tickets)
                    .where(odds_rows.c.odds_id == row.odds_id)
                    .order_by(odds_rows.c.pack_id)
                )
            )
        seed = None if row.revealed_at is None else row.server_seed
        record = DrawRecord(
            GAME, server_seed_hash, seed, row.client_seed, nonce, row.table_id, table, row.roll, row.row
        )
        return PublicDraw(record, row.name, int(table[row.row - 1][0]), row.at)


def _drawn_with(nonce: int) -> ColumnElement[bool]:
    return and_(
        case_draws.c.player_id == seed_pairs.c.player_id,
        case_draws.c.seed_number == seed_pairs.c.number,
        case_draws.c.nonce == nonce,
    )


def _openings(player_id: int) -> Select[Any]:
    return (
        select(
            case_draws.c.item_id.label("id"),
            literal(OPENED).label("kind"),
            case_draws.c.floor_nano.label("amount"),
            case_draws.c.at,
            packs.c.image_url,
            literal("").label("note"),
        )
        .join(units, units.c.id == case_draws.c.unit_id)
        .join(packs, packs.c.id == units.c.pack_id)
        .where(case_draws.c.player_id == player_id)
    )


def _adjustments(player_id: int) -> Select[Any]:
    signed = case((transfers.c.credit == "player", transfers.c.amount), else_=-transfers.c.amount)
    return select(
        transfers.c.cause.label("id"),
        literal(ADJUSTED).label("kind"),
        signed.label("amount"),
        transfers.c.at,
        literal("").label("image_url"),
        func.coalesce(transfers.c.note, "").label("note"),
    ).where(transfers.c.player_id == player_id, transfers.c.reason == "adjustment")


def _newest(source: Select[Any], limit: int, before: int | None) -> Select[Any]:
    key = source.selected_columns[0]
    page = source if before is None else source.where(key.element < before)
    return page.order_by(key.element.desc()).limit(limit).subquery().select()

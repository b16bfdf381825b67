"""What is shown to people, read from PostgreSQL at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, and_, select, true

from stickercase.adapters.postgres import read_sql
from stickercase.adapters.postgres.deliveries import delivery_of
from stickercase.adapters.postgres.draws import draw_of
from stickercase.adapters.postgres.failures import driver_of
from stickercase.adapters.postgres.floors import all_floors, floors_of
from stickercase.adapters.postgres.history import page_of_history
from stickercase.adapters.postgres.inventory import units_behind
from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.players import live_pair_of, player_of
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.adapters.postgres.tables import (
    accounts,
    deliveries,
    free_units,
    players,
    seed_pairs,
    stock,
    units,
)
from stickercase.adapters.postgres.wallets import wallet_of
from stickercase.adapters.postgres.withdrawal_lines import (
    in_stage,
    of_player,
    open_withdrawals,
    page_of_withdrawals,
    withdrawal_of_item,
)
from stickercase.domain.fairness import SeedPair
from stickercase.domain.gifts.deliveries import Delivery
from stickercase.domain.money import Asset
from stickercase.domain.players.profile import Player
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.wallet.ownership import Connected
from stickercase.ports.reading import (
    Event,
    Glance,
    Item,
    OfferGround,
    OpenWithdrawals,
    PublicDraw,
    WithdrawalLine,
)

LAST = 2**63 - 1
"""Above every id."""


class PostgresReading:
    """Shelves, people, offers, prices, draws and withdrawals on ``engine``."""

    def __init__(self, engine: Engine, shelves: PostgresShelves | None = None) -> None:
        self._engine = engine
        self._shelves = shelves or PostgresShelves(engine)

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        """The newest shelf and the free units of every pack."""
        seen = self.glance()
        return self.shelf_since(seen.version), seen.free

    def glance(self) -> Glance:
        """A look at the catalogue's version and the stock's counters, at one instant because in one statement."""
        with look(self._engine, "AUTOCOMMIT") as connection:
            row = driver_of(connection).execute(read_sql.GLANCE, prepare=True, binary=True).fetchone()
        assert row is not None, "the catalogue has one row"
        return Glance(*row)

    def shelf_since(self, version: int) -> Shelf:
        """The shelf in memory when it is new enough, else the newest."""
        return self._shelves.since(version)

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

    def wallet(self, player_id: int) -> Connected | None:
        """The wallet that the player has connected."""
        with look(self._engine) as connection:
            return wallet_of(connection, player_id)

    def seed_pair(self, player_id: int) -> SeedPair | None:
        """The live seed pair."""
        with look(self._engine) as connection:
            return live_pair_of(connection, player_id)

    def inventory(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[Item]]:
        """A page of a player's items."""
        with look(self._engine, "AUTOCOMMIT") as connection:
            asked = {"player": player_id, "below": LAST if before is None else before, "limit": limit}
            rows = driver_of(connection).execute(read_sql.INVENTORY, asked, prepare=True, binary=True).fetchall()
        # An empty page is one row that has nothing but the count.
        return rows[0][0], [Item(*row[1:]) for row in rows if row[1] is not None]

    def delivery(self, player_id: int, item_id: int) -> Delivery | None:
        """The newest delivery of an item."""
        of_item = and_(deliveries.c.player_id == player_id, deliveries.c.item_id == item_id)
        newest = select(deliveries).where(of_item).order_by(deliveries.c.id.desc()).limit(1)
        with look(self._engine) as connection:
            row = connection.execute(newest).first()
            return None if row is None else delivery_of(row)

    def history(self, player_id: int, kind: str | None, limit: int, before: int | None) -> tuple[int, Sequence[Event]]:
        """A page of a player's history."""
        with look(self._engine) as connection:
            return page_of_history(connection, player_id, kind, limit, before)

    def withdrawals_of(self, player_id: int, limit: int, before: int | None) -> tuple[int, Sequence[WithdrawalLine]]:
        """A page of a player's withdrawals."""
        with look(self._engine) as connection:
            return page_of_withdrawals(connection, of_player(player_id), limit, before)

    def withdrawals(
        self, stage: str | None, limit: int, beyond: int | None, *, oldest_first: bool
    ) -> tuple[int, Sequence[WithdrawalLine]]:
        """A page of everybody's withdrawals."""
        with look(self._engine) as connection:
            return page_of_withdrawals(connection, in_stage(stage), limit, beyond, oldest_first=oldest_first)

    def withdrawal_of_item(self, player_id: int, item_id: int) -> WithdrawalLine | None:
        """The newest withdrawal of an item."""
        with look(self._engine) as connection:
            return withdrawal_of_item(connection, player_id, item_id)

    def open_withdrawals(self) -> Sequence[OpenWithdrawals]:
        """What waits or is on its way."""
        with look(self._engine) as connection:
            return open_withdrawals(connection)

    def offer_ground(self, player_id: int, item_ids: Sequence[int]) -> OfferGround:
        """The ground for offers of upgrades to this player."""
        with look(self._engine) as connection:
            owned = units_behind(connection, player_id, item_ids)
            lowest = (
                select(free_units.c.unit_id, free_units.c.number)
                .where(free_units.c.pack_id == stock.c.pack_id)
                .order_by(free_units.c.number)
                .limit(1)
                .lateral()
            )
            rows = connection.execute(select(lowest.c.unit_id, stock.c.pack_id, lowest.c.number).join(lowest, true()))
            free = [Unit(*row) for row in rows]
            packs_seen = {unit.pack_id for unit in (*owned.values(), *free)}
            return OfferGround(owned, free, floors_of(connection, list(packs_seen)))

    def floors(self) -> Mapping[int, Floor]:
        """The floors of all packs."""
        with look(self._engine) as connection:
            return all_floors(connection)

    def draw(self, server_seed_hash: str, nonce: int) -> PublicDraw | None:
        """The draw, of a case or an upgrade, made with the committed seed and the nonce."""
        with look(self._engine) as connection:
            pair = connection.execute(
                select(seed_pairs).where(seed_pairs.c.server_seed_hash == bytes.fromhex(server_seed_hash))
            ).first()
            return None if pair is None else draw_of(connection, pair, nonce)

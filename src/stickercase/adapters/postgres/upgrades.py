"""Upgrades in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from stickercase.adapters.postgres.tables import seed_pairs, upgrade_stakes, upgrades
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded


class PostgresUpgrades:
    """Upgrades within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, upgraded: UnitUpgraded) -> None:
        """Keep an upgrade for ever and count its draw."""
        drawn, player_id = upgraded.drawn, upgraded.drawn.bet.player_id
        self._connection.execute(
            insert(upgrades).values(
                player_id=player_id,
                seed_number=drawn.seed_number,
                nonce=drawn.draw.nonce,
                upgrade_id=upgraded.upgrade_id,
                target_unit_id=drawn.target.unit_id,
                bet_nano=drawn.quote.bet_nano,
                target_nano=drawn.quote.target_nano,
                fee=drawn.quote.fee,
                win_tickets=drawn.quote.win_tickets,
                roll=drawn.draw.roll,
                won=drawn.win,
                at=upgraded.at,
            )
        )
        stakes = [
            {
                "player_id": player_id,
                "item_id": item_id,
                "upgrade_id": upgraded.upgrade_id,
                "place": place,
                "unit_id": unit.unit_id,
                "floor_nano": unit.floor_nano,
            }
            for place, (item_id, unit) in enumerate(upgraded.stakes, 1)
        ]
        self._connection.execute(insert(upgrade_stakes), stakes)
        self._count(upgraded)

    def _count(self, upgraded: UnitUpgraded) -> None:
        drawn = upgraded.drawn
        counted = self._connection.execute(
            update(seed_pairs)
            .where(
                seed_pairs.c.player_id == drawn.bet.player_id,
                seed_pairs.c.number == drawn.seed_number,
                seed_pairs.c.nonce == drawn.draw.nonce,
                seed_pairs.c.revealed_at.is_(None),
            )
            .values(nonce=seed_pairs.c.nonce + 1)
        )
        assert counted.rowcount == 1, "an upgrade takes the next nonce of the live pair"

"""The API without its database: what HTTP, identity, idempotency hash, draw and rendering alone allow.

The same process as `stickercase api` but for one adapter: its transactions have every answer at hand and write
nothing. Cases and players are read from the database once, at the start. The memory adapter would make a wrong limit:
it keeps what it is told, can take it back and checks laws, so it costs what a store costs. Here a store costs nothing,
and what is left is the most that any store behind the same door could reach.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count

import psycopg
from dependency_injector import providers

from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.open_cases import OpenCase, Recorded, Seat, Situation
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.cli.serving import listening, serve
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import check_complete, read_settings

PLENTY = 1_000_000_000
SEATS = """
SELECT p.telegram_id, p.first_name, p.language, p.id, s.number, s.server_seed, s.client_seed
FROM players p JOIN seed_pairs s ON s.player_id = p.id AND s.revealed_at IS NULL
"""

Row = tuple[int, str, str, int, int, bytes, str]


class Untouched:
    """Transactions, and the parts of one, over a shelf and players that nothing changes."""

    def __init__(self, shelf: Shelf, rows: Sequence[Row]) -> None:
        self._shelf = shelf
        self._players = {row[0]: Player(row[3], Profile(row[0], row[1], language=row[2])) for row in rows}
        self._seats = {row[3]: row[3:] for row in rows}
        self._ids = count(1)
        self.openings = self
        self.players = self

    @contextmanager
    def __call__(self) -> Iterator[Untouched]:
        """A transaction; there is nothing to commit."""
        yield self

    def find(self, telegram_id: int) -> Player | None:
        """The player with this Telegram id."""
        return self._players.get(telegram_id)

    def situation(self, commands: Sequence[OpenCase]) -> Situation:
        """All that deciding needs: a seat per player, a count per pack, an id per draw."""
        seats = {}
        for player_id in {command.player_id for command in commands}:
            _, number, server_seed, client_seed = self._seats[player_id]
            seats[player_id] = Seat(player_id, PLENTY * PLENTY, False, number, server_seed, client_seed, 0)
        cases = [self._shelf.cases[name] for name in {command.case_name for command in commands}]
        free = dict.fromkeys((pack_id for case in cases for pack_id in case.odds.pack_ids_with_tickets), PLENTY)
        return Situation(self._shelf, seats, free, {}, [next(self._ids) for c in commands for _ in range(c.count)])

    def take(self, wanted: Sequence[tuple[int, int, int]], at: datetime) -> list[Unit]:  # noqa: ARG002 - the port's
        """As many units as are wanted."""
        return [Unit(item_id, pack_id, item_id) for _, pack_id, item_id in wanted]

    def record(self, recorded: Sequence[Recorded]) -> None:
        """Write nothing."""


def main() -> None:
    """Serve, by the same settings as `stickercase api`."""
    settings = check_complete(read_settings(os.environ))
    container = make_container(settings)
    shelf, _ = container.reading().shelf()
    container.reading_engine().dispose()
    with psycopg.connect(settings.database_url) as connection:
        rows = connection.execute(SEATS).fetchall()
    container.transactions.override(providers.Object(Untouched(shelf, rows)))
    with listening(settings) as listener:
        serve(container, listener, lambda: None)


if __name__ == "__main__":
    main()

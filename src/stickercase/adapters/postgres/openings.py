"""The hot path on psycopg: look in one pipeline, take in one statement, write in one more together with the commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

import psycopg

from stickercase.adapters.postgres import hot_sql
from stickercase.adapters.postgres.arrays import Bigints, Byteas, Texts
from stickercase.adapters.postgres.shelves import PostgresShelves
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.once import Remembered
from stickercase.domain.use_cases.open_cases import OpenCase, Recorded, Seat, Situation
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.ports.failures import StoreUnavailable

Driver = psycopg.Connection[tuple[Any, ...]]
Deferred = Callable[[], None]

# How often a batch starts over because the odds of its cases moved between its first look and its locks.
LOOKS = 20


class PostgresOpenings:
    """Openings within one transaction of ``driver``. What :meth:`record` writes goes out with the commit."""

    def __init__(
        self, driver: Driver, shelves: PostgresShelves, defer: Callable[[Callable[[], Deferred]], None]
    ) -> None:
        self._driver = driver
        self._shelves = shelves
        self._defer = defer

    def situation(self, commands: Sequence[OpenCase]) -> Situation:
        """All that deciding ``commands`` needs, locked, on the newest shelf."""
        shelf = self._shelves.known()
        for _ in range(LOOKS):
            version, situation = self._look(commands, shelf)
            if version == shelf.version:
                return situation
            newest = self._shelves.load()
            # The cases are locked, so they stand in the newest shelf as they will be drawn from. The locks on the
            # stock fit as long as the cases can draw the same packs; else they are taken anew, in order.
            if _drawable(newest, commands) == _drawable(shelf, commands):
                situation.shelf = newest
                return situation
            self._driver.rollback()
            shelf = newest
        raise StoreUnavailable("the odds of these cases change faster than they can be read")

    def _look(self, commands: Sequence[OpenCase], shelf: Shelf) -> tuple[int, Situation]:
        names = sorted({command.case_name for command in commands})
        packs = sorted({pack_id for drawable in _drawable(shelf, commands).values() for pack_id in drawable})
        players = sorted({command.player_id for command in commands})
        keys = sorted({(command.player_id, command.key) for command in commands if command.key is not None})
        with self._driver.pipeline():
            self._ask(hot_sql.LOCK_CASES, [Texts(names)])
            version = self._ask(hot_sql.CATALOGUE_VERSION, [])
            accounts = self._ask(hot_sql.LOCK_ACCOUNTS, [Bigints(players)])
            seats = self._ask(hot_sql.SEATS, [Bigints(players)])
            callers = [Texts([caller(player_id) for player_id, _ in keys]), Texts([key for _, key in keys])]
            remembered = self._ask(hot_sql.REMEMBERED, callers) if keys else None
            free = self._ask(hot_sql.LOCK_STOCK, [Bigints(packs)])
            ids = self._ask(hot_sql.FRESH_IDS, [sum(command.count for command in commands)])
        balances = cast("dict[int, int]", dict(accounts.fetchall()))
        found = version.fetchone()
        assert found is not None
        return found[0], Situation(
            shelf,
            {row[0]: Seat(row[0], balances[row[0]], *row[1:]) for row in seats.fetchall() if row[0] in balances},
            dict(free.fetchall()),
            {(_player_of(row[0]), row[1]): Remembered(row[2], row[3]) for row in (remembered or ())},
            [row[0] for row in ids.fetchall()],
        )

    def take(self, wanted: Sequence[tuple[int, int, int]], at: datetime) -> list[Unit]:  # noqa: ARG002  # see record
        """Take the lowest free units of the wanted packs out of the stock; they become items when recorded."""
        needed = Counter(pack_id for _, pack_id, _ in wanted)
        arguments = [Bigints(list(needed)), Bigints(list(needed.values()))]
        rows = sorted(self._ask(hot_sql.TAKE_UNITS, arguments), reverse=True)
        assert len(rows) == len(wanted), f"{len(wanted)} units were promised, {len(rows)} were there"
        lowest_last: dict[int, list[Unit]] = {}
        for pack_id, number, unit_id in rows:
            lowest_last.setdefault(pack_id, []).append(Unit(unit_id, pack_id, number))
        return [lowest_last[pack_id].pop() for _, pack_id, _ in wanted]

    def record(self, recorded: Sequence[Recorded]) -> None:
        """Write everything at the commit, in the same round trip."""

        def send() -> Deferred:
            counts = self._ask(hot_sql.RECORD, _columns(recorded))
            return lambda: _check(counts.fetchone(), recorded)

        self._defer(send)

    def _ask(self, statement: str, arguments: Sequence[object] | dict[str, object]) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._driver.cursor(binary=True).execute(statement, arguments, prepare=True)


def _drawable(shelf: Shelf, commands: Sequence[OpenCase]) -> dict[str, tuple[int, ...]]:
    """The packs that each of the wanted cases can draw."""
    names = {command.case_name for command in commands if command.case_name in shelf.cases}
    return {name: shelf.cases[name].odds.pack_ids_with_tickets for name in names}


def caller(player_id: int) -> str:
    """The name a player's remembered answers are kept under."""
    return f"player:{player_id}"


def _player_of(name: str) -> int:
    return int(name.removeprefix("player:"))


def _check(counts: tuple[Any, ...] | None, recorded: Sequence[Recorded]) -> None:
    openings = [r.opened for r in recorded]
    players = len({opened.command.player_id for opened in openings})
    packs = len({drop.unit.pack_id for opened in openings for drop in opened.drops})
    kept = sum(opened.command.key is not None for opened in openings)
    draws = sum(len(opened.drops) for opened in openings)
    expected = (draws, draws, len(openings), players, players, packs, kept)
    assert counts == expected, f"the database wrote {counts} rows where {expected} were due"


def _columns(recorded: Sequence[Recorded]) -> dict[str, object]:
    """The arrays of :data:`hot_sql.RECORD`, column by column."""
    openings = [r.opened for r in recorded]
    drops = [(opened, drop) for opened in openings for drop in opened.drops]
    spent: Counter[int] = Counter()
    draws: Counter[int] = Counter()
    seeds: dict[int, int] = {}
    for opened in openings:
        player_id = opened.command.player_id
        spent[player_id] += opened.transfer.amount
        draws[player_id] += len(opened.drops)
        seeds[player_id] = opened.drops[0].draw.seed_number
    taken = Counter(drop.unit.pack_id for _, drop in drops)
    kept = [r for r in recorded if r.opened.command.key is not None]
    numbers = {
        "d_player": [opened.command.player_id for opened, _ in drops],
        "d_seed": [drop.draw.seed_number for _, drop in drops],
        "d_nonce": [drop.draw.nonce for _, drop in drops],
        "d_item": [drop.item_id for _, drop in drops],
        "d_opening": [opened.opening_id for opened, _ in drops],
        "d_odds": [opened.case.odds_id for opened, _ in drops],
        "d_unit": [drop.unit.id for _, drop in drops],
        "d_roll": [drop.draw.roll for _, drop in drops],
        "d_row": [drop.draw.row + 1 for _, drop in drops],
        "d_price": [opened.case.price_nano for opened, _ in drops],
        "d_floor": [drop.floor_nano for _, drop in drops],
        "t_player": [opened.command.player_id for opened in openings],
        "t_cause": [opened.opening_id for opened in openings],
        "t_amount": [opened.transfer.amount for opened in openings],
        "p_player": list(spent),
        "p_amount": list(spent.values()),
        "p_seed": [seeds[player_id] for player_id in spent],
        "p_draws": [draws[player_id] for player_id in spent],
        "k_pack": list(taken),
        "k_taken": list(taken.values()),
    }
    return {
        "at": openings[0].at,
        **{name: Bigints(values) for name, values in numbers.items()},
        "a_caller": Texts([caller(r.opened.command.player_id) for r in kept]),
        "a_key": Texts([r.opened.command.key or "" for r in kept]),
        "a_hash": Byteas([r.opened.command.request_hash for r in kept]),
        "a_answer": Byteas([r.answer for r in kept]),
    }

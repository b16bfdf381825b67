"""A house for many short games over HTTP: one API process, goods that are set up once and restored for each game."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from stickercase.adapters.postgres.connections import connect
from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import NewUnit, Pack
from stickercase.domain.use_cases.publish_cases import CaseChange
from support.api_processes import AS_SERVICE, ApiProcess
from support.choices import CASES, PACKS
from support.clock import FixedClock
from support.http_lines import ANSWER_SECONDS, Answer
from support.players import Operator
from support.players import Player as Caller
from support.worlds import World, postgres_world

UNITS_OF_A_PACK = 7
SELL_FEE, UPGRADE_FEE = 0.037, 0.1
ODDS = (0.5, 0.25, 0.25)


@dataclass
class House:
    """Packs with floors of 1, 2 and 4 TON, and cases for 1 and 2 TON. ``world`` looks behind the API's back."""

    api: ApiProcess
    world: World
    packs: list[Pack] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    games: int = 0
    _numbers: int = 1

    def __post_init__(self) -> None:
        self._line = HTTPConnection("127.0.0.1", self.api.port, timeout=ANSWER_SECONDS)
        self.packs = [self.world.new_pack(0, floor) for floor in self.floors]
        self.cases = [self.world.new_case(self.odds, price * NANO) for price in range(1, CASES + 1)]

    @property
    def floors(self) -> list[int]:
        """The floors that a game begins with."""
        return [NANO << place for place in range(PACKS)]

    @property
    def odds(self) -> list[tuple[int, float]]:
        """The odds that a game begins with."""
        return [(pack.id, chance) for pack, chance in zip(self.packs, ODDS, strict=True)]

    def begin(self) -> dict[int, dict[int, int]]:
        """A new game: all is as it was in the beginning. The free units by pack and number.

        What earlier players have they keep; new units come in their place.
        """
        self.games += 1
        at = self.world.clock.at = datetime.now(UTC)
        with self.world.transactions() as tx:
            free = tx.stock.lock([pack.id for pack in self.packs])
            for pack in self.packs:
                start = self._numbers
                self._numbers += UNITS_OF_A_PACK - free[pack.id]
                tx.stock.add(pack.id, [NewUnit(number) for number in range(start, self._numbers)], at)
            tx.floors.write({pack.id: Floor(nano, at) for pack, nano in zip(self.packs, self.floors, strict=True)})
        for place, case in enumerate(self.cases, 1):
            self.world.edit_case(case, CaseChange(place * NANO, status=CaseStatus.ACTIVE, items=self.odds))
        return {pack.id: self.world.back_door.unit_ids(pack.id, "free_units") for pack in self.packs}

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: Any = None, key: str | None = None
    ) -> Answer:
        """One request."""
        keyed = {**headers, "Content-Type": "application/json", **({} if key is None else {"Idempotency-Key": key})}
        self._line.request(method, path, None if body is None else json.dumps(body), keyed)
        response = self._line.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, response.read())

    def operate(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        """One request of the operator; a key is good for one game."""
        named = None if key is None else f"{self.games}-{key}"
        return self.ask(method, f"/api/operator{path}", AS_SERVICE, body, named)


@contextmanager
def open_house(database_url: str, redis_url: str) -> Iterator[House]:
    """A house on a migrated, empty database. Every law is checked when it closes."""
    world = postgres_world(connect(database_url, pool_size=4), connect(database_url, by_key=False, statement_ms=0))
    world.clock = FixedClock(datetime.now(UTC))
    fees = {"sell_fee": str(SELL_FEE), "upgrade_fee": str(UPGRADE_FEE)}
    try:
        with ApiProcess(database_url, redis_url, **fees) as api:
            yield House(api, world)
            Operator(api.client).assert_every_law_held()
            assert api.err.count('"internal_error"', '"batch_failed"', '"unavailable"') == 0, api.err.text
    finally:
        world.close()


def caller_of(player: Player) -> Caller:
    """The player as Telegram vouches for them."""
    return Caller(player.profile.telegram_id)

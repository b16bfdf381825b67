"""Clients that open cases without a pause while servers die under them, and the count of what became of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from support.http_lines import Answer, Line, LineLost, at_the_same_moment
from support.players import Operator, Player, SoldCase, standing

UNKNOWN = "outcome_unknown"


@dataclass
class Hammer:
    """One client with a player of its own, so that what it was told can be held against what is there.

    ``told`` are the openings that were acknowledged; ``lost`` the asks (their keys, or None) whose answer never came
    or said that the outcome is not known; ``refusals`` counts the codes of all others: there nothing may have happened.
    """

    port: int
    player: Player
    case: SoldCase
    keyed: bool
    told: list[dict[str, Any]] = field(default_factory=list)
    lost: list[str | None] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    asked: int = 0

    async def strike(self, goes_on: Callable[[], bool]) -> None:
        """Open cases one after the other until told to stop or the server is gone."""
        line: Line | None = None
        try:
            line = await Line.open(self.port)
            while goes_on():
                await self._open(line)
        except LineLost:
            pass  # what was asked on it is among the lost
        finally:
            if line is not None:
                await line.close()

    async def _open(self, line: Line) -> None:
        self.asked += 1
        key = f"strike-{self.asked}" if self.keyed else None
        try:
            answer = await line.ask(self.player.opens(self.case.name, key))
        except LineLost:
            self.lost.append(key)
            raise
        self._note(answer, key)
        if answer.status != 200:
            await asyncio.sleep(0.02)

    def _note(self, answer: Answer, key: str | None) -> None:
        if answer.status == 200:
            assert "idempotent-replayed" not in answer.headers, "a key was taken for one that was used before"
            self.told.append(answer.json())
            return
        body = answer.json()
        assert answer.status == 503, body
        assert answer.headers["retry-after"] == "1"
        self.refusals[body["code"]] = self.refusals.get(body["code"], 0) + 1
        if body["code"] == UNKNOWN:
            self.lost.append(key)


@dataclass
class Count:
    """What became of all openings of some trials."""

    trials: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    unanswered_but_done: int = 0
    unavailable: int = 0
    acknowledged_but_lost: int = 0
    doubled: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in vars(self).items())


def new_hammers(operator: Operator, case: SoldCase, ports: Sequence[int], purse: int = 100_000) -> list[Hammer]:
    """One client for every port in ``ports``; every other one sends idempotency keys."""
    players = [operator.new_player(str(purse)) for _ in ports]
    numbered = enumerate(zip(ports, players, strict=True))
    return [Hammer(port, player, case, keyed=number % 2 == 0) for number, (port, player) in numbered]


class Striking(Protocol):
    """A client that asks for things without a pause; ``told`` are those that were acknowledged."""

    told: list[Any]

    async def strike(self, goes_on: Callable[[], bool]) -> None:
        """Go on until told to stop or the server is gone."""


def hammering(hammers: Sequence[Striking], meanwhile: Callable[[], None]) -> None:
    """Have all clients at work while ``meanwhile`` runs in a thread; they stop when it returns."""
    done = False

    async def run() -> None:
        nonlocal done
        strikes = [asyncio.create_task(hammer.strike(lambda: not done)) for hammer in hammers]
        try:
            await asyncio.to_thread(meanwhile)
        finally:
            done = True
            await asyncio.gather(*strikes)

    asyncio.run(run())


def until_told(hammers: Sequence[Striking], more: int, seconds: float = 20.0) -> None:
    """Wait until the clients have been told of so many more successes."""
    start = sum(len(hammer.told) for hammer in hammers)
    deadline = time.monotonic() + seconds
    while sum(len(hammer.told) for hammer in hammers) < start + more:
        assert time.monotonic() < deadline, "no load: nothing gets through"
        time.sleep(0.001)


def settle(hammer: Hammer, operator: Operator, count: Count, client: Any, port: int, purse: int = 100_000) -> None:
    """Hold what the client was told against what is there, ask again what it does not know, and count."""
    before = standing(client, hammer.player)
    acknowledged = [(o["drop"]["id"], o["drop_number"]) for o in hammer.told]
    nonces = [o["fairness"]["nonce"] for o in hammer.told]
    there = set(before.items)
    count.acknowledged += len(hammer.told)
    count.unanswered += len(hammer.lost)
    count.unavailable += hammer.refusals.get("unavailable", 0)
    count.acknowledged_but_lost += sum(unit not in there for unit in acknowledged)
    count.doubled += len(nonces) - len(set(nonces))
    surplus = before.nonce - len(hammer.told)
    assert 0 <= surplus <= len(hammer.lost), f"{surplus} openings too many or too few: {hammer.lost}"
    count.unanswered_but_done += surplus
    for key in hammer.lost:
        if key is not None:
            _ask_again(hammer, key, port)
    after = standing(client, hammer.player)
    expected = len(hammer.told) + len(hammer.lost) if hammer.keyed else before.nonce
    count.doubled += max(0, after.nonce - expected)
    assert after.nonce == expected, f"{after.nonce} openings where {expected} were asked for; lost: {hammer.lost}"
    assert (after.openings, len(after.items), len(set(after.items))) == (expected,) * 3
    assert after.balance == purse - hammer.case.price * expected


def _ask_again(hammer: Hammer, key: str, port: int) -> None:
    once, twice = (at_the_same_moment([port], [hammer.player.opens(hammer.case.name, key)])[0] for _ in range(2))
    assert (once.status, twice.status) == (200, 200), once.body
    assert once.body == twice.body
    assert twice.headers["idempotent-replayed"] == "true"

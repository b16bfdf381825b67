"""Clients that open, sell and upgrade without a pause while a process dies, and the count of what became of it."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.hammers import UNKNOWN, Count
from support.http_lines import Answer, Ask, Line, LineLost, at_the_same_moment, through
from support.markets import PRICE, Market
from support.players import Player

KINDS = {"open": "Case open", "sell": "Sticker sell", "bet": "Upgrade"}
"""What a client does, and how the history calls it."""

PURSE = 10_000.0


@dataclass(frozen=True)
class Deal:
    """One thing that was asked for; ``told`` is the answer, None when it never came or did not know."""

    kind: str
    ask: Ask
    told: Any = None


@dataclass
class Trader:
    """One client with a player and targets of its own, so that nobody else can make its deals impossible."""

    port: int
    player: Player
    market: Market
    targets: list[int]
    keyed: bool
    dice: random.Random
    told: list[Deal] = field(default_factory=list)
    lost: list[Deal] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    async def strike(self, goes_on: Callable[[], bool]) -> None:
        """Make one deal after the other until told to stop or the server is gone."""
        line: Line | None = None
        try:
            line = await Line.open(self.port)
            while goes_on():
                await self._deal(line)
        except LineLost:
            pass  # what was asked on it is among the lost
        finally:
            if line is not None:
                await line.close()

    async def _deal(self, line: Line) -> None:
        looked = await line.ask(Ask("GET", self.player.path("/inventory?limit=20"), self.player.headers()))
        deal = self._next(looked.json()["inventory"] if looked.status == 200 else [])
        try:
            answer = await line.ask(deal.ask)
        except LineLost:
            self.lost.append(deal)
            raise
        self._note(deal, answer)
        if answer.status != 200:
            await asyncio.sleep(0.02)

    def _next(self, owned: Sequence[Any]) -> Deal:
        self.asked += 1
        key = f"deal-{self.asked}" if self.keyed else None
        items = [item["id"] for item in owned]
        # Only a cheap unit is a bet for a dear one.
        cheap = [item["id"] for item in owned if item["pack"]["id"] == self.market.cheap_id]
        kind = self.dice.choice(("open", "sell", "bet")) if cheap and self.targets else "open"
        if kind == "open":
            return Deal(kind, self.player.opens(self.market.case.name, key))
        if kind == "sell":
            return Deal(kind, self.player.sells(self.dice.choice(items), key))
        return Deal(kind, self.player.bets([self.dice.choice(cheap)], self.targets.pop(), key))

    def _note(self, deal: Deal, answer: Answer) -> None:
        body = answer.json()
        if answer.status == 200:
            assert "idempotent-replayed" not in answer.headers, "a key was taken for one that was used before"
            self.told.append(Deal(deal.kind, deal.ask, body))
            return
        assert answer.status == 503, f"{deal.kind}: {body}"
        self.refusals[body["code"]] += 1
        if body["code"] == UNKNOWN:
            self.lost.append(deal)


def new_traders(market: Market, ports: Sequence[int]) -> list[Trader]:
    """One client for every port in ``ports``; every other one sends idempotency keys."""
    players = [market.operator.new_player(str(PURSE)) for _ in ports]
    share = len(market.targets) // len(ports)
    return [
        Trader(port, player, market, market.targets[n * share : (n + 1) * share], n % 2 == 0, random.Random(n))
        for n, (port, player) in enumerate(zip(ports, players, strict=True))
    ]


@dataclass(frozen=True)
class Books:
    """What the API tells of a player: lines of each kind with their amounts, items, nonce and balance."""

    lines: dict[str, list[float]]
    wins: int
    items: list[int]
    nonce: int
    balance: float

    @property
    def times(self) -> Counter[str]:
        """How often each kind of deal was made."""
        return Counter({kind: len(self.lines[kind]) for kind in KINDS})


def books(market: Market, player: Player) -> Books:
    """Look everything up."""
    lines = {kind: [line["data"] for line in _pages(market, player, name)] for kind, name in KINDS.items()}
    items = [item["id"] for item in _list(market, player, "/inventory", "inventory")]
    amounts = {kind: [line["price"] for line in found] for kind, found in lines.items()}
    wins = sum(line["success"] for line in lines["bet"])
    return Books(amounts, wins, items, market.nonce(player), market.balance(player))


def settle(trader: Trader, count: Count, port: int) -> None:
    """Hold what the client was told against what is there, ask again what it does not know, and count."""
    there = books(trader.market, trader.player)
    told, lost = (Counter(deal.kind for deal in deals) for deals in (trader.told, trader.lost))
    count.acknowledged += len(trader.told)
    count.unanswered += len(trader.lost)
    count.unavailable += trader.refusals["unavailable"]
    count.acknowledged_but_lost += _missing(trader, there, port)
    for kind in KINDS:
        surplus = there.times[kind] - told[kind]
        assert 0 <= surplus <= lost[kind], f"{surplus} times {kind} too many or too few: {trader.lost}"
        count.unanswered_but_done += surplus
    _check_sums(there)
    if trader.keyed:
        for deal in trader.lost:
            _ask_again(deal, port)
        after = books(trader.market, trader.player)
        count.doubled += (after.times - (told + lost)).total()
        assert after.times == told + lost
        _check_sums(after)


def _missing(trader: Trader, there: Books, port: int) -> int:
    """Acknowledged deals that are not there: draws with another roll or none, items that were sold and are owned."""
    drawn = [deal.told["fairness"] for deal in trader.told if deal.kind != "sell"]
    records = through([port], [Ask("GET", f"/api/draws/{fairness['draw_id']}") for fairness in drawn], lines=4)
    found = [answer.json()["draw"]["roll"] if answer.status == 200 else None for answer in records]
    assert len({fairness["nonce"] for fairness in drawn}) == len(drawn), "two draws were told one nonce"
    sold = [json.loads(deal.ask.body)["id"] for deal in trader.told if deal.kind == "sell"]
    paid = Counter(deal.told["amount_added"] for deal in trader.told if deal.kind == "sell")
    unpaid = (paid - Counter(there.lines["sell"])).total()
    lost_draws = sum(roll != fairness["roll"] for roll, fairness in zip(found, drawn, strict=True))
    return lost_draws + len(set(sold) & set(there.items)) + unpaid


def _check_sums(there: Books) -> None:
    times = there.times
    assert there.nonce == times["open"] + times["bet"]
    assert len(there.items) == len(set(there.items)) == times["open"] + there.wins - times["sell"] - times["bet"]
    assert there.balance == PURSE - PRICE * times["open"] + sum(there.lines["sell"])


def _ask_again(deal: Deal, port: int) -> None:
    once, twice = (at_the_same_moment([port], [deal.ask])[0] for _ in range(2))
    assert (once.status, twice.status) == (200, 200), once.body
    assert once.body == twice.body
    assert twice.headers["idempotent-replayed"] == "true"


def _pages(market: Market, player: Player, kind: str) -> list[Any]:
    return _list(market, player, f"/transactions?type={kind.replace(' ', '%20')}", "transactions")


def _list(market: Market, player: Player, rest: str, name: str) -> list[Any]:
    found: list[Any] = []
    glue = "&" if "?" in rest else "?"
    page = market.told(player, f"{rest}{glue}limit=200")
    while True:
        found += page[name]
        if page["next_cursor"] is None:
            return found
        page = market.told(player, f"{rest}{glue}limit=200&cursor={page['next_cursor']}")

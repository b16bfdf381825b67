"""The bank test: many clients open, sell, upgrade, withdraw, correct and rotate; at every look the books are right."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from stickercase.domain.money import NANO
from support.api_processes import AS_SERVICE, Pair, Tell
from support.http_lines import Ask, Line, opened_lines
from support.markets import PRICE, Market
from support.players import Operator, Player
from support.withdrawers import Withdrawer

CLIENTS, PLAYERS = 16, 8
COMMANDS = 1_000 if os.environ.get("STICKERCASE_LONG") else 50
LONGEST_SECONDS = 120 + COMMANDS
PURSE = 20.0

WEIGHTS = {"open": 30, "sell": 20, "bet": 20, "adjust": 15, "withdraw": 10, "reject": 5, "rotate": 5, "read": 10}
"""How often what is done."""
EXPECTED = {"insufficient_balance", "balance_too_low", "out_of_stickers", "item_not_owned", "quote_expired"}

# In one statement, so at one instant; worked out here and not by the product.
LOOK = """
SELECT (SELECT coalesce(sum(balance + held), 0) FROM accounts)
     + (SELECT coalesce(sum(amount) FILTER (WHERE credit LIKE 'house:%' OR credit LIKE 'external:%'), 0)
             - coalesce(sum(amount) FILTER (WHERE debit LIKE 'house:%' OR debit LIKE 'external:%'), 0) FROM transfers),
       (SELECT count(*) FROM accounts WHERE balance < 0 OR held < 0),
       (SELECT count(*) FROM units) - (SELECT count(*) FROM free_units) - (SELECT count(*) FROM items),
       (SELECT sum(free) FROM stock) - (SELECT count(*) FROM free_units),
       (SELECT count(*) FROM transfers)
"""


@dataclass
class Client:
    """Somebody at a counter, for one of the players; ``due_nano`` is what all that was answered comes to."""

    player: Player
    market: Market
    dice: random.Random
    due_nano: int = 0
    lowest: float = 0.0
    held: list[tuple[int, int]] = field(default_factory=list)
    """Withdrawals that nobody has rejected yet, with their amounts in TON."""
    seen: Counter[str] = field(default_factory=Counter)

    async def work(self, line: Line) -> None:
        """Give one command after the other."""
        for _ in range(COMMANDS):
            await self._turn(line)

    async def _turn(self, line: Line) -> None:
        kind = self.dice.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
        owned = await self._told(line, "/inventory?limit=5") if kind in ("sell", "bet") else {"inventory": []}
        items = [item["id"] for item in owned["inventory"]]
        if kind == "read" or (kind in ("sell", "bet") and not items) or (kind == "reject" and not self.held):
            self.lowest = min(self.lowest, (await self._told(line, ""))["user"]["balance"])
            self.seen["read"] += 1
            return
        amount = self.dice.choice((3, 1, -1, -4) if kind == "adjust" else (1, 2, 5))
        withdrawal_id, given_back = self.held.pop() if kind == "reject" else (0, 0)
        answer = await line.ask(self._ask(kind, items, amount, withdrawal_id))
        body = answer.json()
        assert answer.status == 200 or body["code"] in EXPECTED, answer.text
        self.seen[kind if answer.status == 200 else body["code"]] += 1
        if answer.status == 200:
            self.due_nano += round(NANO * _gain(kind, given_back or amount, body))
        if answer.status == 200 and kind == "withdraw":
            self.held.append((body["withdrawal"]["id"], amount))

    def _ask(self, kind: str, items: list[int], amount: int, withdrawal_id: int) -> Ask:
        player = self.player
        if kind == "withdraw":
            wish = json.dumps({"telegram_id": player.telegram_id, "amount": amount}).encode()
            return Ask("POST", "/api/wallet/withdrawal", player.headers(), wish)
        if kind == "reject":
            return Ask("POST", f"/api/operator/withdrawals/{withdrawal_id}/reject", AS_SERVICE)
        if kind == "sell":
            return player.sells(self.dice.choice(items))
        if kind == "bet":
            targets = self.market.targets + self.market.grand_targets
            return player.bets([self.dice.choice(items)], self.dice.choice(targets))
        if kind == "rotate":
            return Ask("POST", player.path("/fairness/rotate"), player.headers())
        if kind == "adjust":
            body = json.dumps({"amount": str(amount), "reason": "the bank test"}).encode()
            return Ask("POST", f"/api/operator/players/{player.telegram_id}/adjust", AS_SERVICE, body)
        return player.opens(self.market.case.name)

    async def _told(self, line: Line, rest: str) -> Any:
        answer = await line.ask(Ask("GET", self.player.path(rest), self.player.headers()))
        assert answer.status == 200, answer.text
        return answer.json()


def _gain(kind: str, amount: int, body: Any) -> float:
    gains = {"open": -PRICE, "adjust": amount, "withdraw": -amount, "reject": amount, "sell": body.get("amount_added")}
    return gains.get(kind) or 0.0


async def _bank(ports: list[int], clients: list[Client], database_url: str) -> int:
    """Everybody at once, and an auditor who looks all the time; how often the auditor looked."""
    lines = await opened_lines(ports, len(clients))
    is_open, looks = True, 0

    def audit() -> None:
        nonlocal looks
        with psycopg.connect(database_url, autocommit=True) as connection:
            while is_open:
                found = connection.execute(LOOK).fetchone()
                assert found is not None
                assert found[:4] == (0, 0, 0, 0), f"sum, negative, units astray, miscounted: {found}"
                looks += 1
                time.sleep(0.005)  # leave the others a processor

    auditor = asyncio.create_task(asyncio.to_thread(audit))
    try:
        await asyncio.gather(*(client.work(line) for client, line in zip(clients, lines, strict=True)))
    finally:
        is_open = False
        await auditor
        await asyncio.gather(*(line.close() for line in lines))
    return looks


@pytest.mark.timeout(LONGEST_SECONDS)
def test_the_books_are_right_at_every_look(
    pair: Pair, ports: list[int], operator: Operator, journeys_database: str, tell: Tell
) -> None:
    market = Market(operator, pair[1].client, journeys_database, cheap=30, dear=4, grand=4)
    players = [operator.new_player(str(PURSE)) for _ in range(PLAYERS)]
    for player in players:
        Withdrawer(pair[0].client, player).connect()
    clients = [Client(players[n % PLAYERS], market, random.Random(n)) for n in range(CLIENTS)]

    looks = asyncio.run(_bank(ports, clients, journeys_database))

    for player in players:
        due_nano = sum(client.due_nano for client in clients if client.player is player)
        assert round(market.balance(player) * NANO) == PURSE * NANO + due_nano
    assert min(client.lowest for client in clients) >= 0
    seen = sum((client.seen for client in clients), Counter[str]())
    tell(f"{looks} looks; {dict(seen.most_common())}")
    assert seen.total() == CLIENTS * COMMANDS
    assert set(WEIGHTS) <= set(seen)
    assert looks > 20
    # Who owns what is in one place: all that was stocked is there.
    owned = [item for player in players for item in market.told(player, "/inventory?limit=200")["inventory"]]
    assert len(owned) + sum(map(market.in_stock, (market.cheap_id, market.dear_id, market.grand_id))) == 38
    operator.assert_every_law_held()

"""A market for selling and upgrading over HTTP: a cheap pack that a case yields, and dearer ones to bet for."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg

from support.http_lines import Answer, through
from support.players import Operator, Player, SoldCase

CHEAP, DEAR, GRAND, PRICE = 2.0, 3.0, 9.0, 1.0
"""Floors of the packs and the price of the case, in TON."""


class Market:
    """So many units of each pack, numbered from 1. The cheap pack comes out of ``case``."""

    def __init__(
        self,
        operator: Operator,
        client: httpx.Client,
        database_url: str,
        cheap: int = 40,
        dear: int = 1,
        grand: int = 1,
    ) -> None:
        self.client, self.operator, self._database_url = client, operator, database_url
        stocked = ((cheap, CHEAP), (dear, DEAR), (grand, GRAND))
        self.cheap_id, self.dear_id, self.grand_id = (operator.new_pack(n, str(floor)) for n, floor in stocked)
        self.case: SoldCase = operator.new_case([(self.cheap_id, 1.0)], str(PRICE))
        self.targets, self.grand_targets = self.units(self.dear_id), self.units(self.grand_id)

    def units(self, pack_id: int) -> list[int]:
        """The ids of all units of a pack. The ladder names one of each pack; others have been there before."""
        with psycopg.connect(self._database_url) as connection:
            rows = connection.execute("SELECT id FROM units WHERE pack_id = %s ORDER BY number", [pack_id])
            return [unit_id for (unit_id,) in rows]

    def traders(self, count: int, items: int = 1, balance: float = 0) -> list[Player]:
        """So many players with so many cheap units each, and then so much money."""
        players = [self.operator.new_player(str(items * PRICE + balance)) for _ in range(count)]
        asks = [player.opens(self.case.name) for player in players for _ in range(items)]
        answers = through([self.client.base_url.port or 80], asks, lines=8)
        assert {answer.status for answer in answers} <= {200}, answers[0].text
        return players

    def items(self, player: Player) -> list[int]:
        """The ids of the player's items, newest first."""
        return [item["id"] for item in self.told(player, "/inventory?limit=200")["inventory"]]

    def balance(self, player: Player) -> float:
        """The player's TON."""
        return float(self.told(player, "")["user"]["balance"])

    def nonce(self, player: Player) -> int:
        """How many draws the player's seed pair has made."""
        return int(self.told(player, "/fairness")["fairness"]["nonce"])

    def in_stock(self, pack_id: int) -> int:
        """The free units of a pack."""
        return int(self.client.get("/api/packs/", params={"id": pack_id}).json()["pack"]["in_stock_count"])

    def told(self, player: Player, rest: str) -> Any:
        """What the API tells the player of themself."""
        answer = self.client.get(player.path(rest), headers=player.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()


def outcomes(answers: list[Answer]) -> list[str]:
    """Of each answer: ``sold``, ``opened``, ``won`` or ``lost``, or the code of the refusal."""
    return [_outcome(answer.status, answer.json()) for answer in answers]


def _outcome(status: int, body: Any) -> str:
    if status != 200:
        return str(body["code"])
    if "upgrade_id" in body:
        return "won" if body["success"] else "lost"
    return "sold" if "amount_added" in body else "opened"

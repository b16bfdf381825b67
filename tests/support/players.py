"""Players as Telegram would vouch for them, and the operator who stocks a shop for each test."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
from init_data_py import sign

from support.api_processes import AS_SERVICE, BOT_TOKEN
from support.http_lines import Ask

_numbers = count(1)


def signed(user: dict[str, Any] | None, /, *, token: str = BOT_TOKEN, age: float = 0, **fields: str) -> str:
    """initData for ``user`` (None: without one), issued ``age`` seconds ago."""
    known = {} if user is None else {"user": json.dumps(user, ensure_ascii=False)}
    return sign({**known, **fields}, token, auth_date=int(time.time() - age))


@dataclass(frozen=True, slots=True)
class Player:
    """A person who plays."""

    telegram_id: int
    first_name: str = "Ann"
    language: str = "en"

    @property
    def user(self) -> dict[str, Any]:
        """What Telegram says of them."""
        return {"id": self.telegram_id, "first_name": self.first_name, "language_code": self.language}

    def headers(self, key: str | None = None) -> dict[str, str]:
        """The credential, and an idempotency key where there is one."""
        keyed = {} if key is None else {"Idempotency-Key": key}
        return {"Authorization": f"tma {signed(self.user)}", **keyed}

    def headers_of(self, **profile: str) -> dict[str, str]:
        """The credential with more of what Telegram may say, such as a username."""
        return {"Authorization": f"tma {signed(self.user | profile)}"}

    def path(self, rest: str = "") -> str:
        """An address of theirs."""
        return f"/api/users/{self.telegram_id}{rest}"

    def opens(self, case_name: str, key: str | None = None, **body: Any) -> Ask:
        """The request to open a case."""
        return self._asks(case_path(case_name, "/open"), key, body)

    def sells(self, item_id: int, key: str | None = None, **body: Any) -> Ask:
        """The request to sell an item."""
        return self._asks("/api/packs/sell", key, {"id": item_id, **body})

    def bets(self, item_ids: Sequence[int], unit_id: int, key: str | None = None, **body: Any) -> Ask:
        """The request to upgrade items to a unit."""
        return self._asks("/api/upgrade/upgrade", key, {"user_liq_ids": item_ids, "upgrade_liq_id": unit_id, **body})

    def _asks(self, path: str, key: str | None, body: dict[str, Any]) -> Ask:
        content = json.dumps({"telegram_id": self.telegram_id, **body}).encode()
        return Ask("POST", path, self.headers(key), content)


def new_player(**profile: str) -> Player:
    """Somebody whom no test has met."""
    return Player(6_000_000_000 + next(_numbers), **profile)


def case_path(name: str, rest: str = "") -> str:
    """An address of a case, percent-encoded."""
    return f"/api/cases/{quote(name, safe='')}{rest}"


@dataclass(frozen=True, slots=True)
class SoldCase:
    """A case on sale, as its operator was told."""

    name: str
    price: float
    table_id: str
    pack_ids: tuple[int, ...]

    def path(self, rest: str = "") -> str:
        """An address of the case."""
        return case_path(self.name, rest)


class Operator:
    """Puts packs, cases and balances in place through the operators' endpoints of one API process."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        """Ask with the service token."""
        keyed = {} if key is None else {"Idempotency-Key": key}
        return self._client.request(method, path, json=body, headers={**AS_SERVICE, **keyed})

    def _done(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.send(method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def new_pack(self, units: int = 0, floor: str = "1", **fields: str) -> int:
        """A pack with units numbered from 1; its id."""
        number = next(_numbers)
        draft = {
            "pack_name": f"Pack {number}",
            "collection_name": f"Collection {number}",
            "contributor": "Sticker Pack",
            "floor_price": floor,
            "image_url": f"/media/pack-{number}.svg",
        }
        pack_id = int(self._done("POST", "/api/operator/packs", draft | fields)["pack"]["id"])
        for start in range(1, units + 1, 10_000):
            self.add_units(pack_id, range(start, min(start + 10_000, units + 1)))
        return pack_id

    def add_units(self, pack_id: int, numbers: Sequence[int]) -> int:
        """Stock these; the new ``in_stock_count``."""
        told = self._done("POST", f"/api/operator/packs/{pack_id}/units", {"numbers": list(numbers)})
        return int(told["in_stock_count"])

    def new_case(self, items: Sequence[tuple[int, float]], price: str = "1", name: str | None = None) -> SoldCase:
        """A case with these (pack id, chance) rows."""
        draft = {
            "name": name or f"Case {next(_numbers)}",
            "price": price,
            "base_fee": 20.0,
            "image_url": "/media/case.svg",
            "items": [{"pack_id": pack_id, "chance": chance} for pack_id, chance in items],
        }
        told = self._done("POST", "/api/operator/cases", draft)["case"]
        return SoldCase(told["name"], told["price"], told["table_id"], tuple(sorted(pack for pack, _ in items)))

    def simple_case(self, units: int = 100, price: str = "1", name: str | None = None) -> SoldCase:
        """A case with two likely packs of so many units each."""
        return self.new_case([(self.new_pack(units), 0.25), (self.new_pack(units, "2"), 0.75)], price, name)

    def edit_case(self, case: SoldCase, **changes: Any) -> Any:
        """Change a case; the case as it is told."""
        return self._done("PATCH", f"/api/operator/cases/{quote(case.name, safe='')}", changes)["case"]

    def meet(self, player: Player) -> Player:
        """Have the bot introduce a player."""
        profile = {"telegram_id": player.telegram_id, "first_name": player.first_name, "language": player.language}
        self._done("POST", "/api/users/user/", profile)
        return player

    def new_player(self, balance: str | None = None, **profile: str) -> Player:
        """A player with so many TON."""
        player = self.meet(new_player(**profile))
        if balance is not None:
            self.adjust(player, balance)
        return player

    def adjust(self, player: Player, amount: str) -> float:
        """Add to a balance; the new one."""
        body = {"amount": amount, "reason": "a test's purse"}
        return float(self._done("POST", f"/api/operator/players/{player.telegram_id}/adjust", body)["balance"])

    def assert_every_law_held(self) -> dict[str, int]:
        """Have everything audited; how much was checked for each law."""
        report = self._done("GET", "/api/operator/audit")
        broken = [law for law in report["laws"] if law["breaches"]]
        assert report["ok"] is True, f"broken laws: {broken}"
        assert not broken
        return {law["law"]: law["checked"] for law in report["laws"]}


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a player has and did, as the API tells it."""

    balance: float
    nonce: int
    items: tuple[tuple[int, int], ...]
    """(pack id, number) of every unit in the inventory, newest first."""
    openings: int
    """Lines "Case open" of the history."""


def standing(client: httpx.Client, player: Player) -> Standing:
    """Look everything up, page by page."""

    def told(rest: str, **query: str) -> Any:
        answer = client.get(player.path(rest), headers=player.headers(), params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    items: list[tuple[int, int]] = []
    page = told("/inventory", limit="200")
    while True:
        items += [(item["pack"]["id"], item["number"]) for item in page["inventory"]]
        if page["next_cursor"] is None:
            break
        page = told("/inventory", limit="200", cursor=page["next_cursor"])
    assert page["inventory_count"] == len(items)
    history = told("/transactions", type="Case open", limit="1")
    balance = told("")["user"]["balance"]
    nonce = told("/fairness")["fairness"]["nonce"]
    return Standing(balance, nonce, tuple(items), history["transaction_count"])

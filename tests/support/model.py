"""The game once more, in the plainest Python: what every command must answer, worked out from the rules alone.

Shares no code with the product, so that a mistake has to be made twice to go unnoticed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from math import fsum

GRID = 2**53
MOST = 10**18

Told = tuple[str, object]
"""What became of a command, and what was told with it."""


@dataclass(frozen=True)
class Why:
    """Why a command was refused; printed, it is its code."""

    code: str
    details: tuple[object, ...] = ()

    def __str__(self) -> str:
        return self.code


@dataclass
class PackModel:
    """A pack: the numbers of its free units, and all that it ever had."""

    floor_nano: int
    free: set[int] = field(default_factory=set)
    ever: set[int] = field(default_factory=set)


@dataclass
class CaseModel:
    """A case; ``chances`` by pack id."""

    name: str
    price_nano: int
    chances: dict[int, float]
    active: bool = True

    def widths(self) -> list[tuple[int, int]]:
        """Pack ids and ticket widths, straight from the definition."""
        packs = sorted(self.chances)
        total = fsum(self.chances.values())
        last = max(pack for pack in packs if self.chances[pack] > 0)
        cuts = [0]
        for pack in packs:
            share = fsum(self.chances[p] for p in packs if p <= pack) / total
            cuts.append(GRID if pack >= last else round(share * GRID))
        return [(pack, cuts[i + 1] - cuts[i]) for i, pack in enumerate(packs)]

    @property
    def table_id(self) -> str:
        """The hash under which the odds are published."""
        return hashlib.sha256(",".join(f"{pack}:{width}" for pack, width in self.widths()).encode()).hexdigest()


@dataclass
class PlayerModel:
    """A player: money, seeds, items as (pack id, number) with the newest last, and lines of the history."""

    server_seed: bytes
    client_seed: str
    next_server_seed: bytes
    number: int = 0
    nonce: int = 0
    balance_nano: int = 0
    blocked: bool = False
    items: list[tuple[int, int]] = field(default_factory=list)
    history: list[tuple[str, int]] = field(default_factory=list)

    def drawn(self, case: CaseModel) -> int:
        """The pack that the next draw from ``case`` falls on."""
        message = f"case|{case.table_id}|{self.client_seed}|{self.nonce}"
        digest = hmac.new(self.server_seed, message.encode(), hashlib.sha256).digest()
        roll = int(digest.hex()[:16], 16) >> 11
        for pack, width in case.widths():
            if roll < width:
                return pack
            roll -= width
        raise AssertionError("a roll is below the sum of the widths")


@dataclass(frozen=True)
class Wish:
    """A wish to open a case. ``asked`` stands for the hash of the request."""

    player: int
    case: str
    count: int
    price_nano: int | None
    table_id: str | None
    key: str | None
    asked: bytes


@dataclass(frozen=True)
class Opened:
    """What an opening must have yielded: (pack id, number) of each drop, and the balance left."""

    drops: tuple[tuple[int, int], ...]
    balance_nano: int


@dataclass
class Model:
    """All players, packs and cases. Every method changes the model and returns what the product must say."""

    players: dict[int, PlayerModel] = field(default_factory=dict)
    packs: dict[int, PackModel] = field(default_factory=dict)
    cases: dict[str, CaseModel] = field(default_factory=dict)
    kept: dict[tuple[object, str], tuple[bytes, object]] = field(default_factory=dict)

    def opens(self, wish: Wish) -> Told:
        """``("opened", Opened)``, ``("again", Opened)`` for a repeat, or ``("refused", Why)``."""
        known = self.kept.get((wish.player, wish.key)) if wish.key else None
        if known is not None:
            return ("again", known[1]) if known[0] == wish.asked else ("refused", Why("idempotency_key_reused"))
        refused = self._refuses(wish)
        if refused is not None:
            return "refused", refused
        opened = self._opened(self.players[wish.player], self.cases[wish.case], wish.count)
        if wish.key:
            self.kept[wish.player, wish.key] = (wish.asked, opened)
        return "opened", opened

    def _refuses(self, wish: Wish) -> Why | None:
        case, player = self.cases.get(wish.case), self.players.get(wish.player)
        if case is None:
            return Why("not_found", ("case", wish.case))
        if player is None:
            return Why("not_found", ("player", str(wish.player)))
        if player.blocked:
            return Why("player_blocked")
        if not case.active:
            return Why("case_inactive", (case.name,))
        if wish.table_id not in (None, case.table_id):
            return Why("odds_changed", (case.table_id,))
        if wish.price_nano not in (None, case.price_nano):
            return Why("price_changed", (case.price_nano,))
        if any(width and len(self.packs[pack].free) < wish.count for pack, width in case.widths()):
            return Why("out_of_stickers", (case.name,))
        if player.balance_nano < wish.count * case.price_nano:
            total = wish.count * case.price_nano
            return Why("insufficient_balance", (case.price_nano, player.balance_nano, total))
        return None

    def _opened(self, player: PlayerModel, case: CaseModel, count: int) -> Opened:
        drops = []
        for _ in range(count):
            pack = player.drawn(case)
            number = min(self.packs[pack].free)
            self.packs[pack].free.remove(number)
            player.nonce += 1
            player.balance_nano -= case.price_nano
            player.items.append((pack, number))
            player.history.append(("Case open", self.packs[pack].floor_nano))
            drops.append((pack, number))
        return Opened(tuple(drops), player.balance_nano)

    def adjusts(self, player_id: int, amount_nano: int, key: str | None, asked: bytes) -> Told:
        """``("moved", balance)``, ``("again", balance)`` or ``("refused", Why)``."""
        if amount_nano == 0:
            return "refused", Why("invalid_request")
        known = self.kept.get(("operator", key)) if key else None
        if known is not None:
            return ("again", known[1]) if known[0] == asked else ("refused", Why("idempotency_key_reused"))
        player = self.players[player_id]
        after = player.balance_nano + amount_nano
        if after < 0:
            return "refused", Why("balance_too_low")
        if after > MOST:
            return "refused", Why("invalid_request")
        player.balance_nano = after
        player.history.append(("Adjustment", amount_nano))
        if key:
            self.kept["operator", key] = (asked, after)
        return "moved", after

    def rotates(self, player_id: int, client_seed: str | None) -> Told:
        """``("rotated", (old server seed, draws made with it))`` or ``("refused", Why)``."""
        if client_seed is not None and (not 1 <= len(client_seed) <= 64 or "|" in client_seed):
            return "refused", Why("invalid_request")
        player = self.players[player_id]
        revealed = (player.server_seed, player.nonce)
        player.server_seed, player.nonce, player.number = player.next_server_seed, 0, player.number + 1
        player.client_seed = client_seed or player.client_seed
        return "rotated", revealed

    def adds(self, pack_id: int, numbers: list[int]) -> Told:
        """``("added", in_stock_count)`` or ``("refused", Why)``."""
        pack = self.packs[pack_id]
        if not numbers or len(set(numbers)) < len(numbers) or min(numbers) < 0:
            return "refused", Why("invalid_request")
        if pack.ever & set(numbers):
            return "refused", Why("already_exists")
        pack.free |= set(numbers)
        pack.ever |= set(numbers)
        return "added", len(pack.free)

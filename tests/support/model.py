"""The game once more, in the plainest Python: what every command must answer, worked out from the rules alone.

Shares no code with the product, so that a mistake has to be made twice to go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from support.pieces import (
    Bet,
    CaseModel,
    ItemModel,
    Opened,
    PackModel,
    Play,
    PlayerModel,
    Sale,
    Sold,
    Told,
    Upgraded,
    Why,
    Wish,
    name_of_table,
    widths,
)

MOST = 10**18
MOST_BET = 100


@dataclass
class Model:
    """All players, packs, cases and units (by id: pack and number). Fees are parts of 1, ``now`` is in hours.

    Every method changes the model and returns what the product must say.
    """

    players: dict[int, PlayerModel] = field(default_factory=dict)
    packs: dict[int, PackModel] = field(default_factory=dict)
    cases: dict[str, CaseModel] = field(default_factory=dict)
    units: dict[int, tuple[int, int]] = field(default_factory=dict)
    kept: dict[tuple[object, str], tuple[bytes, object]] = field(default_factory=dict)
    sell_fee: float = 0
    upgrade_fee: float = 0.2
    now: float = 0

    def _once(self, who: object, key: str | None, asked: bytes, act: Callable[[], Told]) -> Told:
        known = self.kept.get((who, key)) if key else None
        if known is not None:
            return ("again", known[1]) if known[0] == asked else ("refused", Why("idempotency_key_reused"))
        told = act()
        if key and told[0] != "refused":
            self.kept[who, key] = (asked, told[1])
        return told

    def plays(self, play: Play) -> Told:
        """What becomes of a wish of any kind."""
        act = {Wish: self.opens, Sale: self.sells, Bet: self.upgrades}[type(play)]
        return act(play)

    # --- opening

    def opens(self, wish: Wish) -> Told:
        """``("opened", Opened)``, ``("again", Opened)`` for a repeat, or ``("refused", Why)``."""
        return self._once(wish.player, wish.key, wish.asked, lambda: self._opens(wish))

    def _opens(self, wish: Wish) -> Told:
        refused = self._refuses(wish)
        if refused is not None:
            return "refused", refused
        return "opened", self._opened(self.players[wish.player], self.cases[wish.case], wish.count)

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
            row = player.drawn("case", case.widths())
            pack = case.widths()[row][0]
            number = min(self.packs[pack].free)
            self.packs[pack].free.remove(number)
            player.balance_nano -= case.price_nano
            player.items.append(ItemModel(pack, number))
            player.draws.append(("case", case.table_id, row + 1, pack))
            player.history.append(("Case open", self.packs[pack].floor_nano))
            drops.append((pack, number))
        return Opened(tuple(drops), player.balance_nano)

    # --- selling

    def pays(self, pack_id: int) -> int:
        """The floor less the fee, rounded down, but never nothing."""
        return max(1, int(self.packs[pack_id].floor_nano * (1 - Fraction(str(self.sell_fee)))))

    def sells(self, sale: Sale) -> Told:
        """``("sold", Sold)``, ``("again", Sold)`` or ``("refused", Why)``."""
        if sale.player not in self.players:
            return "refused", Why("not_found", ("player", str(sale.player)))
        return self._once(sale.player, sale.key, sale.asked, lambda: self._sells(self.players[sale.player], sale))

    def _sells(self, player: PlayerModel, sale: Sale) -> Told:
        if player.blocked:
            return "refused", Why("player_blocked")
        item = player.item(sale.item)
        if item is None:
            return "refused", Why("item_not_owned", (sale.item,))
        doubt = self.packs[item.pack].doubt(self.now)
        if doubt is not None:
            return "refused", Why("price_unreliable", (item.pack, doubt))
        paid = self.pays(item.pack)
        if sale.price_nano not in (None, paid):
            return "refused", Why("price_changed", (paid,))
        player.gives(item)
        player.balance_nano += paid
        player.history.append(("Sticker sell", paid))
        self.packs[item.pack].free.add(item.number)
        return "sold", Sold(paid, player.balance_nano)

    # --- upgrading

    def table(self, bet_nano: int, target_nano: int) -> list[tuple[object, int]] | None:
        """The table that a bet is drawn from; None when there is no such offer."""
        if bet_nano == 0 or 2 * target_nano < 3 * bet_nano:
            return None
        chance = bet_nano / target_nano * (1 - self.upgrade_fee)
        win, lose = widths([chance, 1 - chance])
        return [("win", win), ("lose", lose)] if win else None

    def upgrades(self, bet: Bet) -> Told:
        """``("won", Upgraded)``, ``("lost", Upgraded)``, ``("again", Upgraded)`` or ``("refused", Why)``."""
        if bet.player not in self.players:
            return "refused", Why("not_found", ("player", str(bet.player)))
        return self._once(bet.player, bet.key, bet.asked, lambda: self._upgrades(self.players[bet.player], bet))

    def _upgrades(self, player: PlayerModel, bet: Bet) -> Told:
        if not 1 <= len(bet.items) <= MOST_BET or len(set(bet.items)) < len(bet.items):
            return "refused", Why("invalid_request")
        refused = self._cannot(player, bet)
        if refused is not None:
            return "refused", refused
        items = [item for item in map(player.item, bet.items) if item is not None]
        pack, number = self.units[bet.target]
        bet_nano, target_nano = sum(self.packs[item.pack].floor_nano for item in items), self.packs[pack].floor_nano
        table = self.table(bet_nano, target_nano)
        name = None if table is None else name_of_table(table)
        if table is None or bet.table_id not in (None, name):
            return "refused", Why("quote_expired", ("price_moved", name))
        nonce, row = player.nonce, player.drawn("upgrade", table)
        for item in items:
            player.gives(item)
            self.packs[item.pack].free.add(item.number)
        if row == 0:
            self.packs[pack].free.remove(number)
            player.items.append(ItemModel(pack, number))
        player.draws.append(("upgrade", name_of_table(table), row + 1, None if row else pack))
        player.history.append(("Upgrade", -bet_nano if row else target_nano - bet_nano))
        return "lost" if row else "won", Upgraded(nonce, (pack, number), not row)

    def _cannot(self, player: PlayerModel, bet: Bet) -> Why | None:
        if bet.target not in self.units:
            return Why("not_found", ("unit", str(bet.target)))
        if player.blocked:
            return Why("player_blocked")
        missing = [item_id for item_id in bet.items if player.item(item_id) is None]
        if missing:
            return Why("item_not_owned", (missing[0],))
        pack, number = self.units[bet.target]
        if number not in self.packs[pack].free:
            return Why("quote_expired", ("target_taken", None))
        for concerned in [*(item.pack for item in map(player.item, bet.items) if item is not None), pack]:
            doubt = self.packs[concerned].doubt(self.now)
            if doubt is not None:
                return Why("price_unreliable", (concerned, doubt))
        return None

    # --- what operators do, and seeds

    def adjusts(self, player_id: int, amount_nano: int, key: str | None, asked: bytes) -> Told:
        """``("moved", balance)``, ``("again", balance)`` or ``("refused", Why)``."""
        if amount_nano == 0:
            return "refused", Why("invalid_request")
        return self._once("operator", key, asked, lambda: self._adjusts(self.players[player_id], amount_nano))

    def _adjusts(self, player: PlayerModel, amount_nano: int) -> Told:
        after = player.balance_nano + amount_nano
        if after < 0:
            return "refused", Why("balance_too_low", (player.balance_nano,))
        if after > MOST:
            return "refused", Why("invalid_request")
        player.balance_nano = after
        player.history.append(("Adjustment", amount_nano))
        return "moved", after

    def blocks(self, player_id: int, blocked: bool, key: str | None, asked: bytes) -> Told:
        """``("blocked", True)``, ``("unblocked", False)``, ``("again", …)`` or ``("refused", Why)``."""

        def act() -> Told:
            if player_id not in self.players:
                return "refused", Why("not_found", ("player", str(player_id)))
            self.players[player_id].blocked = blocked
            return "blocked" if blocked else "unblocked", blocked

        return self._once("operator", key, asked, act)

    def rotates(self, player_id: int, client_seed: str | None) -> Told:
        """``("rotated", (old server seed, draws made with it))`` or ``("refused", Why)``."""
        if client_seed is not None and (not 1 <= len(client_seed) <= 64 or "|" in client_seed):
            return "refused", Why("invalid_request")
        player = self.players[player_id]
        revealed = (player.server_seed, player.nonce)
        player.server_seed, player.nonce, player.number = player.next_server_seed, 0, player.number + 1
        player.client_seed, player.draws = client_seed or player.client_seed, []
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

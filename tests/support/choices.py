"""What random players may choose to do, and what a choice comes to in the game of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from support.model import Model
from support.pieces import Bet, Play, Sale, Wish, name_of_table

PLAYERS = PACKS = 3
CASES = 2
NOBODYS = 10**12
"""The id of no item and no unit."""

ANOTHER = b"another request"

players = st.integers(0, PLAYERS - 1)
packs = st.integers(0, PACKS - 1)
cases = st.integers(0, CASES - 1)
keys = st.sampled_from([None, None, None, "a", "b", "c", "d", "e"])
shown = st.sampled_from(["nothing"] * 4 + ["the truth"] * 3 + ["something else"])
weights = st.lists(st.integers(0, 3), min_size=PACKS, max_size=PACKS).filter(any)
client_seeds = st.sampled_from([None, None, "mine", "yours", "z" * 64, "a|b", "z" * 65])


@dataclass(frozen=True)
class Opening:
    """What to open; indexes past the end mean somebody or something that does not exist."""

    player: int
    case: int
    count: int
    price: str
    table: str
    key: str | None


@dataclass(frozen=True)
class Thing:
    """An item: one that is ``mine``, ``gone``, somebody else's (``theirs``) or ``nobody's``."""

    whose: str
    index: int


@dataclass(frozen=True)
class Selling:
    """What to sell."""

    player: int
    item: Thing
    price: str
    key: str | None


@dataclass(frozen=True)
class Betting:
    """What to bet for what: ``target`` is a unit that ``fits``, ``any`` unit or ``none``."""

    player: int
    items: tuple[Thing, ...]
    target: str
    index: int
    table: str
    key: str | None


@dataclass(frozen=True)
class Echo:
    """An earlier wish with a key, once more: as it was, or with the key used for something else."""

    index: int
    changed: bool


anybody = st.integers(0, 9 * PLAYERS)
places = st.integers(0, 99)
things = st.builds(Thing, st.sampled_from(["mine"] * 9 + ["gone", "theirs", "nobody's"]), places)
several = st.lists(things, min_size=1, max_size=3).map(tuple)
openings = st.builds(Opening, anybody, st.integers(0, 9 * CASES), st.integers(1, 3), shown, shown, keys)
sellings = st.builds(Selling, anybody, things, shown, keys)
bettings = st.builds(
    Betting,
    anybody,
    several | several | several | several | st.just(()),
    st.sampled_from(["fits"] * 6 + ["any"] * 2 + ["none"]),
    places,
    shown,
    keys,
)
echoes = st.builds(Echo, places, st.booleans())


@dataclass
class Cast:
    """Who and what the choices are about, in the words of the model; ``stranger`` is a player whom nobody has met."""

    model: Model
    stranger: int
    players: list[int] = field(default_factory=list)
    packs: list[int] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    keyed: list[Play] = field(default_factory=list)

    def chances(self, table: Sequence[int]) -> dict[int, float]:
        """Odds with these weights."""
        return {pack: weight / sum(table) for pack, weight in zip(self.packs, table, strict=True)}

    def meant(self, choice: Opening | Selling | Betting | Echo) -> Play | None:
        """The wish that a choice comes to now; None for an echo when nothing was said yet."""
        if isinstance(choice, Echo):
            return self._echoed(choice)
        meant = {Opening: self._wish, Selling: self._sale, Betting: self._bet}[type(choice)](choice)
        if meant.key:
            self.keyed.append(meant)
        return meant

    def _echoed(self, echo: Echo) -> Play | None:
        if not self.keyed:
            return None
        play = self.keyed[echo.index % len(self.keyed)]
        return replace(play, asked=ANOTHER) if echo.changed else play

    def _player(self, choice: int) -> int:
        return self.stranger if choice == 9 * PLAYERS else self.players[choice % len(self.players)]

    def _wish(self, choice: Opening) -> Wish:
        case = None if choice.case == 9 * CASES else self.model.cases[self.cases[choice.case % CASES]]
        name = case.name if case else "No such case"
        price = {"nothing": None, "the truth": case and case.price_nano, "something else": 5}[choice.price]
        table = {"nothing": None, "the truth": case and case.table_id, "something else": "0" * 64}[choice.table]
        asked = repr(("open", name, choice.count, price, table)).encode()
        return Wish(self._player(choice.player), name, choice.count, price, table, choice.key, asked)

    def _sale(self, choice: Selling) -> Sale:
        player = self._player(choice.player)
        item = self._item(player, choice.item)
        found = self.model.players[player].item(item) if player in self.model.players else None
        truth = None if found is None else self.model.pays(found.pack)
        price = {"nothing": None, "the truth": truth, "something else": 5}[choice.price]
        return Sale(player, item, price, choice.key, repr(("sell", item, price)).encode())

    def _bet(self, choice: Betting) -> Bet:
        player = self._player(choice.player)
        items = tuple(self._item(player, thing) for thing in choice.items)
        bet_nano = self._worth(player, items)
        target = self._target(choice, bet_nano)
        table = None
        if target in self.model.units:
            table = self.model.table(bet_nano, self.model.packs[self.model.units[target][0]].floor_nano)
        truth = None if table is None else name_of_table(table)
        shown = {"nothing": None, "the truth": truth, "something else": "0" * 64}[choice.table]
        asked = repr(("upgrade", items, target, shown)).encode()
        return Bet(player, items, target, shown, choice.key, asked)

    def _item(self, player: int, thing: Thing) -> int:
        here = self.model.players.get(player)
        others = [other for other in self.model.players.values() if other is not here]
        pools = {
            "mine": [item.id for item in here.items] if here else [],
            "gone": here.gone if here else [],
            "theirs": [item.id for other in others for item in other.items],
            "nobody's": [],
        }
        pool = [item_id for item_id in pools[thing.whose] if item_id is not None]
        return pool[thing.index % len(pool)] if pool else NOBODYS

    def _worth(self, player: int, items: Sequence[int]) -> int:
        here = self.model.players.get(player)
        found = [] if here is None else [here.item(item_id) for item_id in items]
        return sum(self.model.packs[item.pack].floor_nano for item in found if item is not None)

    def _target(self, choice: Betting, bet_nano: int) -> int:
        model = self.model
        all_units = sorted(model.units)
        fitting = [unit for unit in all_units if self._fits(unit, bet_nano)]
        pool = {"fits": fitting or all_units, "any": all_units, "none": [NOBODYS]}[choice.target]
        return pool[choice.index % len(pool)]

    def _fits(self, unit: int, bet_nano: int) -> bool:
        pack_id, number = self.model.units[unit]
        pack = self.model.packs[pack_id]
        is_offered = self.model.table(bet_nano, pack.floor_nano) is not None and pack.doubt(self.model.now) is None
        return is_offered and number in pack.free

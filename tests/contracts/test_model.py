"""Random commands against the product and against a plain model that foretells every answer and every refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.fairness import SeedPair
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.open_cases import OpenCase, Outcome
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import PackChange
from support.model import CaseModel, Model, Opened, PackModel, PlayerModel, Told, Why, Wish
from support.worlds import World

PLAYERS = PACKS = 3
CASES = 2
UNITS = range(1, 25, 2)
STRANGER = 10**9

players = st.integers(0, PLAYERS - 1)
packs = st.integers(0, PACKS - 1)
cases = st.integers(0, CASES - 1)
keys = st.sampled_from([None, None, None, "a", "b", "c", "d", "e"])
prices = st.integers(1, 4).map(lambda price: price * NANO)
weights = st.lists(st.integers(0, 3), min_size=PACKS, max_size=PACKS).filter(any)
edits = prices | weights | st.sampled_from([True, True, False])
shown = st.sampled_from(["nothing"] * 4 + ["the truth"] * 3 + ["something else"])
amounts = st.sampled_from([20, 15, 10, 5, -1, -3, -6]).map(lambda amount: amount * NANO)
odd_amounts = st.sampled_from([1, -1, 0, MAX_UNITS, -MAX_UNITS])
client_seeds = st.sampled_from([None, None, "mine", "yours", "z" * 64, "a|b", "z" * 65])
fresh_numbers = st.lists(st.integers(0, 99), min_size=1, max_size=6, unique=True)
odd_numbers = st.lists(st.integers(-1, 5), max_size=4)

EVERYTHING = {"opened", "again", "moved", "rotated", "added"} | {
    "already_exists",
    "balance_too_low",
    "case_inactive",
    "idempotency_key_reused",
    "insufficient_balance",
    "invalid_request",
    "not_found",
    "odds_changed",
    "out_of_stickers",
    "player_blocked",
    "price_changed",
}


@dataclass(frozen=True)
class Choice:
    """What to wish for; indexes past the end mean somebody or something that does not exist."""

    player: int
    case: int
    count: int
    price: str
    table: str
    key: str | None


@dataclass(frozen=True)
class Echo:
    """An earlier wish with a key, once more: as it was, or with the key used for something else."""

    index: int
    changed: bool


choices = st.builds(
    Choice, st.integers(0, 9 * PLAYERS), st.integers(0, 9 * CASES), st.integers(1, 3), shown, shown, keys
)
echoes = st.builds(Echo, st.integers(0, 99), st.booleans())


class Play(RuleBasedStateMachine):
    """Plays the same game twice, in a world and in the model."""

    def __init__(self, new_world: Callable[[], World], seen: Counter[str]) -> None:
        super().__init__()
        self.world = new_world()
        self.seen = seen
        self.model = Model()
        self.players: list[Player] = []
        self.packs: list[Pack] = []
        self.cases: list[Case] = []
        self.keyed: list[Wish] = []
        self.answers: dict[tuple[int, str | None], bytes] = {}

    def teardown(self) -> None:
        try:
            assert all_held(self.world.audits.audit())
        finally:
            self.world.close()

    @initialize(money=st.lists(st.integers(0, 40), min_size=PLAYERS, max_size=PLAYERS), table=weights)
    def begin(self, money: list[int], table: list[int]) -> None:
        for _ in range(PACKS):
            pack = self.world.new_pack(UNITS, floor_nano=NANO)
            self.packs.append(pack)
            self.model.packs[pack.id] = PackModel(NANO, set(UNITS), set(UNITS))
        for price in range(1, CASES + 1):
            chances = self._chances(table)
            self.cases.append(self.world.new_case(list(chances.items()), price * NANO))
            self.model.cases[self.cases[-1].name] = CaseModel(self.cases[-1].name, price * NANO, chances)
        for tons in money:
            player = self.world.new_player(tons * NANO)
            pair = self.world.pair(player)
            self.players.append(player)
            self.model.players[player.id] = PlayerModel(
                pair.server_seed, pair.client_seed, pair.next_server_seed, balance_nano=tons * NANO
            )
            if tons:
                self.model.players[player.id].history.append(("Adjustment", tons * NANO))

    # --- commands

    @rule(choice=choices)
    def open_alone(self, choice: Choice) -> None:
        self.open_together([choice])

    @rule(player=players, case=cases, count=st.integers(1, 3))
    def open_simply(self, player: int, case: int, count: int) -> None:
        self.open_together([Choice(player, case, count, "nothing", "the truth", None)])

    @rule(batch=st.lists(choices | echoes, min_size=2, max_size=6))
    def open_together(self, batch: list[Choice | Echo]) -> None:
        chosen = [wish for wish in map(self._wish, batch) if wish is not None]
        foretold = [self.model.opens(wish) for wish in chosen]
        self.keyed += [wish for wish in chosen if wish.key]
        outcomes = self.world.open_all([OpenCase(*astuple(wish)) for wish in chosen])
        self._compare(foretold, [self._told(*pair) for pair in zip(chosen, outcomes, strict=True)])

    @rule(player=players, amount=amounts | amounts | amounts | odd_amounts, key=keys)
    def adjust(self, player: int, amount: int, key: str | None) -> None:
        who, asked = self.players[player], b"%d %d" % (player, amount)
        foretold = self.model.adjusts(who.id, amount, key, asked)

        def act() -> Told:
            answered = self.world.adjust(who, amount, caller=Caller("service:tests", key, asked))
            return "again" if answered.replayed else "moved", int(answered.answer)

        self._compare([foretold], [_told_by(act)])

    @rule(player=players, client_seed=client_seeds)
    def rotate(self, player: int, client_seed: str | None) -> None:
        who = self.players[player]
        foretold = self.model.rotates(who.id, client_seed)

        def act() -> Told:
            pair, old = self.world.rotate(who, client_seed)
            self.model.players[who.id].next_server_seed = pair.next_server_seed
            return "rotated", (old.server_seed, old.draws)

        self._compare([foretold], [_told_by(act)])

    @rule(pack=packs, numbers=fresh_numbers | fresh_numbers | odd_numbers)
    def add_units(self, pack: int, numbers: list[int]) -> None:
        pack_id = self.packs[pack].id
        foretold = self.model.adds(pack_id, numbers)
        self._compare([foretold], [_told_by(lambda: ("added", self.world.add_units(pack_id, numbers)))])

    @rule(case=cases, edit=edits)
    def edit_case(self, case: int, edit: int | bool | list[int]) -> None:
        """A bool switches the case on or off, a number is a price, a list makes new odds."""
        foretold = self.model.cases[self.cases[case].name]
        if isinstance(edit, bool):
            foretold.active = edit
            change = CaseChange(status=CaseStatus.ACTIVE if edit else CaseStatus.INACTIVE)
        elif isinstance(edit, int):
            foretold.price_nano = edit
            change = CaseChange(price_nano=edit)
        else:
            foretold.chances = self._chances(edit)
            change = CaseChange(items=list(foretold.chances.items()))
        self.world.edit_case(self.cases[case], change)

    @rule(pack=packs, floor=st.integers(0, 10**12))
    def set_floor(self, pack: int, floor: int) -> None:
        self.world.edit_pack(self.packs[pack], PackChange(floor_nano=floor))
        self.model.packs[self.packs[pack].id].floor_nano = floor

    @rule(player=st.integers(0, 9 * PLAYERS))
    def block(self, player: int) -> None:
        """Mostly nobody: a blocked player plays no more."""
        if player < PLAYERS:
            self.world.back_door.block(self.players[player].id)
            self.model.players[self.players[player].id].blocked = True

    # --- what must always be so

    @invariant()
    def players_have_what_they_should(self) -> None:
        for player in self.players:
            foretold = self.model.players[player.id]
            pair = SeedPair(
                foretold.number,
                foretold.server_seed,
                foretold.client_seed,
                foretold.nonce,
                foretold.next_server_seed,
            )
            assert self.world.balance(player) == foretold.balance_nano
            assert self.world.pair(player) == pair
            assert [(item.pack_id, item.number) for item in self.world.items(player)] == foretold.items[::-1]
            events = [(event.kind, event.amount_nano) for event in self.world.events(player)]
            assert events == foretold.history[::-1]

    @invariant()
    def the_stock_is_what_it_should_be(self) -> None:
        free = self.world.reading.shelf()[1]
        assert free == {pack_id: len(pack.free) for pack_id, pack in self.model.packs.items()}
        specimens = {pack_id: self.world.reading.specimen(pack_id) for pack_id in free}
        assert specimens == {pack_id: min(pack.free or pack.ever) for pack_id, pack in self.model.packs.items()}

    @invariant()
    def the_shelf_is_what_it_should_be(self) -> None:
        shelf, free = self.world.reading.shelf()
        for name, foretold in self.model.cases.items():
            case = shelf.cases[name]
            assert (case.price_nano, case.odds.table_id) == (foretold.price_nano, foretold.table_id)
            is_empty = any(width and not self.model.packs[pack].free for pack, width in foretold.widths())
            status = "inactive" if not foretold.active else "out_of_stickers" if is_empty else "active"
            assert shelf.status(case, free).value == status
            worth = sum(chance * self.model.packs[pack].floor_nano for pack, chance in foretold.chances.items())
            assert shelf.current_fee(case) == pytest.approx(100 - 100 * worth / foretold.price_nano, abs=1e-6)

    # --- words for the model

    def _compare(self, foretold: list[Told], told: list[Told]) -> None:
        assert told == foretold
        self.seen.update(kind if kind != "refused" else str(what) for kind, what in told)

    def _chances(self, table: list[int]) -> dict[int, float]:
        return {pack.id: weight / sum(table) for pack, weight in zip(self.packs, table, strict=True)}

    def _wish(self, choice: Choice | Echo) -> Wish | None:
        if isinstance(choice, Echo):
            if not self.keyed:
                return None
            wish = self.keyed[choice.index % len(self.keyed)]
            return replace(wish, asked=b"something else") if choice.changed else wish
        player = STRANGER if choice.player == 9 * PLAYERS else self.players[choice.player % PLAYERS].id
        case = None if choice.case == 9 * CASES else self.model.cases[self.cases[choice.case % CASES].name]
        price = {"nothing": None, "the truth": case and case.price_nano, "something else": 5}[choice.price]
        table = {"nothing": None, "the truth": case and case.table_id, "something else": "0" * 64}[choice.table]
        name = case.name if case else "No such case"
        asked = repr((name, choice.count, price, table)).encode()
        return Wish(player, name, choice.count, price, table, choice.key, asked)

    def _told(self, wish: Wish, outcome: Outcome) -> Told:
        if isinstance(outcome, Refusal):
            return "refused", Why(outcome.code, astuple(outcome))
        assert isinstance(outcome, Answered)
        first = self.answers.setdefault((wish.player, wish.key), outcome.answer) if wish.key else outcome.answer
        assert outcome.answer == first, "a repeat is the first answer byte for byte"
        _, balance, drops, _ = outcome.answer.decode().split()
        found = tuple((int(pack), int(number)) for pack, number in re.findall(r":(\d+)#(\d+)", drops))
        return "again" if outcome.replayed else "opened", Opened(found, int(balance))


def _told_by(act: Callable[[], Told]) -> Told:
    try:
        return act()
    except Refused as refused:
        return "refused", Why(refused.refusal.code)


@pytest.mark.timeout(1200)
def test_the_product_does_what_the_model_says(new_world: Callable[[], World], request: pytest.FixtureRequest) -> None:
    is_memory = request.node.callspec.params["new_world"] == "memory"
    many = settings.default.max_examples
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Play(new_world, seen),
        settings=settings(
            max_examples=many if is_memory else many // 4, stateful_step_count=30, suppress_health_check=slow
        ),
    )
    if is_memory:
        assert set(seen) == EVERYTHING, "the commands must be such that everything happens at some time"

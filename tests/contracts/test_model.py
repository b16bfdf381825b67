"""Random commands against the product and against a plain model that foretells every answer and every refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.fairness import SeedPair
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import Refusal, Refused
from stickercase.domain.stock.floors import Floor, Quarantined
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.open_cases import OpenCase, Outcome
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import PackChange
from support.choices import (
    CASES,
    PACKS,
    PLAYERS,
    Betting,
    Cast,
    Echo,
    Opening,
    Selling,
    Thing,
    bettings,
    cases,
    client_seeds,
    echoes,
    keys,
    openings,
    packs,
    places,
    players,
    sellings,
    weights,
)
from support.model import Model
from support.pieces import Bet, CaseModel, Opened, PackModel, Play, PlayerModel, Sale, Sold, Told, Upgraded, Why, Wish
from support.worlds import World

UNITS = range(1, 41, 2)
STRANGER = Player(10**9, Profile(10**9, "Nobody"))

prices = st.integers(1, 4).map(lambda price: price * NANO)
edits = prices | weights | st.sampled_from([True, True, False])
floors = st.integers(1, 12).map(lambda halves: halves * NANO // 2)
odd_floors = st.integers(0, 10**12) | st.sampled_from([0, 0, 0, 1, 2, 3])
amounts = st.sampled_from([20, 15, 10, 5, -1, -3, -6]).map(lambda amount: amount * NANO)
odd_amounts = st.sampled_from([1, -1, 0, MAX_UNITS, -MAX_UNITS])
fresh_numbers = st.lists(st.integers(0, 99), min_size=1, max_size=6, unique=True)
odd_numbers = st.lists(st.integers(-1, 5), max_size=4)
# Fees of at most nine decimals, so that a part of a nanoton never hangs on how a double is rounded.
sell_fees = st.sampled_from([0.0, 0.0, 0.03, 0.333333333, 0.999999999])
upgrade_fees = st.sampled_from([0.2, 0.0, 0.05, 0.5])

EVERYTHING = {"opened", "sold", "won", "lost", "again", "moved", "rotated", "added", "blocked", "unblocked"} | {
    "already_exists",
    "balance_too_low",
    "case_inactive",
    "idempotency_key_reused",
    "insufficient_balance",
    "invalid_request",
    "item_not_owned",
    "not_found",
    "odds_changed",
    "out_of_stickers",
    "player_blocked",
    "price_changed",
    "price_unreliable: missing",
    "price_unreliable: quarantined",
    "price_unreliable: stale",
    "quote_expired: price_moved",
    "quote_expired: target_taken",
}
WITHOUT_DETAILS = ("invalid_request", "already_exists")


class Game(RuleBasedStateMachine):
    """Plays the same game twice, in a world and in the model."""

    def __init__(self, new_world: Callable[[], World], seen: Counter[str]) -> None:
        super().__init__()
        self.world = new_world()
        self.seen = seen
        self.model = Model()
        self.cast = Cast(self.model, STRANGER.id)
        self.players: list[Player] = []
        self.packs: list[Pack] = []
        self.cases: list[Case] = []
        self.answers: dict[tuple[int, str | None], bytes] = {}
        self.checked: dict[int, int] = {}

    def teardown(self) -> None:
        try:
            assert all_held(self.world.audits.audit())
            for player in self.players:
                self._check_history(player)
                draws = self.world.draws(self.world.pair(player))
                drawn = [(d.record.game, d.record.table_id, d.record.row, d.pack_id) for d in draws]
                assert drawn == self.model.players[player.id].draws
        finally:
            self.world.close()

    @initialize(
        money=st.lists(st.integers(3, 40), min_size=PLAYERS, max_size=PLAYERS),
        table=weights,
        sell_fee=sell_fees,
        upgrade_fee=upgrade_fees,
    )
    def begin(self, money: list[int], table: list[int], sell_fee: float, upgrade_fee: float) -> None:
        self.model.sell_fee, self.model.upgrade_fee = sell_fee, upgrade_fee
        for place in range(PACKS):
            pack = self.world.new_pack(UNITS, floor_nano=NANO << place)
            self.packs.append(pack)
            self.model.packs[pack.id] = PackModel(NANO << place, set(UNITS), set(UNITS))
            self._learn_units(pack.id)
        self.cast.packs = [pack.id for pack in self.packs]
        for price in range(1, CASES + 1):
            chances = self.cast.chances(table)
            self.cases.append(self.world.new_case(list(chances.items()), price * NANO))
            self.model.cases[self.cases[-1].name] = CaseModel(self.cases[-1].name, price * NANO, chances)
        self.cast.cases = [case.name for case in self.cases]
        for place, tons in enumerate(money):
            self._welcome(tons * NANO)
            self.open_simply(place, 0, 3)

    # --- commands

    @rule(choice=openings)
    def open_alone(self, choice: Opening) -> None:
        self.open_together([choice])

    @rule(player=players, case=cases, count=st.integers(1, 3))
    def open_simply(self, player: int, case: int, count: int) -> None:
        self.open_together([Opening(player, case, count, "nothing", "the truth", None)])

    @rule(batch=st.lists(openings | openings | echoes, min_size=2, max_size=6))
    def open_together(self, batch: list[Opening | Echo]) -> None:
        meant = [wish for wish in map(self.cast.meant, batch) if isinstance(wish, Wish)]
        foretold = [self.model.opens(wish) for wish in meant]
        self._compare(foretold, lambda: self._opened(meant))

    @rule(choice=sellings)
    def sell(self, choice: Selling) -> None:
        self._play(choice)

    @rule(choice=bettings | bettings)
    def upgrade(self, choice: Betting) -> None:
        self._play(choice)

    @rule(player=players, items=st.integers(1, 3), index=places)
    def upgrade_simply(self, player: int, items: int, index: int) -> None:
        owned = len(self.model.players[self.cast.players[player]].items)
        mine = tuple(Thing("mine", index + n) for n in range(min(items, max(1, owned))))
        self._play(Betting(player, mine, "fits", 0, "the truth", None))

    @rule(echo=echoes)
    def repeat(self, echo: Echo) -> None:
        self._play(echo)

    @rule(player=players, amount=amounts | amounts | amounts | odd_amounts, key=keys)
    def adjust(self, player: int, amount: int, key: str | None) -> None:
        who, asked = self.players[player], b"%d %d" % (player, amount)
        foretold = self.model.adjusts(who.id, amount, key, asked)

        def act() -> Told:
            answered = self.world.adjust(who, amount, caller=Caller("service:tests", key, asked))
            return "again" if answered.replayed else "moved", int(answered.answer)

        self._compare([foretold], lambda: [_told_by(act)])

    @rule(player=players, client_seed=client_seeds)
    def rotate(self, player: int, client_seed: str | None) -> None:
        who = self.players[player]
        foretold = self.model.rotates(who.id, client_seed)

        def act() -> Told:
            pair, old = self.world.rotate(who, client_seed)
            self.model.players[who.id].next_server_seed = pair.next_server_seed
            return "rotated", (old.server_seed, old.draws)

        self._compare([foretold], lambda: [_told_by(act)])

    @rule(player=st.integers(0, 3 * PLAYERS), is_blocked=st.sampled_from([True, False, False]), key=keys)
    def block(self, player: int, is_blocked: bool, key: str | None) -> None:
        """Mostly nobody whom anybody knows: a blocked player plays no more."""
        who = self.players[player] if player < PLAYERS else STRANGER
        asked = b"%s %d" % (b"block" if is_blocked else b"unblock", player)
        foretold = self.model.blocks(who.id, is_blocked, key, asked)

        def act() -> Told:
            answered = self.world.block(who, is_blocked, Caller("service:tests", key, asked))
            kind = "again" if answered.replayed else "blocked" if is_blocked else "unblocked"
            return kind, answered.answer == b"1"

        self._compare([foretold], lambda: [_told_by(act)])

    # --- a world that moves

    @rule(pack=packs, numbers=fresh_numbers | fresh_numbers | odd_numbers)
    def add_units(self, pack: int, numbers: list[int]) -> None:
        pack_id = self.packs[pack].id
        foretold = self.model.adds(pack_id, numbers)
        self._compare([foretold], lambda: [_told_by(lambda: ("added", self.world.add_units(pack_id, numbers)))])
        self._learn_units(pack_id)

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
            foretold.chances = self.cast.chances(edit)
            change = CaseChange(items=list(foretold.chances.items()))
        self.world.edit_case(self.cases[case], change)

    @rule(pack=packs, floor=floors | floors | odd_floors)
    def set_floor(self, pack: int, floor: int) -> None:
        """An operator's word: it is fresh, and whatever waited in quarantine is forgotten."""
        self.world.edit_pack(self.packs[pack], PackChange(floor_nano=floor))
        self._believe(pack, floor, self.model.now, quarantined=False)

    @rule(pack=packs, floor=floors, age=st.sampled_from([0, 0, 23, 24, 25]), waiting=st.none() | odd_floors)
    def hear_of_floor(self, pack: int, floor: int, age: int, waiting: int | None) -> None:
        """What a feed has left behind: a price so many hours old, and perhaps another that waits in quarantine."""
        at = self.world.clock.now()
        kept_aside = None if waiting is None else Quarantined(waiting, at, "a feed")
        self.world.set_floor(self.packs[pack], Floor(floor, at - timedelta(hours=age), kept_aside))
        self._believe(pack, floor, self.model.now - age, quarantined=waiting is not None)

    @rule(hours=st.sampled_from([1, 1, 1, 2, 5, 23]))
    def pass_time(self, hours: int) -> None:
        self.world.clock.pass_time(hours=hours)
        self.model.now += hours

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
            items = self.world.items(player)[::-1]
            assert [(i.pack_id, i.number) for i in items] == [(i.pack, i.number) for i in foretold.items]
            foretold.learns([item.id for item in items])
            if self.checked.get(player.id) != len(foretold.history):
                self._check_history(player)

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

    def _play(self, choice: Selling | Betting | Echo) -> None:
        play = self.cast.meant(choice)
        if play is not None:
            foretold = self.model.plays(play)
            self._compare([foretold], lambda: [self._did(play)])

    def _compare(self, foretold: Sequence[Told], act: Callable[[], list[Told]]) -> None:
        is_without_effect = all(kind in ("refused", "again") for kind, _ in foretold)
        before = self.world.back_door.fingerprint() if is_without_effect else None
        assert act() == foretold
        if is_without_effect:
            assert self.world.back_door.fingerprint() == before, "a command that was refused, or repeated, left a trace"
        self.seen.update(kind if kind != "refused" else str(what) for kind, what in foretold)

    def _did(self, play: Play) -> Told:
        if isinstance(play, Wish):
            return self._opened([play])[0]
        player = next((p for p in self.players if p.id == play.player), STRANGER)
        keyed = {"key": play.key, "asked": play.asked}
        if isinstance(play, Sale):
            outcome = self.world.sell(player, play.item, play.price_nano, fee=self.model.sell_fee, **keyed)
        else:
            fee = self.model.upgrade_fee
            outcome = self.world.upgrade(player, play.items, play.target, play.table_id, fee=fee, **keyed)
        return self._told(play, outcome)

    def _opened(self, wishes: Sequence[Wish]) -> list[Told]:
        outcomes = self.world.open_all([OpenCase(*astuple(wish)) for wish in wishes])
        return [self._told(*pair) for pair in zip(wishes, outcomes, strict=True)]

    def _told(self, play: Play, outcome: Outcome) -> Told:
        if isinstance(outcome, Refusal):
            return "refused", _why(outcome)
        assert isinstance(outcome, Answered)
        first = self.answers.setdefault((play.player, play.key), outcome.answer) if play.key else outcome.answer
        assert outcome.answer == first, "a repeat is the first answer byte for byte"
        kind, what = _read(play, outcome.answer.decode().split(), self.model)
        return "again" if outcome.replayed else kind, what

    def _welcome(self, balance_nano: int) -> None:
        player = self.world.new_player(balance_nano)
        pair = self.world.pair(player)
        self.players.append(player)
        self.cast.players.append(player.id)
        known = PlayerModel(pair.server_seed, pair.client_seed, pair.next_server_seed, balance_nano=balance_nano)
        known.history += [("Adjustment", balance_nano)] if balance_nano else []
        self.model.players[player.id] = known

    def _learn_units(self, pack_id: int) -> None:
        found = self.world.back_door.unit_ids(pack_id)
        self.model.units |= {unit_id: (pack_id, number) for number, unit_id in found.items()}

    def _believe(self, pack: int, floor_nano: int, heard_at: float, quarantined: bool) -> None:
        known = self.model.packs[self.packs[pack].id]
        known.floor_nano, known.heard_at, known.quarantined = floor_nano, heard_at, quarantined

    def _check_history(self, player: Player) -> None:
        foretold = self.model.players[player.id].history
        assert [(event.kind, event.amount_nano) for event in self.world.events(player)] == foretold[::-1]
        self.checked[player.id] = len(foretold)


def _read(play: Play, words: Sequence[str], model: Model) -> Told:
    """What the answer to a success tells: the words are those that ``support.worlds`` renders."""
    if isinstance(play, Wish):
        found = tuple((int(pack), int(number)) for pack, number in re.findall(r":(\d+)#(\d+)", words[2]))
        return "opened", Opened(found, int(words[1]))
    if isinstance(play, Sale):
        return "sold", Sold(int(words[1]), int(words[2]))
    assert isinstance(play, Bet)
    return words[1], Upgraded(int(words[2]), model.units[play.target], words[1] == "won")


def _told_by(act: Callable[[], Told]) -> Told:
    try:
        return act()
    except Refused as refused:
        return "refused", _why(refused.refusal)


def _why(refusal: Refusal) -> Why:
    return Why(refusal.code, () if refusal.code in WITHOUT_DETAILS else astuple(refusal))


@pytest.mark.timeout(1200)
def test_the_product_does_what_the_model_says(new_world: Callable[[], World], request: pytest.FixtureRequest) -> None:
    is_memory = request.node.callspec.params["new_world"] == "memory"
    many = settings.default.max_examples
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Game(new_world, seen),
        settings=settings(
            # Hundreds more run on PostgreSQL through HTTP: journeys/test_model_over_http.py.
            max_examples=many if is_memory else many // 8,
            stateful_step_count=40,
            suppress_health_check=slow,
        ),
    )
    if is_memory:
        assert set(seen) == EVERYTHING, "the commands must be such that everything happens at some time"

"""Deciding to open a case: every refusal, in its order, and what a batch does to itself."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.fairness import commitment
from stickercase.domain.money import NANO
from stickercase.domain.refusal import (
    CaseInactive,
    IdempotencyKeyReused,
    InsufficientBalance,
    NotFound,
    OddsChanged,
    OutOfStickers,
    PlayerBlocked,
    PriceChanged,
    Refusal,
    Refused,
)
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.once import Remembered
from stickercase.domain.use_cases.open_cases import Drawn, OpenCase, Repeat, Seat, Situation, decide, draw_once
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.show_demo import show_demo
from support.seeds import GivenSeeds

SEED = bytes(range(32))
PRICE = 90_500_000_000
ODDS = odds_table([(2, 0.0025), (3, 0.051798642533936665), (4, 0.9457013574660634)])
CASE = Case(1, "Sigma Case", PRICE, 20.0, "sigma.png", CaseStatus.ACTIVE, 1, ODDS)
CLOSED = replace(CASE, id=2, name="Closed", status=CaseStatus.INACTIVE)
PACKS = {i: Pack(i, f"Pack {i}", "Some", "Fuse", i * NANO, f"{i}.png", PackStatus.ACTIVE) for i in (2, 3, 4)}
SHELF = Shelf(1, {case.name: case for case in (CASE, CLOSED)}, PACKS)
ROLLS = [8757902010024608, 3281704587701214, 4016122733136007, 7314924438669403]

WISH = OpenCase(7, CASE.name)


def _seat(player_id: int = 7, balance_nano: int = 10 * PRICE, *, blocked: bool = False) -> Seat:
    return Seat(player_id, balance_nano, blocked, 5, SEED, "stickercase", 0)


def _situation(*seats: Seat, free: int = 10) -> Situation:
    present = {seat.player_id: seat for seat in seats or (_seat(),)}
    return Situation(SHELF, present, {2: free, 3: free, 4: free}, {}, range(100))


# --- one command


def test_a_draw_is_the_one_that_the_seeds_make() -> None:
    seat = _seat()
    drawn = []
    for nonce in range(4):
        seat.nonce = nonce
        drawn.append(draw_once(seat, ODDS, "hash"))
    assert [draw.roll for draw in drawn] == ROLLS
    assert {(draw.row, draw.pack_id, draw.seed_number, draw.server_seed_hash) for draw in drawn} == {(2, 4, 5, "hash")}
    assert seat == replace(_seat(), nonce=3)


def test_an_opening_takes_money_units_and_nonces() -> None:
    situation = _situation()
    drawn = decide(situation, replace(WISH, count=4))
    assert isinstance(drawn, Drawn)
    assert [draw.roll for draw in drawn.draws] == ROLLS
    assert [draw.nonce for draw in drawn.draws] == [0, 1, 2, 3]
    assert {(draw.server_seed_hash, draw.client_seed) for draw in drawn.draws} == {(commitment(SEED), "stickercase")}
    assert (drawn.case, drawn.balance_nano, drawn.in_stock) == (CASE, 6 * PRICE, (9, 8, 7, 6))
    assert situation.seats == {7: replace(_seat(), balance_nano=6 * PRICE, nonce=4)}
    assert situation.free == {2: 10, 3: 10, 4: 6}


@pytest.mark.parametrize("count", [-1, 0, 11])
def test_nobody_opens_none_or_more_than_ten(count: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 10"):
        OpenCase(7, CASE.name, count)


def test_the_whole_balance_and_the_last_unit_may_go() -> None:
    situation = _situation(_seat(balance_nano=PRICE), free=1)
    assert isinstance(decide(situation, WISH), Drawn)
    assert situation.seats[7].balance_nano == 0
    assert sorted(situation.free.values()) == [0, 1, 1]


def _refused(situation: Situation, command: OpenCase) -> Refusal:
    """The refusal, which took no effect into the situation."""
    before = deepcopy(situation)
    decision = decide(situation, command)
    assert isinstance(decision, Refusal)
    assert situation == before
    return decision


MENDED: list[tuple[Refusal, Callable[[Situation, OpenCase], tuple[Situation, OpenCase]]]] = [
    (IdempotencyKeyReused(), lambda s, c: (s, replace(c, key="fresh"))),
    (NotFound("case", "Nothing"), lambda s, c: (s, replace(c, case_name=CLOSED.name))),
    (NotFound("player", "7"), lambda s, c: (_situation(_seat(balance_nano=0, blocked=True), free=0), c)),
    (PlayerBlocked(), lambda s, c: (_situation(_seat(balance_nano=PRICE - 1), free=0), c)),
    (CaseInactive("Closed"), lambda s, c: (s, replace(c, case_name=CASE.name))),
    (OddsChanged(ODDS.table_id), lambda s, c: (s, replace(c, table_id=ODDS.table_id))),
    (PriceChanged(PRICE), lambda s, c: (s, replace(c, price_nano=PRICE))),
    (OutOfStickers(CASE.name), lambda s, c: (replace(s, free={2: 1, 3: 1, 4: 1}), c)),
    (InsufficientBalance(PRICE, PRICE - 1, PRICE), lambda s, c: (_situation(_seat(balance_nano=PRICE)), c)),
]
"""Every refusal in its order, and what mends its cause."""


def test_refusals_come_in_their_order() -> None:
    """Begins with everything wrong at once and mends one thing after the other."""
    situation = replace(_situation(_seat(8), free=0), remembered={(7, "used"): Remembered(b"another", b"")})
    wish = OpenCase(7, "Nothing", 1, price_nano=1, table_id="0" * 64, key="used", request_hash=b"this")
    for refusal, mend in MENDED:
        assert _refused(situation, wish) == refusal
        situation, wish = mend(situation, wish)
    assert isinstance(decide(situation, wish), Drawn)


@pytest.mark.parametrize("scarce", [2, 3, 4])
def test_one_scarce_pack_is_enough_to_refuse(scarce: int) -> None:
    situation = _situation()
    situation.free[scarce] = 2
    assert _refused(situation, replace(WISH, count=3)) == OutOfStickers(CASE.name)
    del situation.free[scarce]
    assert _refused(situation, WISH) == OutOfStickers(CASE.name)


def test_a_pack_without_tickets_need_not_be_there() -> None:
    odds = odds_table([(2, 1.0), (3, 0.0)])
    situation = replace(_situation(), shelf=Shelf(1, {CASE.name: replace(CASE, odds=odds)}, PACKS), free={2: 1})
    assert isinstance(decide(situation, WISH), Drawn)


def test_what_was_shown_and_still_holds_is_no_obstacle() -> None:
    assert isinstance(decide(_situation(), replace(WISH, price_nano=PRICE, table_id=ODDS.table_id)), Drawn)


def test_what_is_too_dear_says_how_much_it_is() -> None:
    situation = _situation(_seat(balance_nano=2 * PRICE))
    assert _refused(situation, replace(WISH, count=3)) == InsufficientBalance(PRICE, 2 * PRICE, 3 * PRICE)


# --- keys


def test_a_remembered_answer_comes_before_everything_else() -> None:
    kept = Remembered(b"same", b"answer")
    situation = replace(_situation(_seat(blocked=True), free=0), remembered={(7, "k"): kept})
    wish = OpenCase(7, "Gone", 1, price_nano=1, key="k", request_hash=b"same")
    before = deepcopy(situation)
    assert decide(situation, wish) is kept
    assert decide(situation, replace(wish, request_hash=b"other")) == IdempotencyKeyReused()
    assert situation == before


def test_a_key_twice_in_a_batch_repeats_the_first() -> None:
    situation = _situation()
    wish = replace(WISH, key="k", request_hash=b"same")
    assert isinstance(decide(situation, wish, 3), Drawn)
    after = deepcopy(situation)
    assert decide(situation, wish, 4) == Repeat(3)
    assert decide(situation, replace(wish, case_name="Gone"), 5) == Repeat(3)
    assert decide(situation, replace(wish, request_hash=b"other"), 6) == IdempotencyKeyReused()
    assert situation == after


def test_a_refused_command_leaves_its_key_to_the_next() -> None:
    situation = _situation()
    wish = replace(WISH, key="k", request_hash=b"same")
    assert isinstance(decide(situation, replace(wish, price_nano=1), 0), PriceChanged)
    assert isinstance(decide(situation, wish, 1), Drawn)
    assert decide(situation, wish, 2) == Repeat(1)


def test_a_key_is_its_players_own() -> None:
    situation = replace(_situation(_seat(7), _seat(8)), remembered={(8, "k"): Remembered(b"x", b"")})
    assert isinstance(decide(situation, replace(WISH, key="k"), 0), Drawn)
    assert decide(situation, OpenCase(8, CASE.name, key="k")) == IdempotencyKeyReused()


def test_without_a_key_every_command_counts() -> None:
    situation = _situation()
    assert [type(decide(situation, WISH, index)) for index in range(3)] == [Drawn] * 3
    assert situation.seats[7].nonce == 3


# --- batches


def test_one_poor_player_is_refused_alone() -> None:
    situation = _situation(_seat(7), _seat(8, PRICE - 1), _seat(9))
    decisions = [decide(situation, OpenCase(player_id, CASE.name)) for player_id in (7, 8, 9)]
    assert [type(decision) for decision in decisions] == [Drawn, InsufficientBalance, Drawn]
    assert situation.seats[8] == _seat(8, PRICE - 1)
    assert situation.free[4] == 8


def test_a_player_who_becomes_poor_in_the_batch_is_refused() -> None:
    situation = _situation(_seat(balance_nano=3 * PRICE))
    decisions = [decide(situation, replace(WISH, count=count)) for count in (2, 2, 1, 1)]
    assert [type(decision) for decision in decisions] == [Drawn, InsufficientBalance, Drawn, InsufficientBalance]
    assert situation.seats[7] == replace(_seat(), balance_nano=0, nonce=3)


def test_units_given_earlier_in_the_batch_are_gone() -> None:
    situation = _situation(_seat(7), _seat(8), free=3)
    decisions = [
        decide(situation, OpenCase(player_id, CASE.name, count)) for player_id, count in ((7, 2), (8, 2), (8, 1))
    ]
    assert [type(decision) for decision in decisions] == [Drawn, OutOfStickers, Drawn]
    assert situation.free == {2: 3, 3: 3, 4: 0}


def test_nonces_go_on_through_the_batch() -> None:
    situation = _situation()
    drawn = [decide(situation, replace(WISH, count=count)) for count in (1, 2, 1)]
    rolls = [draw.roll for decision in drawn if isinstance(decision, Drawn) for draw in decision.draws]
    assert rolls == ROLLS


# --- demos


def test_a_demo_draws_as_an_opening_would() -> None:
    case, pack = show_demo(SHELF, GivenSeeds(SEED), CASE.name)
    assert (case, pack) == (CASE, PACKS[4])


@pytest.mark.parametrize(
    ("name", "refusal"), [("Nothing", NotFound("case", "Nothing")), ("Closed", CaseInactive("Closed"))]
)
def test_there_is_no_demo_of_what_is_not_on_sale(name: str, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        show_demo(SHELF, GivenSeeds(SEED), name)
    assert refused.value.refusal == refusal


# --- the shelf


def test_a_case_is_out_of_stickers_while_a_pack_with_tickets_is_gone() -> None:
    plenty = {2: 1, 3: 1, 4: 1}
    assert SHELF.status(CASE, plenty) is CaseStatus.ACTIVE
    assert SHELF.status(CASE, {**plenty, 3: 0}) is SHELF.status(CASE, {2: 1, 4: 1}) is CaseStatus.OUT_OF_STICKERS
    assert SHELF.status(CLOSED, {}) is CaseStatus.INACTIVE


def test_the_fee_is_measured_at_todays_floors() -> None:
    floors = {2: 18900 * NANO, 3: 430_520_000_000, 4: 3_413_000_000}
    shelf = Shelf(1, SHELF.cases, {i: replace(pack, floor_nano=floors[i]) for i, pack in PACKS.items()})
    assert shelf.current_fee(CASE) == 19.58228694282642


def test_packs_know_the_cases_on_sale_that_hold_them() -> None:
    assert SHELF.cases_of_pack == {row.pack_id: ((CASE.name, row.chance),) for row in ODDS.rows}

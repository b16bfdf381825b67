"""Upgrades: the quote against pencil and paper, the ladder at its edges, every refusal in its order, fair rolls."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from stickercase.domain.fairness import GRID, SeedPair, replay
from stickercase.domain.refusal import (
    InvalidRequest,
    ItemNotOwned,
    NotFound,
    PlayerBlocked,
    PriceUnreliable,
    QuoteExpired,
    Refusal,
)
from stickercase.domain.upgrades.decision import (
    MAX_BET_UNITS,
    Bet,
    OwnedUnit,
    UpgradeDrawn,
    UpgradeSituation,
    decide,
)
from stickercase.domain.upgrades.ladder import MAX_OFFERS, Offer, PricedUnit, ladder
from stickercase.domain.upgrades.quotes import UPGRADE_FEE, Quote, is_enough, quote
from support.chi_square import SIGNIFICANCE, p_value

TON = 10**9
MOST = 10**18
SEED = bytes(range(32))

# Bet and target in nanotons; chance, tickets, table id; rolls of nonces 0–3 with the seed 000102…1f and the client
# seed "stickercase", and whether they win. Computed apart from this package, as in test_a_quote_by_hand.
VECTORS = [
    (
        (60 * TON, 90 * TON),
        (0.5333333333333333, 4803839602528529, 4203359652212463),
        "3a55c182b6941a82a45def769c93ca3e7c31c46ddf22cf434f54f7f10aed1766",
        [6422150327841669, 5614305052428416, 2231240985328980, 5013556898615023],
        [False, False, True, False],
    ),
    (
        (100 * TON, 250 * TON),
        (0.32000000000000006, 2882303761517118, 6124895493223874),
        "75c73474717688dc821b24e2a6d19e95ea22535a74e5d27a2852a98739d1f76b",
        [557987803156518, 8940087380607036, 5520167436301644, 5607166260871216],
        [True, False, False, False],
    ),
    (
        (430_520_000_000, 18_900 * TON),
        (0.018223068783068782, 164138811561951, 8843060443179041),
        "702792cb6df804328df780f42c70f7e04b49a1bff083cb5edbeac80cad61cbbd",
        [864751923727346, 2673658725001569, 1249189852343206, 6734621152906680],
        [False, False, False, False],
    ),
]
FLOORS = st.integers(1, MOST) | st.integers(1, 1000)
FEES = st.floats(0, 1, exclude_max=True) | st.just(0.2)


def quoted(bet_nano: int, target_nano: int, fee: float = UPGRADE_FEE) -> Quote:
    found = quote(bet_nano, target_nano, fee)
    assert found is not None
    return found


# The quote


@pytest.mark.parametrize(("amounts", "odds", "table_id", "_", "__"), VECTORS)
def test_a_quote_is_the_vector(
    amounts: tuple[int, int], odds: tuple[float, int, int], table_id: str, _: object, __: object
) -> None:
    found = quoted(*amounts)
    assert (found.chance, found.win_tickets, found.lose_tickets) == odds
    assert found.table_id == table_id


@given(FLOORS, FLOORS)
def test_a_quote_by_hand(one: int, other: int) -> None:
    bet, target = sorted((one, other))
    found = quote(bet, target)
    chance = bet / target * 0.8
    win = round(Fraction(chance) * 2**53)
    if 2 * target < 3 * bet or win == 0:
        assert found is None
        return
    assert found is not None
    text = f"win:{win},lose:{2**53 - win}"
    assert found.table == (("win", win), ("lose", 2**53 - win))
    assert found.table_id == hashlib.sha256(text.encode()).hexdigest()


@given(st.integers(1, MOST), st.floats(1.5, 1e12), FEES)
@example(2, 1.5, 0.2)
def test_the_chance_is_in_its_range_and_an_upgrade_is_worth_what_the_fee_leaves(
    bet: int, times: float, fee: float
) -> None:
    target = max(int(bet * times), -(-3 * bet // 2))
    found = quoted(bet, target, fee) if (1 - fee) * bet / target > 1e-15 else None
    assume(found is not None)
    assert found is not None
    assert 0 < found.chance <= 2 / 3 * (1 - fee)
    assert found.chance * target == pytest.approx((1 - fee) * bet, rel=1e-12)
    on_tickets = Fraction(found.win_tickets, GRID) * target
    assert abs(on_tickets - Fraction(1 - fee) * bet) <= Fraction(target, GRID) + Fraction(bet, 10**12)
    assert found.win_tickets + found.lose_tickets == GRID


@pytest.mark.parametrize(
    ("bet", "target", "enough"),
    [
        (2, 3, True),
        (2, 2, False),
        (1, 2, True),
        (1, 1, False),
        (3, 4, False),
        (3, 5, True),
        (666_666_666_666_666_666, MOST - 1, True),
        (666_666_666_666_666_666, MOST - 2, False),
        (666_666_666_666_666_667, MOST, False),
    ],
)
def test_one_and_a_half_times_is_exact(bet: int, target: int, enough: bool) -> None:
    """In doubles the last three would be one and the same."""
    assert is_enough(bet, target) is enough
    assert (quote(bet, target) is not None) is enough


@pytest.mark.parametrize("bet", [0, -1])
def test_a_bet_of_no_value_has_no_quote(bet: int) -> None:
    assert quote(bet, 100) is None
    assert quote(bet, 0) is None


def test_a_chance_of_no_ticket_is_no_quote() -> None:
    """0.8 / target · 2^53 rounds to one ticket or to none."""
    assert quoted(1, 14_411 * 10**12).win_tickets == 1
    assert quote(1, 14_412 * 10**12) is None


@pytest.mark.parametrize("fee", [-0.1, 1, 1.5, float("nan"), float("inf")])
def test_a_fee_out_of_range_is_an_error(fee: float) -> None:
    with pytest.raises(ValueError, match="fee"):
        quote(1, 2, fee)


def test_no_fee_leaves_the_whole_value() -> None:
    assert quoted(1, 2, 0).win_tickets == GRID // 2


@pytest.mark.parametrize("vector", VECTORS)
def test_the_first_tickets_win(vector: tuple[tuple[int, int], ...]) -> None:
    found = quoted(*vector[0])
    assert [found.drawn(roll) for roll in (0, found.win_tickets - 1, found.win_tickets, GRID - 1)] == [0, 0, 1, 1]


# The ladder


def unit(unit_id: int, floor_nano: int, pack_id: int = 0, number: int = 1, doubt: str | None = None) -> PricedUnit:
    return PricedUnit(unit_id, pack_id or unit_id, number, floor_nano, doubt)


def floors(offers: tuple[Offer, ...]) -> list[int]:
    return [offer.unit.floor_nano for offer in offers]


def test_the_ladder_begins_at_one_and_a_half_times_the_bet() -> None:
    assert floors(ladder(100, [unit(1, 149), unit(2, 150), unit(3, 100)])) == [150]


def test_each_offer_is_1186_thousandths_of_the_last() -> None:
    assert floors(ladder(100, [unit(n, floor) for n, floor in enumerate((500, 592, 593, 700, 703, 704))])) == [
        500,
        593,
        704,
    ]


def test_steps_are_exact_where_floats_are_not() -> None:
    base = 500 * 10**14
    assert floors(ladder(1000, [unit(1, base), unit(2, 593 * 10**14 - 1)])) == [base]
    assert floors(ladder(1000, [unit(1, base), unit(2, 593 * 10**14)])) == [base, 593 * 10**14]


def test_there_are_thirty_offers_at_most() -> None:
    stock = [unit(n, 150 * 2**n) for n in range(40)]
    assert floors(ladder(100, stock)) == [150 * 2**n for n in range(30)]
    assert MAX_OFFERS == 30


def test_of_equal_floors_the_lowest_pack_and_number_stands_for_all() -> None:
    stock = [unit(1, 200, 9, 1), unit(2, 200, 4, 8), unit(3, 200, 4, 7), unit(4, 200, 5, 1)]
    for order in permutations(stock):
        assert [offer.unit.unit_id for offer in ladder(100, order)] == [3]


def test_units_in_doubt_are_not_offered() -> None:
    stock = [unit(1, 200, doubt="stale"), unit(2, 201), unit(3, 300, doubt="quarantined")]
    assert floors(ladder(100, stock)) == [201]


def test_an_offer_carries_its_quote() -> None:
    (offer,) = ladder(60 * TON, [unit(1, 90 * TON)])
    assert offer.quote == quote(60 * TON, 90 * TON)
    assert ladder(60 * TON, [unit(1, 90 * TON)], 0.5)[0].quote.chance == 60 / 90 * 0.5


def test_a_ladder_may_be_empty() -> None:
    assert ladder(100, []) == ladder(0, [unit(1, 5)]) == ladder(1, [unit(1, MOST)]) == ()


UNITS = st.builds(
    PricedUnit,
    st.integers(1, 10**6),
    st.integers(1, 9),
    st.integers(1, 9),
    FLOORS | st.integers(100, 200),
    st.sampled_from([None, None, None, "stale"]),
)


@given(FLOORS | st.just(100), st.lists(UNITS, max_size=60), st.randoms(use_true_random=False))
def test_a_ladder_climbs_and_the_order_of_the_units_makes_no_difference(
    bet: int, stock: list[PricedUnit], random: Random
) -> None:
    offers = ladder(bet, stock)
    shuffled = random.sample(stock, len(stock))
    assert ladder(bet, shuffled) == offers
    assert len(offers) <= 30
    assert all(2 * floor >= 3 * bet for floor in floors(offers)[:1])
    assert all(Fraction(above, below) >= Fraction("1.186") for below, above in pairwise(floors(offers)))
    assert {offer.unit for offer in offers} <= {u for u in stock if u.doubt is None}
    # Nothing that fits was left out: every other sound unit is below the first rung or too close above some rung.
    reach = [u.floor_nano for u in stock if u.doubt is None and quote(bet, u.floor_nano) is not None]
    if len(offers) < 30:
        assert all(any(f <= g < f * Fraction("1.186") for f in floors(offers)) for g in reach)


# The decision

PAIR = SeedPair(3, SEED, "stickercase", 0, b"next")
SITUATION = UpgradeSituation(
    blocked=False,
    pair=PAIR,
    items={11: OwnedUnit(7, unit(1, 40 * TON)), 12: OwnedUnit(7, unit(2, 20 * TON)), 13: OwnedUnit(8, unit(3, TON))},
    target=unit(9, 90 * TON),
    target_free=True,
)
BET = Bet(7, (11, 12), 9)


def drawn(situation: UpgradeSituation, bet: Bet) -> UpgradeDrawn:
    found = decide(situation, bet)
    assert isinstance(found, UpgradeDrawn)
    return found


@pytest.mark.parametrize(("amounts", "_", "table_id", "rolls", "wins"), VECTORS)
def test_upgrades_are_the_vector(
    amounts: tuple[int, int], _: object, table_id: str, rolls: list[int], wins: list[bool]
) -> None:
    bet_nano, target_nano = amounts
    situation = replace(SITUATION, items={11: OwnedUnit(7, unit(1, bet_nano))}, target=unit(9, target_nano))
    for nonce in range(4):
        found = drawn(replace(situation, pair=replace(PAIR, nonce=nonce)), Bet(7, (11,), 9, table_id))
        message = f"upgrade|{table_id}|stickercase|{nonce}".encode()
        digest = hmac.new(SEED, message, hashlib.sha256).digest()
        assert found.draw.roll == int.from_bytes(digest[:8], "big") >> 11 == rolls[nonce]
        assert (found.win, found.draw.row, found.draw.nonce) == (wins[nonce], 1 if wins[nonce] else 2, nonce)
        assert found.value_nano == (target_nano - bet_nano if wins[nonce] else -bet_nano)
        assert (found.quote.table_id, found.seed_number) == (table_id, 3)


def test_several_units_are_one_bet_and_return_in_the_order_given() -> None:
    found = drawn(SITUATION, replace(BET, item_ids=(12, 11)))
    assert [u.unit_id for u in found.units] == [2, 1]
    assert found.quote == quote(60 * TON, 90 * TON)
    assert (found.target, found.bet.player_id) == (SITUATION.target, 7)


def test_an_upgrade_replays_from_its_public_record_once_the_seed_is_revealed() -> None:
    record = drawn(SITUATION, BET).draw
    assert record.server_seed is None
    assert (record.game, record.table) == ("upgrade", quoted(60 * TON, 90 * TON).table)
    revealed = replace(record, server_seed=SEED)
    assert all(check.held for check in replay(revealed))
    assert [check.step for check in replay(replace(revealed, row=3 - record.row)) if not check.held] == ["row"]


SHOWN = quoted(60 * TON, 90 * TON).table_id
DEAR = unit(9, 91 * TON)
ITEMS = SITUATION.items
# In the order in which they are told: each stays first when all those below hold as well.
REFUSALS: list[tuple[str, dict[str, object], dict[str, object], Refusal]] = [
    ("nothing bet", {}, {"item_ids": ()}, InvalidRequest("user_liq_ids", "give 1 to 100 items at a time")),
    ("an item twice", {}, {"item_ids": (11, 13, 11)}, InvalidRequest("user_liq_ids", "an item is given twice")),
    ("no such unit", {"target": None, "target_free": False}, {}, NotFound("unit", "9")),
    ("blocked", {"blocked": True}, {}, PlayerBlocked()),
    ("another's item", {}, {"item_ids": (11, 13)}, ItemNotOwned(13)),
    ("target taken", {"target_free": False}, {}, QuoteExpired("target_taken", None)),
    (
        "a bet in doubt",
        {"items": {**ITEMS, 12: OwnedUnit(7, unit(2, 20 * TON, 5, doubt="stale"))}},
        {},
        PriceUnreliable(5, "stale"),
    ),
    ("a target in doubt", {"target": replace(DEAR, doubt="quarantined")}, {}, PriceUnreliable(9, "quarantined")),
    ("a target too cheap", {"target": unit(9, 90 * TON - 1)}, {}, QuoteExpired("price_moved", None)),
    (
        "another quote",
        {"target": DEAR},
        {"table_id": SHOWN},
        QuoteExpired("price_moved", quoted(60 * TON, 91 * TON).table_id),
    ),
]


@pytest.mark.parametrize(("_", "situation", "bet", "refusal"), REFUSALS, ids=[name for name, *_ in REFUSALS])
def test_a_refusal_says_why(_: str, situation: dict, bet: dict, refusal: Refusal) -> None:
    assert decide(replace(SITUATION, **situation), replace(BET, **bet)) == refusal


@pytest.mark.parametrize("first", range(len(REFUSALS)), ids=[name for name, *_ in REFUSALS])
def test_the_first_reason_is_the_one_that_is_told(first: int) -> None:
    situation: dict = {}
    bet: dict = {}
    for _, wrong_there, wrong_here, _ in reversed(REFUSALS[first:]):
        situation |= wrong_there
        bet |= wrong_here
    assert decide(replace(SITUATION, **situation), replace(BET, **bet)) == REFUSALS[first][3]


@pytest.mark.parametrize("owner", [8, None])
def test_an_item_that_is_gone_leaving_or_anothers_is_refused_alike(owner: int | None) -> None:
    elsewhere = {**ITEMS, 12: OwnedUnit(owner, unit(2, 20 * TON))}
    assert decide(replace(SITUATION, items=elsewhere), BET) == ItemNotOwned(12)
    assert decide(SITUATION, replace(BET, item_ids=(11, 99))) == ItemNotOwned(99)


def test_a_bet_has_a_hundred_units_at_most() -> None:
    items = {n: OwnedUnit(7, unit(n, 10)) for n in range(1, 102)}
    target = replace(SITUATION, items=items, target=unit(1000, 1500))
    assert drawn(target, Bet(7, tuple(range(1, 101)), 1000)).quote.bet_nano == 10 * MAX_BET_UNITS
    assert isinstance(decide(target, Bet(7, tuple(range(1, 102)), 1000)), InvalidRequest)


@pytest.mark.parametrize("table_id", [None, SHOWN])
def test_a_quote_that_holds_is_honoured(table_id: str | None) -> None:
    assert drawn(SITUATION, replace(BET, table_id=table_id)).draw.table_id == SHOWN


@pytest.mark.parametrize("table_id", ["", "x", SHOWN.upper()])
def test_any_other_table_id_is_refused(table_id: str) -> None:
    assert decide(SITUATION, replace(BET, table_id=table_id)) == QuoteExpired("price_moved", SHOWN)


# 100,000 rolls. A fair game fails once in a million runs; the seed is fixed, so a red run is always red.

ROLLS = 100_000


def fits(quoted_odds: Quote, counts: Counter[int]) -> float:
    win = quoted_odds.win_tickets / GRID
    return p_value(counts, {1: win, 2: 1 - win})


@pytest.fixture(scope="module")
def counts() -> Counter[int]:
    pairs = (replace(PAIR, nonce=nonce) for nonce in range(ROLLS))
    return Counter(drawn(replace(SITUATION, pair=pair), BET).draw.row for pair in pairs)


def test_rolls_fit_the_quoted_table(counts: Counter[int]) -> None:
    assert counts.total() == ROLLS
    assert fits(quoted(60 * TON, 90 * TON), counts) > SIGNIFICANCE


@pytest.mark.parametrize("fee", [0.18, 0.22])
def test_the_same_rolls_do_not_fit_a_table_that_was_tampered_with(counts: Counter[int], fee: float) -> None:
    """A hidden fee of two points more or less is caught."""
    assert fits(quoted(60 * TON, 90 * TON, fee), counts) < SIGNIFICANCE

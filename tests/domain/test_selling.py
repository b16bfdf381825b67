"""Deciding to buy a unit back: the price, and every refusal in its order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import ItemNotOwned, PlayerBlocked, PriceChanged, PriceUnreliable
from stickercase.domain.stock.floors import STALE_AFTER, Floor, Quarantined
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.sell_unit import SellUnit, decide, sale_price

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
ANN = Player(7, Profile(77, "Ann"))
BLOCKED = replace(ANN, blocked=True)
UNIT = Unit(4, 2, 9)
FLOOR = Floor(3 * NANO, NOW)
WISH = SellUnit(77, 5)
STALE = replace(FLOOR, accepted_at=NOW - STALE_AFTER - timedelta(microseconds=1))
WAITING = replace(FLOOR, quarantined=Quarantined(10 * NANO, NOW, "feed"))


# --- the price


@pytest.mark.parametrize(
    ("floor_nano", "fee", "price_nano"),
    [
        (3_413_000_000, 0.0, 3_413_000_000),
        (3_413_000_000, 0.05, 3_242_350_000),
        (430_520_000_000, 0.03, 417_604_400_000),
        (10, 0.25, 7),  # 7.5: the house rounds its way
        (7, 1 / 3, 4),  # 4.67
        (1, 0.0, 1),
        (1, 0.5, 1),  # nothing would be paid
        (1, 0.9999999999, 1),
        (MAX_UNITS, 0.0, MAX_UNITS),
        (MAX_UNITS, 0.000000001, MAX_UNITS - NANO),  # a float could not tell
        (MAX_UNITS, 0.999999999, NANO),
    ],
)
def test_the_price_is_the_floor_less_the_fee(floor_nano: int, fee: float, price_nano: int) -> None:
    assert sale_price(floor_nano, fee) == price_nano


@pytest.mark.parametrize("fee", [-0.1, 1, 1.0, 2.0, float("nan"), float("inf")])
def test_what_is_no_fee_is_no_fee(fee: float) -> None:
    with pytest.raises(ValueError, match="sell fee"):
        sale_price(NANO, fee)


@given(st.integers(1, MAX_UNITS), st.integers(0, 999_999_999))
def test_the_price_is_exact_at_any_fee_of_nine_decimals(floor_nano: int, parts: int) -> None:
    fee = float(f"0.{parts:09}")
    exact = floor_nano * (1 - Fraction(parts, 10**9))
    price_nano = sale_price(floor_nano, fee)
    assert price_nano == max(1, exact.numerator // exact.denominator)
    assert 1 <= price_nano <= floor_nano


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.floats(0, 1, exclude_max=True))
def test_a_higher_floor_never_pays_less(one: int, other: int, fee: float) -> None:
    low, high = sorted((one, other))
    assert sale_price(low, fee) <= sale_price(high, fee)


# --- the decision


def test_what_is_decided_is_what_the_player_gets() -> None:
    assert decide(ANN, WISH, UNIT, FLOOR, 0.0, NOW) == 3 * NANO
    assert decide(ANN, WISH, UNIT, FLOOR, 0.5, NOW) == 3 * NANO // 2
    assert decide(ANN, replace(WISH, price_nano=3 * NANO // 2), UNIT, FLOOR, 0.5, NOW) == 3 * NANO // 2


def test_a_floor_that_is_a_day_old_is_good_still() -> None:
    assert decide(ANN, WISH, UNIT, replace(FLOOR, accepted_at=NOW - STALE_AFTER), 0.0, NOW) == 3 * NANO


@pytest.mark.parametrize(
    ("player", "wish", "unit", "floor", "refusal"),
    [
        # Each breaks what its refusal names and everything that comes later.
        (BLOCKED, replace(WISH, price_nano=1), None, None, PlayerBlocked()),
        (ANN, replace(WISH, price_nano=1), None, None, ItemNotOwned(5)),
        (ANN, replace(WISH, price_nano=1), UNIT, None, PriceUnreliable(2, "missing")),
        (ANN, replace(WISH, price_nano=1), UNIT, Floor(0, NOW), PriceUnreliable(2, "missing")),
        (ANN, replace(WISH, price_nano=1), UNIT, STALE, PriceUnreliable(2, "stale")),
        (ANN, replace(WISH, price_nano=3 * NANO), UNIT, WAITING, PriceUnreliable(2, "quarantined")),
        (ANN, replace(WISH, price_nano=3 * NANO - 1), UNIT, FLOOR, PriceChanged(3 * NANO)),
        (ANN, replace(WISH, price_nano=0), UNIT, FLOOR, PriceChanged(3 * NANO)),
    ],
)
def test_refusals_come_in_their_order(
    player: Player, wish: SellUnit, unit: Unit | None, floor: Floor | None, refusal: object
) -> None:
    assert decide(player, wish, unit, floor, 0.0, NOW) == refusal


def test_the_price_that_was_shown_is_the_price_after_the_fee() -> None:
    assert decide(ANN, replace(WISH, price_nano=3 * NANO), UNIT, FLOOR, 0.5, NOW) == PriceChanged(3 * NANO // 2)

"""Price hygiene of one floor: quarantine, confirmation, operators, staleness. Whole syncs: test_floor_syncs.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stickercase.domain.refusal import NotFound, PriceUnreliable
from stickercase.domain.stock.floors import (
    Doubt,
    Effect,
    Floor,
    Quarantined,
    Reading,
    accepted,
    doubt,
    heard,
    near,
    price_refusal,
    rejected,
    reliable,
    usable,
)

NOON = datetime(2025, 10, 12, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)
DAY = timedelta(hours=24)
TICK = timedelta(microseconds=1)
MOST = 10**18
FLOOR = Floor(100, NOON)

PRICES = st.integers(1, MOST) | st.integers(1, 100)
RUBBISH = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.decimals(),
    st.text(max_size=5),
    st.integers(max_value=0),
    st.integers(min_value=MOST + 1),
    st.just(10**400),
    st.lists(st.integers(), max_size=2),
)


def says(price: object, collection: str = "DOGS OG", pack: str = "Cook", source: str = "feed") -> Reading:
    return Reading(collection, pack, price, source)


# One floor, one reading


def test_a_first_reading_takes_effect_at_once() -> None:
    step = heard(None, says(70), NOON)
    assert (step.before, step.after, step.effect) == (None, Floor(70, NOON), Effect.FIRST)


@pytest.mark.parametrize(("price", "effect"), [(100, Effect.KEPT), (101, Effect.CHANGED), (99, Effect.CHANGED)])
def test_a_small_change_takes_effect_at_once(price: int, effect: Effect) -> None:
    step = heard(FLOOR, says(price), LATER)
    assert (step.after, step.effect) == (Floor(price, LATER), effect)


@pytest.mark.parametrize("price", [300, 34])
def test_exactly_threefold_and_less_is_no_jump(price: int) -> None:
    assert heard(FLOOR, says(price), LATER).after == Floor(price, LATER)


@pytest.mark.parametrize("price", [301, 33, 1, MOST])
def test_more_than_threefold_is_kept_aside(price: int) -> None:
    step = heard(FLOOR, says(price), LATER)
    assert step.after == Floor(100, NOON, Quarantined(price, LATER, "feed"))
    assert step.effect is Effect.QUARANTINED


def test_threefold_is_exact_where_floats_are_not() -> None:
    third = (MOST - 1) // 3
    assert third * 3 == MOST - 1
    assert near(third, MOST - 1)
    assert not near(third, MOST)
    assert float(MOST) == float(MOST - 1)


def test_from_zero_is_a_jump() -> None:
    step = heard(Floor(0, NOON), says(1), LATER)
    assert step.effect is Effect.QUARANTINED
    assert step.after is not None
    assert heard(step.after, says(1), LATER + TICK).after == Floor(1, LATER + TICK)


def test_to_zero_is_never_taken_from_a_feed() -> None:
    assert heard(FLOOR, says(0), LATER).effect is Effect.SKIPPED
    assert not near(0, 1)
    assert near(0, 0)


@pytest.mark.parametrize(
    "price",
    [0, -1, MOST + 1, 10**5000, float("nan"), float("inf"), -0.0, 5.0, Decimal(5), "5", True, None, [5], b"5"],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_price_is_skipped(price: object) -> None:
    for floor in (None, FLOOR, replace(FLOOR, quarantined=Quarantined(900, NOON, "feed"))):
        step = heard(floor, says(price), LATER)
        assert (step.after, step.effect) == (floor, Effect.SKIPPED)


@pytest.mark.parametrize("price", [1, MOST])
def test_the_least_and_the_greatest_price_are_usable(price: int) -> None:
    assert usable(price) == price


def test_a_floor_out_of_range_cannot_be_made() -> None:
    for price in (-1, MOST + 1):
        with pytest.raises(ValueError, match="between 0 and"):
            Floor(price, NOON)


# Confirmation


QUARANTINE = replace(FLOOR, quarantined=Quarantined(900, NOON, "feed"))


@pytest.mark.parametrize("price", [900, 2700, 301])
def test_the_next_sync_confirms_a_jump_with_the_newest_reading(price: int) -> None:
    step = heard(QUARANTINE, says(price), LATER)
    assert (step.after, step.effect) == (Floor(price, LATER), Effect.CONFIRMED)


@pytest.mark.parametrize("price", [2701, 1, 33])
def test_another_jump_takes_the_place_of_the_first(price: int) -> None:
    step = heard(QUARANTINE, says(price), LATER)
    assert step.after == replace(FLOOR, quarantined=Quarantined(price, LATER, "feed"))


@pytest.mark.parametrize("price", [100, 34, 300])
def test_a_reading_near_the_floor_clears_the_quarantine(price: int) -> None:
    """300 is within threefold of both: the price in force goes first."""
    assert heard(QUARANTINE, says(price), LATER).after == Floor(price, LATER)


def test_the_same_sync_confirms_nothing() -> None:
    for source in ("feed", "another feed"):
        step = heard(QUARANTINE, says(900, source=source), NOON)
        assert step.effect is Effect.QUARANTINED
        assert step.after is not None
        assert step.after.price_nano == 100


def test_rubbish_between_two_readings_does_not_undo_the_first() -> None:
    between = heard(QUARANTINE, says(0), LATER).after
    assert heard(between, says(900), LATER + TICK).effect is Effect.CONFIRMED


def test_a_late_reading_changes_nothing() -> None:
    for floor in (Floor(100, LATER), replace(FLOOR, quarantined=Quarantined(900, LATER, "feed"))):
        for price in (100, 900):
            step = heard(floor, says(price), LATER - TICK)
            assert (step.after, step.effect) == (floor, Effect.LATE)


# Operators


def test_an_operator_accepts_what_is_quarantined() -> None:
    assert accepted(QUARANTINE, 900, LATER) == Floor(900, LATER)


def test_an_operator_rejects_what_is_quarantined_and_the_floor_grows_no_fresher() -> None:
    assert rejected(QUARANTINE, 900) == Floor(100, NOON, None, 900)


@pytest.mark.parametrize("floor", [FLOOR, QUARANTINE])
def test_an_operator_speaks_of_the_price_that_was_shown(floor: Floor) -> None:
    missing = NotFound("quarantined price", "0.000000901")
    assert accepted(floor, 901, LATER) == missing
    assert rejected(floor, 901) == missing


def test_a_rejected_price_is_not_heard_again_until_a_price_is_accepted() -> None:
    floor = rejected(QUARANTINE, 900)
    assert isinstance(floor, Floor)
    for n in range(1, 5):
        step = heard(floor, says(900 + n), LATER + n * TICK)
        assert (step.after, step.effect) == (floor, Effect.REJECTED)
    again = heard(floor, says(100), LATER).after
    assert again == Floor(100, LATER)
    assert heard(again, says(900), LATER + TICK).effect is Effect.QUARANTINED


def test_a_jump_elsewhere_is_heard_after_a_rejection() -> None:
    floor = rejected(QUARANTINE, 900)
    assert isinstance(floor, Floor)
    waiting = heard(floor, says(5), LATER).after
    assert waiting == Floor(100, NOON, Quarantined(5, LATER, "feed"), 900)
    assert heard(waiting, says(5), LATER + TICK).after == Floor(5, LATER + TICK)


# Time


def test_a_floor_is_stale_after_24_hours_and_not_at_them() -> None:
    assert reliable(FLOOR, NOON + DAY)
    assert doubt(FLOOR, NOON + DAY + TICK) is Doubt.STALE
    kept = heard(FLOOR, says(100), NOON + DAY).after
    assert reliable(kept, NOON + 2 * DAY)


def test_a_quarantined_reading_does_not_keep_a_floor_fresh() -> None:
    floor = heard(FLOOR, says(900), NOON + DAY).after
    assert isinstance(floor, Floor)
    assert doubt(rejected(floor, 900), NOON + DAY + TICK) is Doubt.STALE  # type: ignore[arg-type]  # it is a Floor


@pytest.mark.parametrize(
    ("floor", "why"),
    [
        (None, Doubt.MISSING),
        (Floor(0, NOON), Doubt.MISSING),
        (QUARANTINE, Doubt.QUARANTINED),
        (replace(QUARANTINE, accepted_at=NOON - 2 * DAY), Doubt.QUARANTINED),
        (Floor(1, NOON - DAY), Doubt.STALE),
        (Floor(1, NOON), None),
    ],
)
def test_a_doubt_has_a_reason_and_refuses(floor: Floor | None, why: Doubt | None) -> None:
    assert doubt(floor, LATER) is why
    assert reliable(floor, LATER) is (why is None)
    assert price_refusal(7, floor, LATER) == (None if why is None else PriceUnreliable(7, why.value))


# Properties

MOMENTS = st.integers(-3, 3).map(lambda n: NOON + n * timedelta(hours=10))
FLOOR_STATES = st.builds(
    Floor,
    st.integers(0, 100) | st.integers(0, MOST),
    MOMENTS,
    st.none() | st.builds(Quarantined, PRICES, MOMENTS, st.just("a")),
    st.none() | PRICES,
)


@given(FLOOR_STATES, PRICES | RUBBISH, MOMENTS)
def test_a_single_reading_moves_the_price_threefold_at_most_unless_it_confirms(
    floor: Floor, price: object, at: datetime
) -> None:
    step = heard(floor, says(price), at)
    assert step.after is not None
    if step.effect is not Effect.CONFIRMED:
        assert near(step.after.price_nano, floor.price_nano)
    else:
        assert floor.quarantined is not None
        assert floor.quarantined.seen_at < at == step.after.accepted_at


class AFloorsLife(RuleBasedStateMachine):
    """One floor against a model that keeps the history of readings and no state of its own making."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.floor: Floor | None = None
        self.price: int | None = None
        self.fresh = NOON
        self.waiting: list[tuple[int, datetime]] = []
        self.refused: int | None = None
        self.sources = count()

    def _near(self, one: int, other: int) -> bool:
        return bool(other) and Fraction(1, 3) <= Fraction(one, other) <= 3

    def _settle(self, price: int) -> None:
        self.price, self.fresh, self.waiting, self.refused = price, self.now, [], None

    @rule(price=st.sampled_from([1, 10, 29, 30, 31, 90, 91, 270, 1000, 3000]) | PRICES | RUBBISH)
    def a_reading(self, price: object) -> None:
        self.floor = heard(self.floor, says(price, source=str(next(self.sources))), self.now).after
        if type(price) is not int or not 0 < price <= MOST:
            return
        if self.price is None or self._near(price, self.price):
            self._settle(price)
        elif self.refused is None or not self._near(price, self.refused):
            confirmed = any(self._near(price, last) and seen_at < self.now for last, seen_at in self.waiting[-1:])
            if confirmed:
                self._settle(price)
            else:
                self.waiting.append((price, self.now))

    @rule(minutes=st.sampled_from([1, 3, 60, 1440, 1441]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.waiting)
    @rule(accepts=st.booleans())
    def an_operator_decides(self, accepts: bool) -> None:
        assert self.floor is not None
        price = self.waiting[-1][0]
        after = accepted(self.floor, price, self.now) if accepts else rejected(self.floor, price)
        assert isinstance(after, Floor)
        self.floor = after
        if accepts:
            self._settle(price)
        else:
            self.waiting, self.refused = [], price

    @precondition(lambda self: self.floor is not None)
    @rule()
    def an_operator_is_late(self) -> None:
        assert self.floor is not None
        assert isinstance(accepted(self.floor, 123_456_789, self.now), NotFound)
        assert isinstance(rejected(self.floor, 123_456_789), NotFound)

    @invariant()
    def the_floor_is_what_the_history_says(self) -> None:
        assert (self.floor.price_nano if self.floor else None) == self.price
        if self.floor is not None:
            waits = self.floor.quarantined
            assert ([(waits.price_nano, waits.seen_at)] if waits else []) == self.waiting[-1:]
            assert self.floor.accepted_at == self.fresh

    @invariant()
    def it_is_reliable_while_it_is_fresh_and_nothing_waits(self) -> None:
        calm = self.price is not None and not self.waiting
        assert reliable(self.floor, self.now) is (calm and self.now - self.fresh <= DAY)


TestAFloorsLife = AFloorsLife.TestCase

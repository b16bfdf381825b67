"""What a case is worth and what the house keeps of its price."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.cases.pricing import expected_value, measured_fee, price_for_fee

ROWS = [(18900.0, 0.0025), (430.52, 0.051798642533936665), (3.413, 0.9457013574660634)]

rows = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), min_size=1, max_size=50)
fees = st.floats(-1000, 99)


def test_the_published_vector_to_the_last_bit() -> None:
    assert measured_fee(90.5, ROWS) == 19.58228694282642


def test_the_sum_goes_from_left_to_right() -> None:
    """Analysts compare to the last bit: neither another order nor an exact sum is the contract."""
    drifting = [(1.0, 1.0), (1e16, 1.0), (-1e16, 1.0)]
    assert expected_value(drifting) == 0.0
    assert expected_value(reversed(drifting)) == fsum([1.0, 1e16, -1e16]) == 1.0


def test_an_empty_case_is_worth_nothing() -> None:
    assert expected_value([]) == 0
    assert measured_fee(7.0, []) == 100


def test_a_case_may_pay_more_than_it_costs() -> None:
    assert measured_fee(1.0, [(3.0, 0.5)]) == -50


def test_nothing_costs_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        measured_fee(0.0, ROWS)


@given(rows.filter(lambda rows: expected_value(rows) > 1e-6), fees)
def test_the_price_for_a_fee_leaves_that_fee(rows: list[tuple[float, float]], fee: float) -> None:
    assert measured_fee(price_for_fee(rows, fee), rows) == pytest.approx(fee, abs=1e-9, rel=1e-9)


@given(rows, st.floats(1e-3, 1e6))
def test_a_higher_price_keeps_more(rows: list[tuple[float, float]], price: float) -> None:
    assert measured_fee(price * 2, rows) >= measured_fee(price, rows)
    assert measured_fee(price, rows) <= 100

"""Amounts of money."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.money import MAX_UNITS, NANO, Asset, BadAmount, Money, parse_amount, ton, ton_text

assets = st.sampled_from(Asset)
units = st.integers(0, MAX_UNITS)


@pytest.mark.parametrize(
    ("value", "asset", "expected"),
    [
        ("7.5", Asset.TON, 7_500_000_000),
        (7.5, Asset.TON, 7_500_000_000),
        (90.5, Asset.TON, 90_500_000_000),
        (0.1, Asset.TON, 100_000_000),
        ("0.000000001", Asset.TON, 1),
        (1e-9, Asset.TON, 1),
        ("1000000000", Asset.TON, MAX_UNITS),
        (Decimal("3.413"), Asset.TON, 3_413_000_000),
        ("1.500000000000", Asset.TON, 1_500_000_000),
        ("1e3", Asset.TON, 1000 * NANO),
        ("0", Asset.TON, 0),
        ("-0", Asset.TON, 0),
        ("0e-999999", Asset.TON, 0),
        (18900, Asset.TON, 18900 * NANO),
        ("10.05", Asset.RUB, 1005),
        (10.05, Asset.RUB, 1005),
        ("42", Asset.XTR, 42),
        ("42.0", Asset.XTR, 42),
        ("1000000000000000000", Asset.XTR, MAX_UNITS),
    ],
)
def test_amounts_are_read_exactly(value: str | float | Decimal, asset: Asset, expected: int) -> None:
    found = parse_amount(value, asset)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize(
    "value", ["nan", "NaN", "sNaN", "inf", "Infinity", "-inf", float("nan"), float("inf"), -float("inf")]
)
@pytest.mark.parametrize("signed", [False, True])
def test_what_is_no_finite_number_is_refused(value: str | float, signed: bool) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value, signed=signed)


@pytest.mark.parametrize(
    ("value", "asset"),
    [
        ("0.0000000001", Asset.TON),
        (1e-10, Asset.TON),
        ("1.0000000001", Asset.TON),
        (0.1 + 0.2, Asset.TON),
        ("10.005", Asset.RUB),
        (0.001, Asset.RUB),
        ("0.5", Asset.XTR),
        ("1e-400", Asset.TON),
    ],
)
def test_more_decimals_than_the_asset_has_are_refused(value: str | float, asset: Asset) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value, asset)


@pytest.mark.parametrize(
    "value",
    ["1000000000.000000001", "1e10", 1e300, "1e999999", "9" * 5000, 10**18, 10**400, Decimal(10) ** 18, "-1e999999"],
)
def test_absurd_amounts_are_refused(value: str | float | Decimal) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value, signed=True)


@pytest.mark.parametrize(
    "value", ["0." + "1" * 5000, "0" * 5000 + "." + "1" * 5000, "1." + "0" * 10**6 + "1", "1e-" + "9" * 50]
)
def test_endless_texts_are_refused_at_once(value: str) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "ten",
        "1,5",
        "0x10",
        "1 000",
        " 7.5",
        "7.5\n",
        "1_000",
        "٣",
        "１",
        "--1",
        "1e",
        "+",
        ".",
        "1.5.2",
        "\x001",
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_what_is_no_decimal_number_is_refused(value: str, signed: bool) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value, signed=signed)


@pytest.mark.parametrize("value", [True, False, None, [], b"1", 1j])
def test_what_is_no_number_at_all_is_refused(value: object) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value)  # type: ignore[arg-type]  # what may arrive all the same


@pytest.mark.parametrize("value", ["-1", -1, -0.5, Decimal("-3"), "-1e-9"])
def test_a_negative_amount_needs_a_sign_to_be_meant(value: str | float | Decimal) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value)
    assert parse_amount(value, signed=True) < 0


def test_a_difference_has_the_same_bounds() -> None:
    assert parse_amount("-1000000000", signed=True) == -MAX_UNITS
    with pytest.raises(BadAmount):
        parse_amount("-1000000000.000000001", signed=True)


@given(units, assets)
def test_what_is_written_out_is_read_back(amount: int, asset: Asset) -> None:
    written = f"{Decimal(amount).scaleb(-asset.decimals):f}"
    assert parse_amount(written, asset) == amount
    assert parse_amount(Decimal(written), asset) == amount
    assert parse_amount("-" + written, asset, signed=True) == -amount


@given(st.integers(0, 2**23 * NANO))
def test_json_numbers_lose_nothing_below_eight_million(amount_nano: int) -> None:
    """Up to 2^23 TON neighbouring doubles are less than a nanoton apart."""
    assert parse_amount(ton(amount_nano)) == amount_nano


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(BadAmount):
        assert 0 <= parse_amount(text) <= MAX_UNITS


@given(units, units, assets)
def test_amounts_of_one_asset_add_up(a: int, b: int, asset: Asset) -> None:
    assert Money(a, asset) + Money(b, asset) == Money(a + b, asset)
    assert Money(a, asset) - Money(b, asset) == Money(a - b, asset)
    assert -Money(a, asset) == Money(-a, asset)


@pytest.mark.parametrize("other", [Money(1, Asset.RUB), Money(1, Asset.XTR), 1, 0, 1.0, None, "1"])
def test_amounts_of_different_assets_never_add_up(other: object) -> None:
    with pytest.raises(TypeError):
        Money(1) + other  # type: ignore[operator]  # the mistake to be caught
    with pytest.raises(TypeError):
        Money(1) - other  # type: ignore[operator]  # the mistake to be caught
    with pytest.raises(TypeError):
        sum([Money(1)])  # begins with the number 0, which is of no asset


def test_amounts_are_not_compared_by_size() -> None:
    assert Money(1, Asset.TON) != Money(1, Asset.RUB)
    with pytest.raises(TypeError):
        assert Money(1) < Money(2)  # type: ignore[operator]  # the mistake to be caught


@pytest.mark.parametrize(
    ("amount_nano", "decimals", "expected"),
    [
        (18900 * NANO, 3, "18900.000"),
        (3_413_000_000, 3, "3.413"),
        (500_000, 3, "0.000"),
        (1_500_000, 3, "0.002"),
        (1, 9, "0.000000001"),
        (-5 * NANO, 1, "-5.0"),
        (MAX_UNITS - 1, 9, "999999999.999999999"),
    ],
)
def test_amounts_are_written_with_fixed_decimals(amount_nano: int, decimals: int, expected: str) -> None:
    assert ton_text(amount_nano, decimals) == expected

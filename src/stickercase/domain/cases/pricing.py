"""What a case is worth and what the house keeps of its price. Floors and prices in TON, fees in percent."""

from __future__ import annotations

from collections.abc import Iterable


def expected_value(rows: Iterable[tuple[float, float]]) -> float:
    """``Σ chance · floor`` of ``(floor, chance)`` rows, by plain left-to-right summation, in TON.

    Plain summation is part of the contract: analysts compare ``current_fee`` to the last bit.
    """
    total = 0.0
    for floor, chance in rows:
        total += chance * floor
    return total


def measured_fee(price: float, rows: Iterable[tuple[float, float]]) -> float:
    """The fee in percent that ``(floor, chance)`` rows leave of ``price``: ``(1 − EV / price) · 100``.

    Negative when the case pays more than it costs. Raises ZeroDivisionError for a price of 0, which no case has.
    """
    return (1 - expected_value(rows) / price) * 100


def price_for_fee(rows: Iterable[tuple[float, float]], fee: float) -> float:
    """The price in TON at which the rows leave ``fee`` percent (below 100): ``EV / (1 − fee/100)``."""
    return expected_value(rows) / (1 - fee / 100)

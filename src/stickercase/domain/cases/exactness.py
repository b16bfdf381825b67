"""Making a table's fee exact on its tickets, in whole numbers, where floats alone would miss by too much."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.fairness import GRID

FEE_TOLERANCE = Fraction(1, 10**9)
"""Percentage points by which a published fee may miss the promise (or one ticket's worth, where that is more)."""


def exact_table(
    pack_ids: Sequence[int],
    floors_nano: Sequence[int],
    chances: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    price_nano: int,
    base_fee: float,
) -> OddsTable:
    """The table of ``chances``; tickets move between rows until the fee on the tickets is ``base_fee`` percent.

    Rows are in ascending pack id. Where no ticket had to move, the chances are published as they came; else every
    chance is its ticket width over 2^53, which a double holds exactly.
    """
    table = odds_table(zip(pack_ids, chances, strict=True))
    widths = [row.tickets for row in table.rows]
    target = Fraction(price_nano) * (1 - Fraction(base_fee) / 100) * GRID
    tolerance = FEE_TOLERANCE / 100 * price_nano * GRID / 2
    moved = _moved(widths, floors_nano, bounds, target, tolerance)
    if moved == widths:
        return table
    return odds_table((pack_id, width / GRID) for pack_id, width in zip(pack_ids, moved, strict=True))


def _moved(
    widths: Sequence[int],
    floors_nano: Sequence[int],
    bounds: Sequence[tuple[float, float]],
    target: Fraction,
    tolerance: Fraction,
) -> list[int]:
    """The widths after moving tickets, farthest floors first, so that each pair leaves at most half its own gap."""
    result = list(widths)
    missing = target - sum(w * v for w, v in zip(result, floors_nano, strict=True))
    if abs(missing) <= tolerance:
        return result
    loose = sorted(
        (i for i, (low, high) in enumerate(bounds) if low < high and widths[i]), key=lambda i: floors_nano[i]
    )
    low, high = 0, len(loose) - 1
    while low < high and abs(missing) > tolerance:
        cheap, dear = loose[low], loose[high]
        gap = floors_nano[dear] - floors_nano[cheap]
        if gap:
            count = _room(round(missing / gap), result, bounds, cheap, dear)
            result[dear] += count
            result[cheap] -= count
            missing -= count * gap
        # Alternately from both ends: the gaps shrink, and with them what is left.
        low, high = (low + 1, high) if (high - low) % 2 else (low, high - 1)
    return result


def _room(count: int, widths: Sequence[int], bounds: Sequence[tuple[float, float]], cheap: int, dear: int) -> int:
    """As many of ``count`` tickets (from cheap to dear; negative: back) as the bounds of both rows leave room for."""
    giver, taker, wanted = (cheap, dear, count) if count > 0 else (dear, cheap, -count)
    least, most = -int(-bounds[giver][0] * GRID // 1), int(bounds[taker][1] * GRID)
    room = max(0, min(wanted, widths[giver] - max(least, 1), most - widths[taker]))
    return room if count > 0 else -room

"""Making a table's fee exact on its tickets, in whole numbers, where floats alone would miss by too much."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.fairness import GRID

FEE_PARTS = 10**9
"""A fee may miss the promise by one part in so many of a percentage point, or by one ticket's worth if that is more."""


def exact_table(
    pack_ids: Sequence[int],
    floors_nano: Sequence[int],
    chances: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    price_nano: int,
    base_fee: float,
) -> OddsTable | None:
    """The table of ``chances``; tickets move between rows until the fee on the tickets is ``base_fee`` percent.

    Rows are in ascending pack id. Where no ticket had to move, the chances are published as they came; else every
    chance is its ticket width over 2^53, which a double holds exactly. None where the rows that have tickets leave no
    room to keep the promise: the chances were too far from it.
    """
    table = odds_table(zip(pack_ids, chances, strict=True))
    widths = [row.tickets for row in table.rows]
    # A double is a fraction n/d. Counted in parts of 1/(100·d) nanoton per ticket, everything below is a whole number.
    n, d = base_fee.as_integer_ratio()
    unit = 100 * d
    missing = price_nano * (unit - n) * GRID - unit * sum(map(mul, widths, floors_nano))
    # Half of what may be missed, so that a fee measured in floats keeps the promise as well.
    tolerance = price_nano * d * GRID // (2 * FEE_PARTS)
    if abs(missing) <= tolerance:
        return table
    floors = [unit * floor for floor in floors_nano]
    moved, missing = _moved(widths, floors, bounds, missing, tolerance)
    if abs(missing) > max(2 * tolerance, max(floors) - min(floors)):
        return None
    if moved == widths:
        return table
    return odds_table((pack_id, width / GRID) for pack_id, width in zip(pack_ids, moved, strict=True))


def _moved(
    widths: Sequence[int],
    floors: Sequence[int],
    bounds: Sequence[tuple[float, float]],
    missing: int,
    tolerance: int,
) -> tuple[list[int], int]:
    """The widths after moving tickets, and what is missing still.

    The farthest floors come first, and each pair leaves at most half its own gap.
    """
    result = list(widths)
    loose = sorted((i for i, (low, high) in enumerate(bounds) if low < high and widths[i]), key=floors.__getitem__)
    low, high = 0, len(loose) - 1
    while low < high and abs(missing) > tolerance:
        cheap, dear = loose[low], loose[high]
        gap = floors[dear] - floors[cheap]
        if gap:
            nearest = (2 * missing + gap) // (2 * gap)
            count = _room(nearest, result, bounds, cheap, dear)
            result[dear] += count
            result[cheap] -= count
            missing -= count * gap
        # Alternately from both ends: the gaps shrink, and with them what is left.
        low, high = (low + 1, high) if (high - low) % 2 else (low, high - 1)
    return result, missing


def _room(count: int, widths: Sequence[int], bounds: Sequence[tuple[float, float]], cheap: int, dear: int) -> int:
    """As many of ``count`` tickets (from cheap to dear; negative: back) as the bounds of both rows leave room for."""
    giver, taker, wanted = (cheap, dear, count) if count > 0 else (dear, cheap, -count)
    least, most = -int(-bounds[giver][0] * GRID // 1), int(bounds[taker][1] * GRID)
    room = max(0, min(wanted, widths[giver] - max(least, 1), most - widths[taker]))
    return room if count > 0 else -room

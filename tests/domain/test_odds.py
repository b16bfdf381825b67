"""Odds tables."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.cases.odds import MAX_ROWS, OddsRow, odds_table
from stickercase.domain.fairness import GRID, BadOdds

CHANCES = {2: 0.0025, 3: 0.051798642533936665, 4: 0.9457013574660634}
WIDTHS = [22517998136852, 466560694428270, 8518120562175870]
TABLE_ID = "e03cefa1c035ba0011d177075476751649856cf2cf58991c3da6969edd5c3dd4"


def test_the_published_vector() -> None:
    table = odds_table(CHANCES.items())
    assert table.rows == tuple(OddsRow(*row) for row in zip(CHANCES, CHANCES.values(), WIDTHS, strict=True))
    assert table.table_id == TABLE_ID
    assert table.cumulative == (WIDTHS[0], WIDTHS[0] + WIDTHS[1], GRID)
    assert table.pack_ids_with_tickets == (2, 3, 4)


def test_rows_stand_in_ascending_pack_id_however_they_come() -> None:
    chances = [(pack_id, 1 / 40) for pack_id in range(1, 41)]
    shuffled = Random(1).sample(chances, len(chances))
    assert odds_table(shuffled) == odds_table(chances)
    assert [row.pack_id for row in odds_table(shuffled).rows] == list(range(1, 41))


def test_ids_are_ordered_as_numbers() -> None:
    assert [row.pack_id for row in odds_table([(10, 0.5), (9, 0.5)]).rows] == [9, 10]


def test_rows_are_drawn_by_their_widths() -> None:
    table = odds_table(CHANCES.items())
    edges = [0, WIDTHS[0] - 1, WIDTHS[0], WIDTHS[0] + WIDTHS[1] - 1, WIDTHS[0] + WIDTHS[1], GRID - 1]
    assert [table.drawn(edge) for edge in edges] == [0, 0, 1, 1, 2, 2]


def test_a_zero_chance_is_listed_and_never_drawn() -> None:
    table = odds_table([(1, 0.0), (2, 0.5), (3, 0.0), (4, 0.5), (5, 0.0)])
    assert [row.tickets for row in table.rows] == [0, GRID // 2, 0, GRID // 2, 0]
    assert table.pack_ids_with_tickets == (2, 4)
    assert [table.drawn(roll) for roll in (0, GRID // 2 - 1, GRID // 2, GRID - 1)] == [1, 1, 3, 3]


def test_a_whole_number_is_a_chance() -> None:
    assert odds_table([(7, 1), (8, 0)]) == odds_table([(7, 1.0), (8, 0.0)])
    assert type(odds_table([(7, 1)]).rows[0].chance) is float


@pytest.mark.parametrize(
    "chances",
    [
        [],
        [(1, 0.5), (1, 0.5)],
        [(1, 0.5), (2, 0.4)],
        [(1, 1.5), (2, -0.5)],
        [(1, float("nan")), (2, 1.0)],
        [(1, float("inf"))],
        [(1, 10**400)],
        [(1, 1.7e308), (2, 1.7e308)],
        [(1, 0.0)],
        [(1, 0.5), (2, 0.5 + 2e-9)],
        [(pack_id, 1 / 501) for pack_id in range(501)],
    ],
)
def test_what_is_no_distribution_is_refused(chances: list[tuple[int, float]]) -> None:
    with pytest.raises(BadOdds):
        odds_table(chances)


def test_the_largest_table() -> None:
    table = odds_table((pack_id, 1 / MAX_ROWS) for pack_id in range(MAX_ROWS))
    assert (len(table.rows), table.cumulative[-1]) == (MAX_ROWS, GRID)


def test_a_table_cannot_be_changed() -> None:
    table = odds_table([(1, 1.0)])
    with pytest.raises(FrozenInstanceError):
        table.table_id = ""  # type: ignore[misc]  # the mistake to be caught
    assert hash(table) == hash(odds_table([(1, 1.0)]))


@given(
    st.dictionaries(st.integers(1, 10**9), st.integers(0, 1000), min_size=1, max_size=30).filter(
        lambda d: any(d.values())
    )
)
def test_the_id_tells_tables_apart(weights: dict[int, int]) -> None:
    total = sum(weights.values())
    table = odds_table((pack_id, weight / total) for pack_id, weight in weights.items())
    moved = {pack_id + 1: weight for pack_id, weight in weights.items()}
    assert odds_table((pack_id, weight / total) for pack_id, weight in moved.items()).table_id != table.table_id
    assert set(table.pack_ids_with_tickets) == {pack_id for pack_id, weight in weights.items() if weight}

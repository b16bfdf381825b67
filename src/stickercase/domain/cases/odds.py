"""Odds tables: immutable lists of (pack, chance, tickets) in ascending pack id; a new table is a new version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from stickercase.domain.fairness import BadOdds, row_of, table_id, ticket_widths

MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class OddsRow:
    """One pack's part in a table: its chance as published and its width in tickets of 2^-53."""

    pack_id: int
    chance: float
    tickets: int


@dataclass(frozen=True, slots=True)
class OddsTable:
    """A table one can draw from. Made by :func:`odds_table`, never by hand."""

    rows: tuple[OddsRow, ...]
    table_id: str
    cumulative: tuple[int, ...] = field(repr=False)

    def drawn(self, roll: int) -> int:
        """Index (from 0) of the row that a roll of 0 … 2^53 − 1 falls on."""
        return row_of(self.cumulative, roll)

    @property
    def pack_ids_with_tickets(self) -> tuple[int, ...]:
        """The packs that can be drawn, ascending."""
        return tuple(row.pack_id for row in self.rows if row.tickets)


def odds_table(chances: Iterable[tuple[int, float]]) -> OddsTable:
    """The table of ``(pack_id, chance)`` pairs in any order; the rows come out in ascending pack id.

    Raises :class:`BadOdds` for no rows, more than 500, a pack twice, or chances that are no distribution.
    """
    pairs = sorted(chances)
    pack_ids = [pack_id for pack_id, _ in pairs]
    if len(set(pack_ids)) != len(pack_ids):
        raise BadOdds("a pack stands twice in the table")
    if len(pairs) > MAX_ROWS:
        raise BadOdds(f"an odds table has at most {MAX_ROWS} rows")
    own = [chance for _, chance in pairs]
    widths = ticket_widths(own)
    rows = tuple(map(OddsRow, pack_ids, map(float, own), widths))
    return OddsTable(rows, table_id(zip(pack_ids, widths, strict=True)), tuple(accumulate(widths)))

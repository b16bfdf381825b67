"""What an upgrade promises: its chance, its two-row table and the id of that table. In docs/algorithms/upgrades.md."""

from __future__ import annotations

from dataclasses import dataclass

from stickercase.domain.fairness import row_of, table_id, ticket_widths

UPGRADE_FEE = 0.2
"""The part of a fair chance that the house keeps, unless settings say otherwise."""

LEAST = (3, 2)
"""A target is worth at least 3/2 of the bet."""


@dataclass(frozen=True, slots=True)
class Quote:
    """An upgrade from ``bet_nano`` to ``target_nano``. ``chance`` is the probability to win, ``fee`` a part of 1.

    ``win_tickets`` and ``lose_tickets`` sum to 2^53. Made by :func:`quote`, never by hand.
    """

    bet_nano: int
    target_nano: int
    fee: float
    chance: float
    win_tickets: int
    lose_tickets: int

    @property
    def table(self) -> tuple[tuple[str, int], ...]:
        """The published table: win first."""
        return ("win", self.win_tickets), ("lose", self.lose_tickets)

    @property
    def table_id(self) -> str:
        """SHA-256 (hex) of ``win:<width>,lose:<width>``: the upgrade is drawn under it."""
        return table_id(self.table)

    def drawn(self, roll: int) -> int:
        """The row, counted from 0, that a roll of 0 … 2^53 − 1 falls on: 0 wins, 1 loses."""
        return row_of((self.win_tickets, self.win_tickets + self.lose_tickets), roll)


def is_enough(bet_nano: int, target_nano: int) -> bool:
    """Whether the target is worth at least 1.5 times the bet; exact, in integers."""
    times, of = LEAST
    return of * target_nano >= times * bet_nano


def quote(bet_nano: int, target_nano: int, fee: float = UPGRADE_FEE) -> Quote | None:
    """The quote for a target: ``chance = bet / target · (1 − fee)``, computed in this order in doubles.

    None when there is none: the bet is worth nothing, the target less than 1.5 times the bet, or so much more that
    not one ticket would win. Raises ValueError for a fee outside 0 ≤ fee < 1.
    """
    if not 0 <= fee < 1:
        raise ValueError("an upgrade fee is at least 0 and less than 1")
    if bet_nano <= 0 or not is_enough(bet_nano, target_nano):
        return None
    chance = bet_nano / target_nano * (1 - fee)
    win, lose = ticket_widths((chance, 1 - chance))
    return Quote(bet_nano, target_nano, fee, chance, win, lose) if win else None

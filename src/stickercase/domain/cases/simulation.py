"""What many openings of a case come to: exact counts and bankroll paths. docs/algorithms/simulation.md explains both.

Dice are an argument. A simulation names the one throw it needs (:class:`Binomials` or :class:`Walks`);
``ports/dice.py`` is the port that has both. Amounts are whole nanotons, so nothing is lost over a billion openings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Protocol

from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.fairness import GRID, ticket_widths
from stickercase.domain.money import MAX_UNITS, NANO, parse_amount

MAX_OPENINGS = 10**15
"""The most openings of one simulation: beyond it the doubles inside the dice no longer count one by one."""

STRETCH = 1 << 16
"""Openings walked at once: few enough for a processor's cache, enough that one call costs nothing."""

MAX_SUM = (1 << 63) - 1
"""No sum over a stretch may exceed this, so that dice may use machine integers."""

Progress = Callable[[int, int], None]
"""Told ``(done, total)`` openings now and then, with ``done == total`` at the end."""


class Binomials(Protocol):
    """Dice that count successes."""

    def binomial(self, trials: int, numerator: int, denominator: int) -> int:
        """How many of the trials succeed, each with the chance ``numerator / denominator``."""
        ...


class Walks(Protocol):
    """Dice that open a case many times in a row."""

    def walk(
        self, cumulative: Sequence[int], changes: Sequence[int], openings: int, start: int, marks: range
    ) -> Stretch:
        """Part of a bankroll path: ``ports/dice.py`` says what is promised."""
        ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a path. Positions count its openings from 1; each bankroll is the one after the opening there."""

    at_marks: Sequence[int]
    end: int
    low: int
    low_at: int
    ruined_at: int | None


@dataclass(frozen=True, slots=True)
class PricedTable:
    """An odds table as a simulation needs it: for each row its tickets and its floor, and the price of an opening.

    Raises ValueError for widths that do not sum to 2^53, another number of floors, a price of 0, and an amount that
    is negative or above 10^18 nanotons.
    """

    widths: tuple[int, ...]
    floors_nano: tuple[int, ...]
    price_nano: int

    def __post_init__(self) -> None:
        if sum(self.widths) != GRID or min(self.widths) < 0:
            raise ValueError("the widths of a table are not negative and sum to 2^53 tickets")
        if len(self.floors_nano) != len(self.widths):
            raise ValueError("every row of a table has a floor")
        if min(self.price_nano - 1, *self.floors_nano) < 0:
            raise ValueError("the price of a case is above 0, and no floor is negative")
        if max(self.price_nano, *self.floors_nano) > MAX_UNITS:
            raise ValueError("an amount is at most 10^18 nanotons")

    @property
    def price(self) -> Fraction:
        """The price in TON, exactly."""
        return Fraction(self.price_nano, NANO)

    @property
    def rows(self) -> tuple[tuple[Fraction, float], ...]:
        """The ``(floor, chance)`` rows, as risk takes them: floors in TON and chances as drawn, both exactly."""
        pairs = zip(self.floors_nano, self.widths, strict=True)
        return tuple((Fraction(floor, NANO), width / GRID) for floor, width in pairs)

    @property
    def cumulative(self) -> tuple[int, ...]:
        """The tickets up to and including each row."""
        return tuple(accumulate(self.widths))

    @property
    def changes_nano(self) -> tuple[int, ...]:
        """What an opening does to the bankroll, by the row it draws: the price less the floor."""
        return tuple(self.price_nano - floor for floor in self.floors_nano)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a number of openings came to. ``counts`` has a count for each row of the table, in its order."""

    openings: int
    counts: tuple[int, ...]
    revenue_nano: int
    payout_nano: int

    @property
    def profit_nano(self) -> int:
        """What the house kept: revenue less payout, negative when it lost."""
        return self.revenue_nano - self.payout_nano

    @property
    def fee(self) -> float:
        """What the house kept, in percent of the revenue: as ``current_fee``, but for what was drawn."""
        return self.profit_nano / self.revenue_nano * 100


@dataclass(frozen=True, slots=True)
class BankrollPath:
    """A bankroll over ``length`` openings: its start, every ``every``-th point and its end, in nanotons.

    The path goes on below zero, where money was owed: ``low_nano`` is its lowest point of all, first reached after
    ``low_at`` openings, and ``ruined_at`` the first opening after which it was negative (None if none).
    """

    length: int
    every: int
    bankroll_nano: tuple[int, ...]
    low_nano: int
    low_at: int
    ruined_at: int | None

    @property
    def openings(self) -> tuple[int, ...]:
        """After how many openings each of ``bankroll_nano`` was the bankroll: 0, every, 2·every, … and length."""
        return (*range(0, self.length, self.every), self.length)


def table_of(odds: OddsTable, floors_nano: Sequence[int], price_nano: int) -> PricedTable:
    """A case's odds table with a floor for each of its rows, in the table's order. Raises as :class:`PricedTable`."""
    return PricedTable(tuple(row.tickets for row in odds.rows), tuple(floors_nano), price_nano)


def priced_table(price: float, rows: Iterable[tuple[float, float]]) -> PricedTable:
    """A table of ``(floor, chance)`` rows with the price of an opening, amounts in TON with at most 9 decimals.

    Raises :class:`~stickercase.domain.money.BadAmount` for an amount that is none,
    :class:`~stickercase.domain.fairness.BadOdds` for chances that make no table, and ValueError for a price of 0.
    """
    pairs = list(rows)
    widths = ticket_widths([chance for _, chance in pairs])
    return PricedTable(widths, tuple(parse_amount(floor) for floor, _ in pairs), parse_amount(price))


def simulate_counts(table: PricedTable, openings: int, dice: Binomials) -> Counts:
    """How often each row is drawn in so many openings, 1 … 10^15: one throw a row, however many openings.

    Exactly multinomial over the tickets, by the chain rule: a row's count is binomial in what the rows before it
    left of the openings and the tickets (Devroye, Non-Uniform Random Variate Generation, XI.1.2). Raises ValueError
    for a number of openings out of range.
    """
    _check_openings(openings)
    counts = tuple(_multinomial(table.widths, openings, dice))
    payout = sum(count * floor for count, floor in zip(counts, table.floors_nano, strict=True))
    return Counts(openings, counts, openings * table.price_nano, payout)


def _multinomial(widths: Sequence[int], openings: int, dice: Binomials) -> Iterator[int]:
    left, tickets = openings, GRID
    for width in widths:
        count = left if width == tickets else dice.binomial(left, width, tickets) if width and left else 0
        yield count
        left -= count
        tickets -= width


def simulate_bankroll(
    table: PricedTable,
    openings: int,
    bankroll_nano: int,
    dice: Walks,
    *,
    paths: int = 1,
    points: int = 1000,
    on_progress: Progress | None = None,
) -> tuple[BankrollPath, ...]:
    """Independent paths of the house's bankroll over so many openings, 1 … 10^15, each opening drawn by itself.

    Kept of a path are its start, its end and evenly spaced points between them, at most ``points`` beside the start;
    the low point and the ruin are those of *every* opening. ``on_progress`` counts the openings of all paths. Raises
    ValueError for a number of openings out of range, a negative bankroll, and fewer than one path or point.
    """
    _check_openings(openings)
    if bankroll_nano < 0 or paths < 1 or points < 1:
        raise ValueError("a simulation takes a bankroll of at least 0, at least one path and at least one point")
    walk = _Walk(table, openings, bankroll_nano, -(-openings // points))
    return tuple(walk.path(dice, _counted(on_progress, i * openings, paths * openings)) for i in range(paths))


def ruin_frequency(paths: Sequence[BankrollPath]) -> float:
    """The part of the paths that were ruined, 0 … 1."""
    return sum(path.ruined_at is not None for path in paths) / len(paths)


def quantile(amounts: Iterable[int], part: float) -> int:
    """The least of the amounts that at least this ``part`` of them, 0 … 1, do not exceed: one of them, not a mean.

    Raises ValueError for no amounts and another part.
    """
    ascending = sorted(amounts)
    if not ascending or not 0 <= part <= 1:
        raise ValueError("a quantile is of some amounts, and for a part of 0 to 1")
    return ascending[max(0, ceil(Fraction(str(part)) * len(ascending)) - 1)]


def _check_openings(openings: int) -> None:
    if not 1 <= openings <= MAX_OPENINGS:
        raise ValueError(f"a simulation has between 1 and {MAX_OPENINGS:,} openings")


def _counted(on_progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return (lambda done: on_progress(before + done, total)) if on_progress else lambda _: None


class _Walk:
    """Paths of one length, of which every ``every``-th bankroll is kept."""

    def __init__(self, table: PricedTable, openings: int, bankroll_nano: int, every: int) -> None:
        self._cumulative, self._changes = table.cumulative, table.changes_nano
        self._openings, self._start, self._every = openings, bankroll_nano, every
        self._stretch = min(STRETCH, MAX_SUM // max(1, *map(abs, self._changes)))

    def path(self, dice: Walks, on_progress: Callable[[int], None]) -> BankrollPath:
        """One path, stretch by stretch."""
        bankroll = low = self._start
        kept, low_at, ruined_at, done = [bankroll], 0, None, 0
        while done < self._openings:
            size = min(self._stretch, self._openings - done)
            marks = range(self._every - done % self._every, size + 1, self._every)
            walked = dice.walk(self._cumulative, self._changes, size, bankroll, marks)
            kept += walked.at_marks
            if walked.low < low:
                low, low_at = walked.low, done + walked.low_at
            if ruined_at is None and walked.ruined_at is not None:
                ruined_at = done + walked.ruined_at
            bankroll, done = walked.end, done + size
            on_progress(done)
        if self._openings % self._every:
            kept.append(bankroll)
        return BankrollPath(self._openings, self._every, tuple(kept), low, low_at, ruined_at)

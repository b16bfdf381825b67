"""The provably fair draw: tickets on a 2^53 grid, commitments, rolls, and the verifier anyone can run.

The grid and the roll have the same 53 bits, so there is no modulo, no rejection loop and no bias. Everything here
can be checked with the standard library: docs/fairness.md restates it in words, with test vectors.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from math import isnan
from operator import sub

GRID_BITS = 53
GRID = 1 << GRID_BITS
"""Tickets in every table: the widths of a table sum to this."""

SEED_BYTES = 32
CHANCE_TOLERANCE = 1e-9
"""How far the sum of the chances of a table may be from 1."""

MAX_CHANCE = 1 + CHANCE_TOLERANCE
CLIENT_SEED_MAX = 64
GAMES = ("case", "upgrade")


class BadOdds(ValueError):
    """The chances do not make a table; the message says why, in one sentence."""


def ticket_widths(chances: Sequence[float]) -> tuple[int, ...]:
    """Whole ticket widths of ``chances`` (each in 0…1, summing to 1 within 1e-9); they sum to exactly 2^53.

    ``cut_k = round(fsum(chance_1..k) / S · 2^53)`` with ``S`` the sum of all; from the last positive chance on the
    cut is 2^53. Raises :class:`BadOdds` for an empty table, a negative or non-finite chance, or a wrong sum.
    """
    if not chances:
        raise BadOdds("an odds table needs at least one row")
    # The least and the greatest of numbers with a NaN among them mean nothing, so NaN is looked for by itself.
    if not 0 <= min(chances) <= max(chances) <= MAX_CHANCE or any(map(isnan, chances)):
        raise BadOdds("every chance is a number between 0 and 1")
    subtotals = _exact_subtotals(chances)
    total = subtotals[-1]
    if abs(total - 1) > CHANCE_TOLERANCE:
        raise BadOdds(f"the chances sum to {total!r}, not to 1")
    rows, last = len(chances), len(chances) - 1
    while not chances[last]:
        last -= 1
    # No subtotal is above the total, so no cut is above the grid.
    cuts = [round(subtotal / total * GRID) for subtotal in subtotals[:last]] + [GRID] * (rows - last)
    return tuple(map(sub, cuts, [0, *cuts]))


def _exact_subtotals(chances: Sequence[float]) -> list[float]:
    """``fsum`` of every prefix, in linear time: floats are dyadic rationals, so exact integers do it."""
    ratios = [chance.as_integer_ratio() for chance in chances]
    common = max([d for _, d in ratios])
    return [whole / common for whole in accumulate([n * (common // d) for n, d in ratios])]


def table_id(labelled_widths: Iterable[tuple[object, int]]) -> str:
    """SHA-256 (hex) of ``"<label>:<width>"`` joined by commas: what is published with the odds and drawn under."""
    return sha256(",".join([f"{label}:{width}" for label, width in labelled_widths]).encode()).hexdigest()


def commitment(server_seed: bytes) -> str:
    """SHA-256 (hex) of a server seed: published before the player may choose a client seed."""
    return sha256(server_seed).hexdigest()


def roll(server_seed: bytes, game: str, table: str, client_seed: str, nonce: int) -> int:
    """The first 53 bits of HMAC-SHA256(server seed, ``game|table_id|client_seed|nonce``): 0 … 2^53 − 1."""
    message = f"{game}|{table}|{client_seed}|{nonce}".encode(errors="surrogatepass")
    return int.from_bytes(hmac.digest(server_seed, message, "sha256")[:8], "big") >> (64 - GRID_BITS)


def row_of(cumulative: Sequence[int], rolled: int) -> int:
    """Index (from 0) of the first row whose cumulative width exceeds the roll."""
    return bisect_right(cumulative, rolled)


def is_client_seed(text: str) -> bool:
    """Whether ``text`` may be a client seed: 1–64 printable ASCII characters without ``|``."""
    return 1 <= len(text) <= CLIENT_SEED_MAX and all(" " <= sign <= "~" and sign != "|" for sign in text)


@dataclass(frozen=True, slots=True)
class SeedPair:
    """A player's live pair: ``nonce`` draws were made with it, the next takes exactly that number."""

    number: int
    server_seed: bytes = field(repr=False)
    client_seed: str
    nonce: int
    next_server_seed: bytes = field(repr=False)

    @property
    def server_seed_hash(self) -> str:
        """The commitment to the live server seed."""
        return commitment(self.server_seed)

    @property
    def next_server_seed_hash(self) -> str:
        """The commitment to the seed that the next rotation brings in."""
        return commitment(self.next_server_seed)


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a rotation gives away: the old seed, and how many draws were made with it."""

    server_seed: bytes
    client_seed: str
    draws: int


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """The public record of one draw; ``row`` counts from 1, ``server_seed`` is None until it is revealed."""

    game: str
    server_seed_hash: str
    server_seed: bytes | None
    client_seed: str
    nonce: int
    table_id: str
    table: tuple[tuple[str, int], ...]
    roll: int
    row: int


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a replay: what was looked at, whether it held, and both values for people to compare."""

    step: str
    held: bool
    expected: str
    found: str


def replay(record: DrawRecord) -> tuple[Check, ...]:
    """Replay a draw offline, step by step. The draw is fair when every check held.

    Raises ValueError when the server seed has not been revealed yet: then only waiting helps.
    """
    if record.server_seed is None:
        raise ValueError("the server seed of this draw has not been revealed yet: the player must rotate it first")
    widths = [width for _, width in record.table]
    signs = {sign for label, _ in record.table for sign in label}
    rolled = roll(record.server_seed, record.game, record.table_id, record.client_seed, record.nonce)
    row = row_of(list(accumulate(widths)), rolled) + 1
    return (
        _check(
            "record can be read in one way only",
            True,
            record.game in GAMES and record.nonce >= 0 and not signs & {":", ","},
        ),
        _check("seed matches its commitment", record.server_seed_hash, commitment(record.server_seed)),
        _check("client seed is one a player may choose", True, is_client_seed(record.client_seed)),
        _check("table has 2^53 tickets", GRID, sum(widths) if min(widths, default=-1) >= 0 else -1),
        _check("table matches its id", record.table_id, table_id(record.table)),
        _check("roll", record.roll, rolled),
        _check("row", record.row, row),
    )


def _check(step: str, expected: object, found: object) -> Check:
    return Check(step, expected == found, str(expected), str(found))

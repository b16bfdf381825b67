"""Open cases, many commands in one transaction: the hot path.

Every command gets an outcome of its own, a value: one poor player in a batch refuses that player only. Whether an
opening can be honoured is decided before its first roll, under locks that hold until the commit, so nobody ever
learns a roll that is not honoured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.fairness import commitment, roll
from stickercase.domain.ledger.accounts import OPENINGS, player_account
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.refusal import (
    CaseInactive,
    IdempotencyKeyReused,
    InsufficientBalance,
    NotFound,
    OddsChanged,
    OutOfStickers,
    PlayerBlocked,
    PriceChanged,
    Refusal,
)
from stickercase.domain.stock.packs import Unit
from stickercase.domain.use_cases.once import Answered, Remembered
from stickercase.domain.use_cases.shelf import Shelf

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions

GAME = "case"
MAX_COUNT = 10


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One player's wish to open a case ``count`` (1–10) times, all or nothing.

    ``price_nano`` and ``table_id`` are what the player was shown, where the player says so. ``key`` is the caller's
    idempotency key and ``request_hash`` says what it was used for.
    """

    player_id: int
    case_name: str
    count: int = 1
    price_nano: int | None = None
    table_id: str | None = None
    key: str | None = None
    request_hash: bytes = b""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise ValueError(f"count is between 1 and {MAX_COUNT}")


@dataclass(slots=True)
class Seat:
    """A player at the table, rows locked: what may be spent and the live seed pair. A working copy of one batch."""

    player_id: int
    balance_nano: int
    blocked: bool
    seed_number: int
    server_seed: bytes = field(repr=False)
    client_seed: str
    nonce: int


@dataclass(slots=True)
class Situation:
    """All that a batch needs to be decided, locked until the commit; :func:`decide` works on it as its own copy.

    ``free`` counts the free units of every pack the batch may draw, ``ids`` holds one fresh id per draw.
    """

    shelf: Shelf
    seats: dict[int, Seat]
    free: dict[int, int]
    remembered: dict[tuple[int, str], Remembered]
    ids: Sequence[int]
    claimed: dict[tuple[int, str], tuple[bytes, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draw:
    """One roll made: ``row`` counts from 0 here; ``seed_number`` and ``nonce`` name the draw within its player."""

    seed_number: int
    server_seed_hash: str
    client_seed: str
    nonce: int
    roll: int
    row: int
    pack_id: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """An opening decided but not yet written. ``balance_nano`` is what the player has left."""

    case: Case
    draws: tuple[Draw, ...]
    balance_nano: int
    in_stock: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """A draw and the unit it yielded; ``item_id`` is the unit's name in the player's inventory."""

    item_id: int
    draw: Draw
    unit: Unit
    floor_nano: int
    in_stock_count: int


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """An opening as it is recorded: paid by ``transfer``, with one drop per draw."""

    opening_id: int
    command: OpenCase
    case: Case
    drops: tuple[Drop, ...]
    balance_nano: int
    transfer: Transfer
    at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """What :meth:`Openings.record` writes: an opening, and the answer to be remembered with it."""

    opened: CaseOpened
    answer: bytes


@dataclass(frozen=True, slots=True)
class Repeat:
    """A command whose key another command of the same batch, at ``index``, has just used for the same request."""

    index: int


Decision = Drawn | Remembered | Repeat | Refusal
Outcome = Answered | Refusal
Render = Callable[[CaseOpened, Shelf], bytes]
"""Turns an opening into the bytes of its answer: the door's business, done before the commit so they can be kept."""


def open_cases(transactions: Transactions, clock: Clock, render: Render, commands: Sequence[OpenCase]) -> list[Outcome]:
    """Open cases for ``commands``, in order, in one transaction; one outcome per command, at the same index.

    When this returns, every :class:`Answered` is durable. Raises what
    :class:`~stickercase.ports.transactions.Transactions` raises; then nothing happened, or (``OutcomeUnknown``) it
    cannot be known whether it did.
    """
    with transactions() as tx:
        situation = tx.openings.situation(commands)
        decisions = [decide(situation, command, index) for index, command in enumerate(commands)]
        wanted = [
            (command.player_id, draw.pack_id)
            for command, decision in zip(commands, decisions, strict=True)
            if isinstance(decision, Drawn)
            for draw in decision.draws
        ]
        if not wanted:
            return _outcomes(decisions, {})
        ids = situation.ids[: len(wanted)]
        at = clock.now()
        units = tx.openings.take([(*who, item) for who, item in zip(wanted, ids, strict=True)], at)
        opened = _opened(commands, decisions, list(zip(ids, units, strict=True)), situation.shelf, at)
        recorded = {index: Recorded(o, render(o, situation.shelf)) for index, o in opened.items()}
        tx.openings.record(list(recorded.values()))
    return _outcomes(decisions, {index: r.answer for index, r in recorded.items()})


def decide(situation: Situation, command: OpenCase, index: int = 0) -> Decision:
    """Decide one command and take its effect into ``situation``; a refusal takes none.

    The order of refusals is part of the contract: key, existence, state, money.
    """
    if command.key is not None:
        known = _known(situation, command)
        if known is not None:
            return known
    case = situation.shelf.cases.get(command.case_name)
    if case is None:
        return NotFound("case", command.case_name)
    seat = situation.seats.get(command.player_id)
    if seat is None:
        return NotFound("player", str(command.player_id))
    refusal = _refusal(situation, command, case, seat)
    if refusal is not None:
        return refusal
    if command.key is not None:
        situation.claimed[command.player_id, command.key] = (command.request_hash, index)
    return _draw(situation, seat, case, command.count)


def _known(situation: Situation, command: OpenCase) -> Decision | None:
    name = (command.player_id, command.key or "")
    remembered = situation.remembered.get(name)
    if remembered is not None:
        return remembered if remembered.request_hash == command.request_hash else IdempotencyKeyReused()
    claimed = situation.claimed.get(name)
    if claimed is not None:
        return Repeat(claimed[1]) if claimed[0] == command.request_hash else IdempotencyKeyReused()
    return None


def _refusal(situation: Situation, command: OpenCase, case: Case, seat: Seat) -> Refusal | None:
    if seat.blocked:
        return PlayerBlocked()
    if case.status is not CaseStatus.ACTIVE:
        return CaseInactive(case.name)
    if command.table_id is not None and command.table_id != case.odds.table_id:
        return OddsChanged(case.odds.table_id)
    if command.price_nano is not None and command.price_nano != case.price_nano:
        return PriceChanged(case.price_nano)
    if any(situation.free.get(pack_id, 0) < command.count for pack_id in case.odds.pack_ids_with_tickets):
        return OutOfStickers(case.name)
    total_nano = case.price_nano * command.count
    if seat.balance_nano < total_nano:
        return InsufficientBalance(case.price_nano, seat.balance_nano, total_nano)
    return None


def _draw(situation: Situation, seat: Seat, case: Case, count: int) -> Drawn:
    seat.balance_nano -= case.price_nano * count
    assert seat.balance_nano >= 0
    draws, in_stock = [], []
    seed_hash = commitment(seat.server_seed)
    for _ in range(count):
        draw = draw_once(seat, case.odds, seed_hash)
        situation.free[draw.pack_id] -= 1
        assert situation.free[draw.pack_id] >= 0
        seat.nonce += 1
        draws.append(draw)
        in_stock.append(situation.free[draw.pack_id])
    return Drawn(case, tuple(draws), seat.balance_nano, tuple(in_stock))


def draw_once(seat: Seat, odds: OddsTable, seed_hash: str) -> Draw:
    """The roll that the seat's seeds and nonce make under ``odds``; changes nothing."""
    rolled = roll(seat.server_seed, GAME, odds.table_id, seat.client_seed, seat.nonce)
    row = odds.drawn(rolled)
    return Draw(seat.seed_number, seed_hash, seat.client_seed, seat.nonce, rolled, row, odds.rows[row].pack_id)


def _opened(
    commands: Sequence[OpenCase],
    decisions: Sequence[Decision],
    taken: Sequence[tuple[int, Unit]],
    shelf: Shelf,
    at: datetime,
) -> dict[int, CaseOpened]:
    opened: dict[int, CaseOpened] = {}
    start = 0
    for index, decision in enumerate(decisions):
        if isinstance(decision, Drawn):
            mine = taken[start : start + len(decision.draws)]
            start += len(decision.draws)
            opened[index] = _opening(commands[index], decision, mine, shelf, at)
    assert start == len(taken)
    return opened


def _opening(
    command: OpenCase, drawn: Drawn, taken: Sequence[tuple[int, Unit]], shelf: Shelf, at: datetime
) -> CaseOpened:
    opening_id = taken[0][0]
    drops = tuple(
        Drop(item_id, draw, unit, shelf.packs[unit.pack_id].floor_nano, left)
        for draw, left, (item_id, unit) in zip(drawn.draws, drawn.in_stock, taken, strict=True)
    )
    assert all(drop.unit.pack_id == drop.draw.pack_id for drop in drops)
    transfer = Transfer(
        Reason.OPENING,
        opening_id,
        player_account(command.player_id),
        OPENINGS,
        drawn.case.price_nano * command.count,
        at,
    )
    return CaseOpened(opening_id, command, drawn.case, drops, drawn.balance_nano, transfer, at)


def _outcomes(decisions: Sequence[Decision], answers: Mapping[int, bytes]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for index, decision in enumerate(decisions):
        if isinstance(decision, Refusal):
            outcomes.append(decision)
        elif isinstance(decision, Remembered):
            outcomes.append(Answered(decision.answer, replayed=True))
        elif isinstance(decision, Repeat):
            outcomes.append(Answered(answers[decision.index], replayed=True))
        else:
            outcomes.append(Answered(answers[index], replayed=False))
    return outcomes

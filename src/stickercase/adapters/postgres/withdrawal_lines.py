"""Withdrawals as they are shown, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Row, Text, and_, func, select, true, type_coerce

from stickercase.adapters.postgres.tables import players, withdrawal_attempts, withdrawals
from stickercase.adapters.postgres.withdrawals import unit_of
from stickercase.domain.wallet.addresses import parse_address
from stickercase.domain.wallet.withdrawals import IN_FLIGHT, WAITING
from stickercase.ports.reading import OpenWithdrawals, WithdrawalLine

OPEN = sorted(stage.value for stage in WAITING | IN_FLIGHT)
_hashes = (
    select(withdrawal_attempts.c.message_hash)
    .where(withdrawal_attempts.c.withdrawal_id == withdrawals.c.id)
    .order_by(withdrawal_attempts.c.place)
)
HASHES = type_coerce(func.array(_hashes.scalar_subquery()), ARRAY(Text))
LINES = select(withdrawals, players.c.telegram_id, HASHES.label("hashes")).join(
    players, players.c.id == withdrawals.c.player_id
)


def page_of_withdrawals(
    connection: Connection, wanted: ColumnElement[bool], limit: int, beyond: int | None, *, oldest_first: bool = False
) -> tuple[int, Sequence[WithdrawalLine]]:
    """How many withdrawals are ``wanted``, and up to ``limit`` of them beyond an id."""
    key = withdrawals.c.id
    further = true() if beyond is None else (key > beyond if oldest_first else key < beyond)
    total = connection.execute(select(func.count()).select_from(withdrawals).where(wanted)).scalar_one()
    order = key.asc() if oldest_first else key.desc()
    rows = connection.execute(LINES.where(and_(wanted, further)).order_by(order).limit(limit))
    return total, [_line(row) for row in rows]


def of_player(player_id: int) -> ColumnElement[bool]:
    """Which are a player's."""
    return withdrawals.c.player_id == player_id


def in_stage(stage: str | None) -> ColumnElement[bool]:
    """Which are in a stage; None: all."""
    return true() if stage is None else withdrawals.c.stage == stage


def withdrawal_of_item(connection: Connection, player_id: int, item_id: int) -> WithdrawalLine | None:
    """The newest withdrawal of an item."""
    of_item = and_(withdrawals.c.player_id == player_id, withdrawals.c.item_id == item_id)
    row = connection.execute(LINES.where(of_item).order_by(withdrawals.c.id.desc()).limit(1)).first()
    return None if row is None else _line(row)


def open_withdrawals(connection: Connection) -> Sequence[OpenWithdrawals]:
    """What waits or is on its way, counted by stage."""
    one = withdrawals.c
    counted = (
        select(one.stage, func.count(), func.sum(one.amount_nano), func.min(one.requested_at))
        .where(one.stage.in_(OPEN))
        .group_by(one.stage)
        .order_by(one.stage)
    )
    rows = connection.execute(counted)
    return [OpenWithdrawals(stage, count, int(amount), since) for stage, count, amount, since in rows]


def _line(row: Row[Any]) -> WithdrawalLine:
    return WithdrawalLine(
        row.id,
        row.telegram_id,
        parse_address(row.address),
        row.amount_nano,
        row.fee_nano,
        row.requested_at,
        row.stage,
        tuple(row.hashes),
        row.paid_by,
        unit_of(row),
    )

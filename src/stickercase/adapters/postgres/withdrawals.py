"""Withdrawals in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal_column, select, update

from stickercase.adapters.postgres.tables import withdrawal_attempts, withdrawals
from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.withdrawals import RELEASED, Attempt, InLine, NftUnit, Stage, Withdrawal

HOUSE_LIMIT_LOCK = 0x7769746864726177
"""Held by whoever measures the house's limit ("withdraw" in ASCII)."""

GONE_BACK = [stage.value for stage in RELEASED]
# Spelt out: a prepared statement with parameters would find no partial index.
IS_IN_FLIGHT = withdrawals.c.stage.in_([literal_column("'signed'"), literal_column("'sent'")])
IS_HELD = withdrawals.c.stage == literal_column("'held'")


class PostgresWithdrawals:
    """Withdrawals within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lately(self, player_id: int, since: datetime) -> tuple[int, int]:
        """Nanotons requested after ``since`` and not released: the player's, and all players'."""
        self._connection.execute(select(func.pg_advisory_xact_lock(HOUSE_LIMIT_LOCK)))
        amount = func.coalesce(func.sum(withdrawals.c.amount_nano), 0)
        own = func.coalesce(func.sum(withdrawals.c.amount_nano).filter(withdrawals.c.player_id == player_id), 0)
        still = (withdrawals.c.requested_at > since) & withdrawals.c.stage.not_in(GONE_BACK)
        row = self._connection.execute(select(own, amount).where(still)).one()
        return int(row[0]), int(row[1])

    def add(self, withdrawal: Withdrawal) -> None:
        """Keep a new withdrawal."""
        self._connection.execute(
            insert(withdrawals).values(
                id=withdrawal.id,
                player_id=withdrawal.player_id,
                address=withdrawal.address.raw,
                amount_nano=withdrawal.amount_nano,
                fee_nano=withdrawal.fee_nano,
                requested_at=withdrawal.requested_at,
                stage=withdrawal.stage.value,
                paid_by=withdrawal.paid_by,
                **_unit_values(withdrawal.unit),
            )
        )

    def find(self, withdrawal_id: int) -> Withdrawal | None:
        """The withdrawal of this id, with its attempts."""
        row = self._connection.execute(select(withdrawals).where(withdrawals.c.id == withdrawal_id)).first()
        return None if row is None else self._whole(row)

    def write(self, withdrawal: Withdrawal) -> None:
        """Keep what has become of a withdrawal, and its new attempts."""
        values = {"stage": withdrawal.stage.value, "paid_by": withdrawal.paid_by}
        written = self._connection.execute(update(withdrawals).where(withdrawals.c.id == withdrawal.id).values(values))
        assert written.rowcount == 1, f"there is no withdrawal {withdrawal.id}"
        known = len(self._attempts(withdrawal.id))
        fresh = [
            {
                "withdrawal_id": withdrawal.id,
                "place": place,
                "message_hash": attempt.message_hash,
                "valid_until": attempt.valid_until,
                "wallet": attempt.wallet.raw,
                "seqno": attempt.seqno,
                "message": attempt.message,
            }
            for place, attempt in enumerate(withdrawal.attempts, 1)
            if place > known
        ]
        if fresh:
            self._connection.execute(insert(withdrawal_attempts), fresh)

    def of_player(self, player_id: int, limit: int) -> Sequence[Withdrawal]:
        """The player's newest withdrawals, newest first."""
        own = select(withdrawals).where(withdrawals.c.player_id == player_id)
        rows = self._connection.execute(own.order_by(withdrawals.c.id.desc()).limit(limit)).all()
        return [self._whole(row) for row in rows]

    def in_line(self, wallet: Address) -> InLine:
        """Whose turn it is."""
        flying = self._connection.execute(select(withdrawals).where(IS_IN_FLIGHT)).first()
        oldest = select(withdrawals).where(IS_HELD).order_by(withdrawals.c.id).limit(1)
        row = flying or self._connection.execute(oldest).first()
        return InLine(None if row is None else self._whole(row), self._seqno(wallet))

    def _seqno(self, wallet: Address) -> int | None:
        """Behind the newest attempt if it has landed, at it if not."""
        own = withdrawal_attempts.c.wallet == wallet.raw
        newest = select(func.max(withdrawal_attempts.c.seqno)).where(own).scalar_subquery()
        ids = select(withdrawal_attempts.c.withdrawal_id).where(own, withdrawal_attempts.c.seqno == newest)
        rows = self._connection.execute(select(withdrawals).where(withdrawals.c.id.in_(ids))).all()
        seqnos = [
            attempt.seqno + one.has_landed(attempt)
            for one in map(self._whole, rows)
            for attempt in one.attempts
            if attempt.wallet == wallet
        ]
        return max(seqnos, default=None)

    def _whole(self, row: Row[Any]) -> Withdrawal:
        return whole(row, self._attempts(row.id))

    def _attempts(self, withdrawal_id: int) -> tuple[Attempt, ...]:
        own = select(withdrawal_attempts).where(withdrawal_attempts.c.withdrawal_id == withdrawal_id)
        rows = self._connection.execute(own.order_by(withdrawal_attempts.c.place))
        return tuple(attempt_of(row) for row in rows)


def whole(row: Row[Any], attempts: tuple[Attempt, ...]) -> Withdrawal:
    """A withdrawal of its row and its attempts."""
    return Withdrawal(
        row.id,
        row.player_id,
        parse_address(row.address),
        row.amount_nano,
        row.fee_nano,
        row.requested_at,
        Stage(row.stage),
        attempts,
        row.paid_by,
        unit_of(row),
    )


def unit_of(row: Row[Any]) -> NftUnit | None:
    """The unit that a row is about, if it is about one."""
    return None if row.item_id is None else NftUnit(row.item_id, row.unit_id, parse_address(row.nft_address))


def _unit_values(unit: NftUnit | None) -> dict[str, object]:
    if unit is None:
        return {}
    return {"item_id": unit.item_id, "unit_id": unit.unit_id, "nft_address": unit.nft_address.raw}


def attempt_of(row: Row[Any]) -> Attempt:
    """An attempt of its row."""
    return Attempt(row.message_hash, row.valid_until, parse_address(row.wallet), row.seqno, row.message)

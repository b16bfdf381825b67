"""What was signed, read from PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Engine, select

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.tables import withdrawal_attempts, withdrawals
from stickercase.adapters.postgres.withdrawals import attempt_of, whole
from stickercase.domain.wallet.withdrawals import Attempt, Withdrawal


class PostgresOutflows:
    """Reads on ``engine`` (one without a statement time-out, free to scan)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def signed(self) -> Sequence[Withdrawal]:
        order = withdrawal_attempts.c.withdrawal_id, withdrawal_attempts.c.place
        attempts: dict[int, list[Attempt]] = defaultdict(list)
        with look(self._engine) as connection:
            for row in connection.execute(select(withdrawal_attempts).order_by(*order)):
                attempts[row.withdrawal_id].append(attempt_of(row))
            ids = select(withdrawal_attempts.c.withdrawal_id)
            found = select(withdrawals).where(withdrawals.c.id.in_(ids)).order_by(withdrawals.c.id)
            return [whole(row, tuple(attempts[row.id])) for row in connection.execute(found)]

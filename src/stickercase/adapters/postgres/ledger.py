"""The ledger in PostgreSQL: transfers are rows nobody can change, a balance is a row that cannot go below 0."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select, update

from stickercase.adapters.postgres.tables import accounts, transfers
from stickercase.domain.ledger.accounts import Account, AccountKind
from stickercase.domain.ledger.transfers import Transfer
from stickercase.domain.money import Asset

NO_PLAYER = 0
"""Stands in the transfers' key where only accounts of the house take part."""


class PostgresLedger:
    """The ledger within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def balance(self, player_id: int, asset: Asset = Asset.TON) -> int:
        """The balance in smallest units, locked; 0 where the player has no account in the asset yet."""
        found = self._connection.execute(
            select(accounts.c.balance)
            .where(accounts.c.player_id == player_id, accounts.c.asset == asset.value)
            .with_for_update(key_share=True)
        ).scalar()
        return 0 if found is None else found

    def next_cause(self) -> int:
        """The next number in the one order of events."""
        cause: int = self._connection.execute(select(func.nextval("event_ids"))).scalar_one()
        return cause

    def post(self, transfer: Transfer) -> None:
        """Write a transfer and move the balance."""
        self._connection.execute(
            insert(transfers).values(
                player_id=transfer.player_id or NO_PLAYER,
                reason=transfer.reason.value,
                cause=transfer.cause,
                debit=transfer.debit.kind.value,
                credit=transfer.credit.kind.value,
                asset=transfer.asset.value,
                amount=transfer.amount,
                at=transfer.at,
                note=transfer.note,
            )
        )
        self._move(transfer.debit, -transfer.amount, transfer.asset)
        self._move(transfer.credit, transfer.amount, transfer.asset)

    def _move(self, account: Account, amount: int, asset: Asset) -> None:
        if account.player_id is None:
            return
        column = accounts.c.balance if account.kind is AccountKind.PLAYER else accounts.c.held
        moved = self._connection.execute(
            update(accounts)
            .where(accounts.c.player_id == account.player_id, accounts.c.asset == asset.value)
            .values({column: column + amount})
        )
        if moved.rowcount == 0:
            # The first amount in this asset. A negative one is refused by the same check as any overdraft.
            opened = {accounts.c.balance: 0, accounts.c.held: 0, column: amount}
            whose = {accounts.c.player_id: account.player_id, accounts.c.asset: asset.value}
            self._connection.execute(insert(accounts).values({**whose, **opened}))

"""The ledger in memory: transfers are kept, players' balances as well, the house's are summed when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.ledger.accounts import Account, AccountKind
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import Asset

Balance = tuple[AccountKind, int, Asset]
"""What names one balance of a player."""


class MemoryLedger:
    """The ledger within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def balance(self, player_id: int, asset: Asset = Asset.TON) -> int:
        """A player's balance; 0 for an asset the player never had, and for a player there is not."""
        player = self._store.players.get(player_id)
        return 0 if player is None else player.balances.get(asset, 0)

    def next_cause(self) -> int:
        """A fresh id, from the counter that item ids come from too."""
        return self._store.fresh_ids(1)[0]

    def post(self, transfer: Transfer) -> None:
        """Write a transfer and move the balance; after a BrokenLaw the transaction rolls back in any case."""
        self.post_all([transfer])

    def post_all(self, transfers: Sequence[Transfer]) -> None:
        """Write many transfers, each as :meth:`post` does; an account is noted for a rollback once."""
        store, noted = self._store, set[Balance]()
        store.journal.note(partial(self._take_back, len(store.transfers)))
        for transfer in transfers:
            name = (transfer.reason, transfer.cause)
            if name in store.causes:
                self._store.journal.refuse(f"{transfer.reason.value} {transfer.cause} has its transfer already")
            store.transfers.append(transfer)
            store.causes.add(name)
            for account, change in ((transfer.debit, -transfer.amount), (transfer.credit, transfer.amount)):
                if account.player_id is not None:
                    self._move(account.kind, account.player_id, transfer.asset, change, noted)
            if transfer.reason is Reason.ADJUSTMENT and transfer.player_id is not None:
                adjustments = store.players[transfer.player_id].adjustments
                store.journal.grows(adjustments)
                adjustments.append(transfer)

    def _move(self, kind: AccountKind, player_id: int, asset: Asset, change: int, noted: set[Balance]) -> None:
        player = self._store.players.get(player_id)
        if player is None:
            self._store.journal.refuse(f"there is no player {player_id}")
        balances = player.balances if kind is AccountKind.PLAYER else player.held
        after = balances.get(asset, 0) + change
        if after < 0:
            self._store.journal.refuse(f"{Account(kind, player_id).name} would go below zero")
        if (kind, player_id, asset) not in noted:
            noted.add((kind, player_id, asset))
            self._store.journal.sets(balances, asset)
        balances[asset] = after

    def _take_back(self, start: int) -> None:
        self._store.causes.difference_update((t.reason, t.cause) for t in self._store.transfers[start:])
        del self._store.transfers[start:]

"""Withdrawals in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stickercase.adapters.memory.store import MemoryStore
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.withdrawals import IN_FLIGHT, RELEASED, InLine, Stage, Withdrawal


class MemoryWithdrawals:
    """Withdrawals within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def lately(self, player_id: int, since: datetime) -> tuple[int, int]:
        """Nanotons requested after ``since`` and not released: the player's, and all players'."""
        still = [
            one for one in self._store.withdrawals.values() if one.requested_at > since and one.stage not in RELEASED
        ]
        own = sum(one.amount_nano for one in still if one.player_id == player_id)
        return own, sum(one.amount_nano for one in still)

    def add(self, withdrawal: Withdrawal) -> None:
        """Keep a new withdrawal."""
        assert withdrawal.id not in self._store.withdrawals, "an id is one withdrawal's"
        if withdrawal.unit is not None:
            of_item = withdrawals_of(self._store, withdrawal.player_id, withdrawal.unit.item_id)
            if any(other.stage not in RELEASED for other in of_item):
                self._store.journal.refuse(f"item {withdrawal.unit.item_id} has a withdrawal already")
        self._keep(withdrawal)

    def find(self, withdrawal_id: int) -> Withdrawal | None:
        """The withdrawal of this id."""
        return self._store.withdrawals.get(withdrawal_id)

    def write(self, withdrawal: Withdrawal) -> None:
        """Keep what has become of a withdrawal."""
        known = self._store.withdrawals[withdrawal.id]
        assert withdrawal.attempts[: len(known.attempts)] == known.attempts, "attempts are kept for ever"
        flying = self._in_flight()
        if withdrawal.stage in IN_FLIGHT and flying is not None and flying.id != withdrawal.id:
            self._store.journal.refuse(f"withdrawal {flying.id} is in flight: there is no second one")
        self._keep(withdrawal)

    def of_player(self, player_id: int, limit: int) -> Sequence[Withdrawal]:
        """The player's newest withdrawals, newest first."""
        own = [one for one in self._store.withdrawals.values() if one.player_id == player_id]
        return sorted(own, key=lambda one: -one.id)[:limit]

    def in_line(self, wallet: Address) -> InLine:
        """Whose turn it is."""
        everyone = self._store.withdrawals.values()
        held = (one for one in everyone if one.stage is Stage.HELD)
        seqnos = [
            attempt.seqno + one.has_landed(attempt)
            for one in everyone
            for attempt in one.attempts
            if attempt.wallet == wallet
        ]
        first = self._in_flight() or min(held, key=lambda one: one.id, default=None)
        return InLine(first, max(seqnos, default=None))

    def _in_flight(self) -> Withdrawal | None:
        return next((one for one in self._store.withdrawals.values() if one.stage in IN_FLIGHT), None)

    def _keep(self, withdrawal: Withdrawal) -> None:
        self._store.journal.sets(self._store.withdrawals, withdrawal.id)
        self._store.withdrawals[withdrawal.id] = withdrawal


def withdrawals_of(store: MemoryStore, player_id: int, item_id: int) -> list[Withdrawal]:
    """The withdrawals of an item of the player's, oldest first."""
    own = (one for one in store.withdrawals.values() if one.player_id == player_id and one.unit is not None)
    return sorted((one for one in own if one.unit and one.unit.item_id == item_id), key=lambda one: one.id)

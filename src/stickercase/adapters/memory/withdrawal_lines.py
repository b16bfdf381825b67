"""Withdrawals as they are shown, read from memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stickercase.adapters.memory.store import MemoryStore
from stickercase.adapters.memory.withdrawals import withdrawals_of
from stickercase.domain.wallet.withdrawals import IN_FLIGHT, WAITING, Withdrawal
from stickercase.ports.reading import OpenWithdrawals, WithdrawalLine


def page_of_withdrawals(
    store: MemoryStore,
    wanted: Callable[[Withdrawal], bool],
    limit: int,
    beyond: int | None,
    *,
    oldest_first: bool = False,
) -> tuple[int, Sequence[WithdrawalLine]]:
    """How many withdrawals are ``wanted``, and up to ``limit`` of them beyond an id."""
    found = [one for one in store.withdrawals.values() if wanted(one)]
    further = [one for one in found if beyond is None or (one.id > beyond if oldest_first else one.id < beyond)]
    page = sorted(further, key=lambda one: one.id, reverse=not oldest_first)[:limit]
    return len(found), [_line(store, one) for one in page]


def withdrawal_of_item(store: MemoryStore, player_id: int, item_id: int) -> WithdrawalLine | None:
    """The newest withdrawal of an item."""
    found = withdrawals_of(store, player_id, item_id)
    return _line(store, found[-1]) if found else None


def open_withdrawals(store: MemoryStore) -> Sequence[OpenWithdrawals]:
    """What waits or is on its way, counted by stage."""
    stages = sorted(stage.value for stage in WAITING | IN_FLIGHT)
    waiting = {stage: [one for one in store.withdrawals.values() if one.stage.value == stage] for stage in stages}
    return [_counted(stage, found) for stage, found in waiting.items() if found]


def _counted(stage: str, found: Sequence[Withdrawal]) -> OpenWithdrawals:
    amount_nano = sum(one.amount_nano for one in found)
    return OpenWithdrawals(stage, len(found), amount_nano, min(one.requested_at for one in found))


def _line(store: MemoryStore, one: Withdrawal) -> WithdrawalLine:
    return WithdrawalLine(
        one.id,
        store.players[one.player_id].player.profile.telegram_id,
        one.address,
        one.amount_nano,
        one.fee_nano,
        one.requested_at,
        one.stage.value,
        tuple(attempt.message_hash for attempt in one.attempts),
        one.paid_by,
        one.unit,
    )

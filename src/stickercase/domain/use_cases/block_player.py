"""Block a player, or unblock one: a blocked player reads and withdraws, but does not play."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.seat_player import seat_player

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def block_player(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    telegram_id: int,
    blocked: bool,
    render: Callable[[bool], bytes],
) -> Answered:
    """Set whether a player is blocked; saying it twice changes nothing. ``render`` gets what holds now.

    Openings that were decided before are not undone. Raises :class:`Refused`: ``not_found``,
    ``idempotency_key_reused``.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        player, _ = seat_player(tx, telegram_id)
        if player.blocked != blocked:
            tx.players.block(player.id, blocked)
            action = "block" if blocked else "unblock"
            tx.operator_log.append(
                caller.name, action, f"player:{player.id}", {"blocked": player.blocked}, {"blocked": blocked}, at
            )
        return render(blocked)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))

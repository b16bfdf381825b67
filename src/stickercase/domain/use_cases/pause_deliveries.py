"""Pause all deliveries, or have them go on: an operator's word. The shop's trouble pauses them by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stickercase.domain.gifts.pauses import Pause, paused
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.pursue_delivery import wake

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def pause_deliveries(
    transactions: Transactions, clock: Clock, caller: Caller, reason: str, render: Callable[[Pause | None], bytes]
) -> Answered:
    """No order goes out until an operator resumes; logged. ``render`` gets the pause. Gifts ordered are still watched.

    Raises :class:`Refused` with ``idempotency_key_reused``.
    """
    at = clock.now()
    return _moved(transactions, clock, caller, "pause_deliveries", lambda pause: paused(pause, reason, at), render)


def resume_deliveries(
    transactions: Transactions, clock: Clock, caller: Caller, render: Callable[[Pause | None], bytes]
) -> Answered:
    """Orders go out again, now; logged. Nothing happens when there is no pause. ``render`` gets None.

    Raises :class:`Refused` with ``idempotency_key_reused``.
    """
    return _moved(transactions, clock, caller, "resume_deliveries", lambda _: None, render)


def _moved(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    action: str,
    move: Callable[[Pause | None], Pause | None],
    render: Callable[[Pause | None], bytes],
) -> Answered:
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        before = tx.delivery_pause.lock()
        after = move(before)
        if after != before:
            tx.delivery_pause.write(after)
            tx.operator_log.append(caller.name, action, "deliveries", _words(before), _words(after) or {}, at)
        if after is None:
            wake(tx, at)
        return render(after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def _words(pause: Pause | None) -> dict[str, object] | None:
    return None if pause is None else {"since": pause.since.isoformat(), "why": pause.why, "text": pause.text}

"""Receive a letter: keep what somebody sent us, and have it dealt with later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transactions


def receive_letter(transactions: Transactions, clock: Clock, source: str, kind: str, body: bytes) -> int:
    """Keep ``body`` (64 KiB at most) and add a task of ``kind`` with the payload ``{"letter_id": …}``; the letter's id.

    Once this returns both survive any crash, so the sender may be told that the letter has arrived. Every copy of a
    letter is a letter. Raises ``StoreUnavailable``, ``OutcomeUnknown``; ``BrokenLaw`` for a letter that is too long.
    """
    at = clock.now()
    with transactions() as tx:
        letter_id = tx.inbox.keep(source, body, at)
        tx.tasks.add(kind, f"letter:{letter_id}", {"letter_id": letter_id}, at, at)
    return letter_id

"""Doing a thing once per idempotency key: the answer is kept in the transaction of what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.refusal import IdempotencyKeyReused, Refused

if TYPE_CHECKING:
    from stickercase.ports.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Remembered:
    """A success kept under an idempotency key: what was asked, and the answer byte for byte."""

    request_hash: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A success: the answer's bytes, and whether they were given before."""

    answer: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks (``service:<name>`` or ``player:<id>``), under which idempotency key, for what."""

    name: str
    key: str | None = None
    request_hash: bytes = b""


def once(tx: Transaction, caller: Caller, at: datetime, act: Callable[[], bytes]) -> Answered:
    """Act, and remember the answer under the caller's key; or give the answer that is remembered there.

    Two at once with one key: the second waits for the first to commit. Raises :class:`Refused` when the key was
    used for another request, and whatever ``act`` raises; then nothing is remembered.
    """
    if caller.key is None:
        return Answered(act(), replayed=False)
    remembered = tx.answers.recall(caller.name, caller.key)
    if remembered is None:
        answer = act()
        tx.answers.remember(caller.name, caller.key, Remembered(caller.request_hash, answer), at)
        return Answered(answer, replayed=False)
    if remembered.request_hash != caller.request_hash:
        raise Refused(IdempotencyKeyReused())
    return Answered(remembered.answer, replayed=True)

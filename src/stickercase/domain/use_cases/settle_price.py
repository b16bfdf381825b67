"""Settle a quarantined price: an operator believes it, or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from stickercase.domain.refusal import NotFound, Refusal, Refused
from stickercase.domain.stock.floors import Floor, accepted, rejected
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


def accept_price(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    pack_id: int,
    price_nano: int,
    render: Callable[[Floor], bytes],
) -> Answered:
    """Put the quarantined ``price_nano`` of a pack into force, fresh as of now; ``render`` gets the floor.

    Raises :class:`Refused` with ``not_found``: the pack, or the price when it is not, or no longer, in quarantine.
    """
    at = clock.now()
    decide = partial(accepted, price_nano=price_nano, at=at)
    with transactions() as tx:
        return once(tx, caller, at, lambda: render(_settled(tx, caller, pack_id, "accept_price", decide, at)))


def reject_price(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    pack_id: int,
    price_nano: int,
    render: Callable[[Floor], bytes],
) -> Answered:
    """Drop the quarantined ``price_nano`` of a pack and hear it from no feed again; ``render`` gets the floor.

    Raises :class:`Refused` with ``not_found``, as :func:`accept_price` does.
    """
    at = clock.now()
    decide = partial(rejected, price_nano=price_nano)
    with transactions() as tx:
        return once(tx, caller, at, lambda: render(_settled(tx, caller, pack_id, "reject_price", decide, at)))


def _settled(
    tx: Transaction,
    caller: Caller,
    pack_id: int,
    action: str,
    decide: Callable[[Floor], Floor | NotFound],
    at: datetime,
) -> Floor:
    if tx.catalogue.pack(pack_id) is None:
        raise Refused(NotFound("pack", str(pack_id)))
    before = tx.floors.floors([pack_id])[pack_id]
    after = decide(before)
    if isinstance(after, Refusal):
        raise Refused(after)
    tx.floors.write({pack_id: after})
    tx.operator_log.append(caller.name, action, f"pack:{pack_id}", _words(before), _words(after), at)
    return after


def _words(floor: Floor) -> dict[str, object]:
    waiting = floor.quarantined
    return {
        "floor_nano": floor.price_nano,
        "quarantined_nano": None if waiting is None else waiting.price_nano,
        "rejected_nano": floor.rejected_nano,
    }

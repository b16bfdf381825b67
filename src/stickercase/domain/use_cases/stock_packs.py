"""Create and edit packs, and add units to the stock: what an operator does before a case can be sold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.refusal import AlreadyExists, InvalidRequest, NotFound, Refused
from stickercase.domain.stock.floors import Floor
from stickercase.domain.stock.packs import NewUnit, Pack, PackStatus
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

MAX_UNITS_AT_ONCE = 10_000
MAX_NUMBER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class PackChange:
    """New values for a pack; None leaves a field as it is."""

    pack_name: str | None = None
    collection_name: str | None = None
    contributor: str | None = None
    floor_nano: int | None = None
    image_url: str | None = None
    gift_id: str | None = None
    status: PackStatus | None = None


def add_pack(
    transactions: Transactions, clock: Clock, caller: Caller, pack: Pack, render: Callable[[Pack], bytes]
) -> Answered:
    """Put a new pack (its ``id`` is ignored) on the shelf; ``render`` gets it with its id.

    Raises :class:`Refused` with ``already_exists`` when the collection has a pack of this name.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        added = tx.catalogue.add_pack(pack, at)
        if added is None:
            raise Refused(AlreadyExists("pack", f"{pack.collection_name} / {pack.pack_name}"))
        tx.operator_log.append(caller.name, "add_pack", f"pack:{added.id}", None, _words(added), at)
        return render(added)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def edit_pack(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    pack_id: int,
    change: PackChange,
    render: Callable[[Pack], bytes],
) -> Answered:
    """Change some fields of a pack; ``render`` gets the pack as it is then.

    Raises :class:`Refused`: ``not_found``, ``already_exists`` when the new names are another pack's.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        before = tx.catalogue.pack(pack_id)
        if before is None:
            raise Refused(NotFound("pack", str(pack_id)))
        fields = {name: getattr(change, name) for name in PackChange.__slots__}
        after = replace(before, **{name: value for name, value in fields.items() if value is not None})
        if change.floor_nano is not None:
            # An operator's word is a price accepted at this moment, even when it is the same price.
            tx.floors.write({pack_id: Floor(change.floor_nano, at)})
        if after != before:
            if not tx.catalogue.edit_pack(after):
                raise Refused(AlreadyExists("pack", f"{after.collection_name} / {after.pack_name}"))
            tx.operator_log.append(caller.name, "edit_pack", f"pack:{pack_id}", _words(before), _words(after), at)
        return render(after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def add_units(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    pack_id: int,
    units: Sequence[NewUnit],
    render: Callable[[int], bytes],
) -> Answered:
    """Add 1–10,000 units to a pack's stock, all or none; ``render`` gets the new ``in_stock_count``.

    Raises :class:`Refused`: ``invalid_request`` for a number given twice or out of 0…2^53−1, ``not_found``,
    ``already_exists`` naming numbers that the pack has had before.
    """
    _check_numbers([unit.number for unit in units])
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        before = tx.stock.lock([pack_id]).get(pack_id)
        if before is None:
            raise Refused(NotFound("pack", str(pack_id)))
        known = tx.stock.known_numbers(pack_id, [unit.number for unit in units])
        if known:
            raise Refused(AlreadyExists("unit", ", ".join(map(str, sorted(known)[:20]))))
        return render(_stock(tx, caller, pack_id, before, units, at))

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """How many units were new, how many the pack has had before, and the new ``in_stock_count``."""

    added: int
    known: int
    in_stock_count: int


def top_up_units(
    transactions: Transactions, clock: Clock, caller: Caller, pack_id: int, units: Sequence[NewUnit]
) -> ToppedUp:
    """Add those of 1–10,000 units that the pack has never had; what it had is left as it is, wherever it is now.

    So a repeat adds what is missing and nothing twice: a list that was cut short is gone through again. Raises
    :class:`Refused`: ``invalid_request`` as :func:`add_units` does, ``not_found``.
    """
    _check_numbers([unit.number for unit in units])
    at = clock.now()
    with transactions() as tx:
        before = tx.stock.lock([pack_id]).get(pack_id)
        if before is None:
            raise Refused(NotFound("pack", str(pack_id)))
        known = tx.stock.known_numbers(pack_id, [unit.number for unit in units])
        new = [unit for unit in units if unit.number not in known]
        if new:
            _stock(tx, caller, pack_id, before, new, at)
        return ToppedUp(len(new), len(known), before + len(new))


def _stock(tx: Transaction, caller: Caller, pack_id: int, before: int, units: Sequence[NewUnit], at: datetime) -> int:
    """Put units into a stock of ``before`` that is locked, note it, and count anew."""
    tx.stock.add(pack_id, units, at)
    after = before + len(units)
    numbers = sorted(unit.number for unit in units)
    span = {"in_stock_count": after, "added": len(units), "first": numbers[0], "last": numbers[-1]}
    tx.operator_log.append(caller.name, "add_units", f"pack:{pack_id}", {"in_stock_count": before}, span, at)
    return after


def _check_numbers(numbers: Sequence[int]) -> None:
    if not 1 <= len(numbers) <= MAX_UNITS_AT_ONCE:
        raise Refused(InvalidRequest("numbers", f"give 1 to {MAX_UNITS_AT_ONCE} units at a time"))
    if len(set(numbers)) != len(numbers):
        raise Refused(InvalidRequest("numbers", "a number is given twice"))
    if not all(0 <= number <= MAX_NUMBER for number in numbers):
        raise Refused(InvalidRequest("numbers", f"a number is between 0 and {MAX_NUMBER}"))


def _words(pack: Pack) -> dict[str, object]:
    return {
        "pack_name": pack.pack_name,
        "collection_name": pack.collection_name,
        "contributor": pack.contributor,
        "floor_nano": pack.floor_nano,
        "image_url": pack.image_url,
        "gift_id": pack.gift_id,
        "status": pack.status.value,
    }

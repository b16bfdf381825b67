"""Create and edit cases by hand. What an operator sets is the operator's promise: any fee is accepted and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import Case, CaseStatus, OffSale
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.fairness import BadOdds
from stickercase.domain.refusal import AlreadyExists, InvalidRequest, NotFound, Refused
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be put on sale: price in nanotons, ``base_fee`` in percent, ``(pack_id, chance)`` items."""

    name: str
    price_nano: int
    base_fee: float
    image_url: str
    status: CaseStatus
    items: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """New values for a case; None leaves a field as it is. ``items`` is always the whole table."""

    price_nano: int | None = None
    base_fee: float | None = None
    image_url: str | None = None
    status: CaseStatus | None = None
    items: Sequence[tuple[int, float]] | None = None


def add_case(
    transactions: Transactions, clock: Clock, caller: Caller, new: NewCase, render: Callable[[Case], bytes]
) -> Answered:
    """Put a new case on sale with its first odds table; ``render`` gets it.

    Raises :class:`Refused`: ``invalid_request`` for a bad name, odds, price or fee, ``not_found`` naming unknown packs,
    ``already_exists``.
    """
    _check_name(new.name)
    _check(new.price_nano, new.base_fee, new.status)
    table = _table(new.items)
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        _check_packs(tx, table)
        off_sale = _off_sale(new.status, caller)
        draft = Case(0, new.name, new.price_nano, new.base_fee, new.image_url, new.status, 0, table, off_sale=off_sale)
        case = tx.catalogue.add_case(draft, at)
        if case is None:
            raise Refused(AlreadyExists("case", new.name))
        tx.operator_log.append(caller.name, "add_case", f"case:{case.id}", None, _words(case), at)
        return render(case)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def edit_case(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    name: str,
    change: CaseChange,
    render: Callable[[Case], bytes],
) -> Answered:
    """Change a case; new items that make another table become a new odds version; ``render`` gets the result.

    Raises :class:`Refused`: ``invalid_request``, ``not_found`` (the case, or packs of the new table).
    """
    at = clock.now()
    table = None if change.items is None else _table(change.items)

    def act(tx: Transaction) -> bytes:
        before = tx.catalogue.case(name)
        if before is None:
            raise Refused(NotFound("case", name))
        after = _changed(before, change, caller)
        _check(after.price_nano, after.base_fee, after.status)
        if table is not None:
            _check_packs(tx, table)
            after = publish(tx, after, table, "operator", at)
        if after != before:
            tx.catalogue.edit_case(after)
            tx.operator_log.append(caller.name, "edit_case", f"case:{after.id}", _words(before), _words(after), at)
        return render(after)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def publish(tx: Transaction, case: Case, table: OddsTable, reason: str, at: datetime) -> Case:
    """The case with ``table`` as its newest odds version; a table equal to the present one makes no new version."""
    if table == case.odds:
        return case
    return replace(case, odds=table, odds_id=tx.catalogue.publish_odds(case.id, table, reason, at))


def _changed(case: Case, change: CaseChange, caller: Caller) -> Case:
    return replace(
        case,
        price_nano=case.price_nano if change.price_nano is None else change.price_nano,
        base_fee=case.base_fee if change.base_fee is None else change.base_fee,
        image_url=case.image_url if change.image_url is None else change.image_url,
        status=case.status if change.status is None else change.status,
        off_sale=case.off_sale if change.status is None else _off_sale(change.status, caller),
    )


def _off_sale(status: CaseStatus, caller: Caller) -> OffSale | None:
    return OffSale(caller.name, "an operator took it off sale") if status is CaseStatus.INACTIVE else None


def _table(items: Sequence[tuple[int, float]]) -> OddsTable:
    try:
        return odds_table(items)
    except BadOdds as error:
        raise Refused(InvalidRequest("items", str(error))) from error


def _check(price_nano: int, base_fee: float, status: CaseStatus) -> None:
    if price_nano <= 0:
        raise Refused(InvalidRequest("price", "a case costs more than nothing"))
    if not 0 <= base_fee < 100:
        raise Refused(InvalidRequest("base_fee", "a fee is at least 0 and below 100 percent"))
    if status is CaseStatus.OUT_OF_STICKERS:
        raise Refused(InvalidRequest("status", "out_of_stickers follows from the stock and cannot be set"))


def _check_name(name: str) -> None:
    """A name is part of addresses, and is said on one line."""
    if not name or "/" in name or name != name.strip() or not name.isprintable():
        raise Refused(InvalidRequest("name", "printable characters without a slash or spaces around"))


def _check_packs(tx: Transaction, table: OddsTable) -> None:
    wanted = [row.pack_id for row in table.rows]
    missing = sorted(set(wanted) - tx.catalogue.known_packs(wanted))
    if missing:
        raise Refused(NotFound("pack", ", ".join(map(str, missing))))


def _words(case: Case) -> dict[str, object]:
    return {
        "price_nano": case.price_nano,
        "base_fee": case.base_fee,
        "image_url": case.image_url,
        "status": case.status.value,
        "table_id": case.odds.table_id,
    }

"""Update the prices of several cases at once, as a feeder sends them, and keep the fees that it has measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.refusal import InvalidRequest, Refused, unknown_names
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.shelf import fee_of

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions

FEE_TOLERANCE = 0.01
"""By how many percentage points a reported fee may differ from ours before somebody should look."""


@dataclass(frozen=True, slots=True)
class PriceUpdate:
    """A new price in nanotons, and the fee in percent that the feeder measured; None for what it does not say."""

    price_nano: int | None = None
    fee: float | None = None


@dataclass(frozen=True, slots=True)
class PriceUpdated:
    """A case before and after, and the fee in percent that we measure at the new price."""

    before: Case
    after: Case
    fee: float

    @property
    def is_changed(self) -> bool:
        """Whether anything is another than before."""
        return self.after != self.before

    @property
    def is_disputed(self) -> bool:
        """Whether the reported fee is further from ours than :data:`FEE_TOLERANCE`."""
        reported = self.after.reported_fee
        return reported is not None and abs(reported - self.fee) > FEE_TOLERANCE


def update_prices(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    updates: Mapping[str, PriceUpdate],
    render: Callable[[Sequence[PriceUpdated]], bytes],
) -> Answered:
    """Update each of the named cases, all or none; ``render`` gets them in the order they were given.

    A reported fee is kept beside ours, which is always recomputed. Any price above 0 is accepted: it is the
    operator's promise. Raises :class:`Refused`: ``invalid_request``, ``unknown_names`` listing every unknown case.
    """
    for name, update in updates.items():
        _check(name, update)
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        cases = tx.catalogue.cases(list(updates))
        unknown = unknown_names(updates.keys() - cases.keys(), ())
        if unknown is not None:
            raise Refused(unknown)
        pack_ids = {row.pack_id for case in cases.values() for row in case.odds.rows}
        floors = {pack_id: floor.price_nano for pack_id, floor in tx.floors.floors(sorted(pack_ids)).items()}
        updated = [_updated(cases[name], update, floors) for name, update in updates.items()]
        for one in updated:
            if one.is_changed:
                tx.catalogue.edit_case(one.after)
                words = _words(one.before), _words(one.after)
                tx.operator_log.append(caller.name, "update_price", f"case:{one.after.id}", *words, at)
        return render(updated)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def _check(name: str, update: PriceUpdate) -> None:
    if update.price_nano is None and update.fee is None:
        raise Refused(InvalidRequest(f"data.{name}", "a price or a fee is needed"))
    if update.price_nano is not None and update.price_nano <= 0:
        raise Refused(InvalidRequest(f"data.{name}.price", "a case costs more than nothing"))
    if update.fee is not None and not isfinite(update.fee):
        raise Refused(InvalidRequest(f"data.{name}.fee", "a fee is a finite number of percent"))


def _updated(case: Case, update: PriceUpdate, floors: Mapping[int, int]) -> PriceUpdated:
    after = replace(
        case,
        price_nano=case.price_nano if update.price_nano is None else update.price_nano,
        reported_fee=case.reported_fee if update.fee is None else update.fee,
    )
    return PriceUpdated(case, after, fee_of(after, floors))


def _words(case: Case) -> dict[str, object]:
    return {"price_nano": case.price_nano, "reported_fee": case.reported_fee}

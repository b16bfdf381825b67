"""Update floors from what a feed says, through price hygiene: believed at once, kept aside, or not heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stickercase.domain.refusal import InvalidRequest, Refused, unknown_names
from stickercase.domain.stock.floors import Floor, FloorSync, Matching, Reading, matching, synced
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class FloorsUpdated:
    """What a feed did to the floors, and the packs by id that it speaks of."""

    sync: FloorSync
    packs: Mapping[int, Pack]


def update_floors(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    readings: Sequence[Reading],
    render: Callable[[FloorsUpdated], bytes],
) -> Answered:
    """Take in prices of some packs, all or none of the readings; ``render`` gets what became of them.

    Raises :class:`Refused`: ``unknown_names`` listing every unknown pack; ``invalid_request`` listing the packs whose
    price is none, or which are named twice with different prices.
    """

    def act(tx: Transaction) -> bytes:
        return render(take_in(tx, clock, caller.name, readings, whole=False))

    with transactions() as tx:
        return once(tx, caller, clock.now(), lambda: act(tx))


def take_in(tx: Transaction, clock: Clock, who: str, readings: Sequence[Reading], *, whole: bool) -> FloorsUpdated:
    """Set readings against all floors, write what has moved and log it.

    ``whole`` is for a feed that should know every pack: it may name others, and an alarm stops it, see
    :func:`synced`. News of some packs are refused, as :func:`update_floors` says, where they make no sense.
    """
    floors = tx.floors.lock()
    # Behind the lock: a sync that waited for another one is the later of the two.
    at = clock.now()
    packs = {pack.id: pack for pack in tx.catalogue.packs()}
    found = matching(readings, packs.values())
    if not whole:
        _check(found, packs)
    sync = synced(floors, found, at, whole=whole)
    tx.floors.write(sync.floors)
    moved = [pack_id for pack_id in sync.floors if pack_id in {*sync.changed, *sync.quarantined}]
    if moved:
        before, after = ({str(i): _words(believed[i]) for i in moved} for believed in (floors, sync.floors))
        tx.operator_log.append(who, "update_floors", "floors", before, after, at)
    return FloorsUpdated(sync, packs)


def _check(found: Matching, packs: Mapping[int, Pack]) -> None:
    unknown = unknown_names((), found.unknown)
    if unknown is not None:
        raise Refused(unknown)
    for pack_ids, problem in (
        (found.skipped, "a price is more than 0 and at most 10^9 TON"),
        (found.contradicted, "named twice with different prices"),
    ):
        if pack_ids:
            names = ", ".join(f"{packs[pack_id].collection_name} / {packs[pack_id].pack_name}" for pack_id in pack_ids)
            raise Refused(InvalidRequest("packs_data", f"{names}: {problem}"))


def _words(floor: Floor) -> dict[str, object]:
    waiting = floor.quarantined
    return {"floor_nano": floor.price_nano, "quarantined_nano": None if waiting is None else waiting.price_nano}

"""Update the odds of several cases at once, as a feeder sends them: whole tables, packs by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import OddsTable, odds_table
from stickercase.domain.fairness import BadOdds
from stickercase.domain.refusal import InvalidRequest, Refused, unknown_names
from stickercase.domain.stock.packs import Pack, matched_names
from stickercase.domain.use_cases.once import Answered, Caller, once
from stickercase.domain.use_cases.publish_cases import publish

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.transactions import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class NamedChance:
    """A row of an odds table whose pack is known by its names."""

    collection_name: str
    pack_name: str
    chance: float


@dataclass(frozen=True, slots=True)
class ChancesUpdated:
    """A case before and after; the same when it had this very table."""

    before: Case
    after: Case

    @property
    def rows(self) -> int:
        """How many rows were written: those of the new version, or none."""
        return 0 if self.after is self.before else len(self.after.odds.rows)


def update_chances(
    transactions: Transactions,
    clock: Clock,
    caller: Caller,
    tables: Mapping[str, Sequence[NamedChance]],
    render: Callable[[Sequence[ChancesUpdated]], bytes],
) -> Answered:
    """Give each of the named cases its whole table, all or none; ``render`` gets them in the order they were given.

    A table that the case has already makes no new version. Raises :class:`Refused`: ``unknown_names`` listing every
    unknown case and pack, ``invalid_request`` naming the case whose rows are no odds table.
    """
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        # All cases are locked before the first is published: publishing locks the catalogue, which comes last.
        cases = tx.catalogue.cases(list(tables))
        wanted = decide(cases, tx.catalogue.packs(), tables)
        updated = [ChancesUpdated(cases[name], publish(tx, cases[name], table, "feed", at)) for name, table in wanted]
        for one in updated:
            if one.rows:
                words = _words(one.before), _words(one.after)
                tx.operator_log.append(caller.name, "update_chances", f"case:{one.after.id}", *words, at)
        return render(updated)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def decide(
    cases: Mapping[str, Case], packs: Sequence[Pack], tables: Mapping[str, Sequence[NamedChance]]
) -> list[tuple[str, OddsTable]]:
    """The table of every named case. Raises :class:`Refused` like :func:`update_chances`."""
    ids = {matched_names(pack.collection_name, pack.pack_name): pack.id for pack in packs}
    named = {(row.collection_name, row.pack_name) for rows in tables.values() for row in rows}
    unknown = unknown_names(
        tables.keys() - cases.keys(), (names for names in named if matched_names(*names) not in ids)
    )
    if unknown is not None:
        raise Refused(unknown)
    pairs = {
        name: [(ids[matched_names(row.collection_name, row.pack_name)], row.chance) for row in rows]
        for name, rows in tables.items()
    }
    return [(name, _table(name, rows)) for name, rows in pairs.items()]


def _table(name: str, rows: Sequence[tuple[int, float]]) -> OddsTable:
    try:
        return odds_table(rows)
    except BadOdds as error:
        raise Refused(InvalidRequest(f"data.{name}", str(error))) from error


def _words(case: Case) -> dict[str, object]:
    return {"odds_id": case.odds_id, "table_id": case.odds.table_id}

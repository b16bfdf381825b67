"""Chances and prices as a feeder sends them: many cases by name, all or none, each kept version by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from stickercase.domain.cases.catalogue import Case
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.refusal import IdempotencyKeyReused, InvalidRequest, Refusal, Refused, UnknownNames
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.update_chances import ChancesUpdated, NamedChance, update_chances
from stickercase.domain.use_cases.update_prices import PriceUpdate, PriceUpdated, update_prices
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

Tables = Mapping[str, Sequence[NamedChance]]


def row(pack: Pack, chance: float) -> NamedChance:
    return NamedChance(pack.collection_name, pack.pack_name, chance)


def _rows(updated: Sequence[ChancesUpdated]) -> bytes:
    return " ".join(f"{one.after.name}:{one.rows}" for one in updated).encode()


def _changed(updated: Sequence[PriceUpdated]) -> bytes:
    return " ".join(f"{one.after.name}:{one.is_changed}:{one.is_disputed}" for one in updated).encode()


def chances(world: World, tables: Tables, caller: Caller = OPERATOR) -> Answered:
    return update_chances(world.transactions, world.clock, caller, tables, _rows)


def prices(world: World, updates: Mapping[str, PriceUpdate], caller: Caller = OPERATOR) -> Answered:
    return update_prices(world.transactions, world.clock, caller, updates, _changed)


def shown(world: World, case: Case) -> Case:
    return world.reading.shelf()[0].cases[case.name]


def refusal_of(world: World, tables: Tables) -> Refusal:
    with pytest.raises(Refused) as refused:
        chances(world, tables)
    return refused.value.refusal


# --- the port


def test_cases_are_found_by_name(world: World) -> None:
    packs = [world.new_pack() for _ in range(2)]
    made = [world.new_case([(packs[0].id, 1.0)]) for _ in range(3)]
    made[1] = world.edit_case(made[1], CaseChange(items=[(packs[1].id, 1.0)]))
    with world.transactions() as tx:
        assert tx.catalogue.cases([made[2].name, made[1].name, "Nope"]) == {case.name: case for case in made[1:]}
        assert tx.catalogue.cases([]) == {}
        assert list(tx.catalogue.packs()) == packs


def test_a_reported_fee_is_kept(world: World) -> None:
    case = world.new_case([(world.new_pack().id, 1.0)])
    with world.transactions() as tx:
        tx.catalogue.edit_case(replace(case, reported_fee=-0.1))
    assert shown(world, case) == replace(case, reported_fee=-0.1)
    # What an operator edits later leaves it alone.
    assert world.edit_case(case, CaseChange(price_nano=5)).reported_fee == -0.1


# --- chances


def test_each_case_gets_its_whole_table_as_a_new_version(world: World) -> None:
    packs = [world.new_pack(3) for _ in range(3)]
    first, second, other = (world.new_case([(packs[0].id, 1.0)]) for _ in range(3))
    told = chances(
        world,
        {
            second.name: [row(packs[2], 0.25), row(packs[1], 0.75)],
            first.name: [row(pack, chance) for pack, chance in zip(packs, (0.047, 0.906, 0.047), strict=True)],
        },
    )
    assert told.answer == f"{second.name}:2 {first.name}:3".encode()
    assert shown(world, second).odds == odds_table([(packs[1].id, 0.75), (packs[2].id, 0.25)])
    assert shown(world, first).odds == odds_table(
        [(pack.id, p) for pack, p in zip(packs, (0.047, 0.906, 0.047), strict=True)]
    )
    assert shown(world, other) == other
    newest = shown(world, first)
    assert newest.odds_id != first.odds_id
    who, action, subject, before, after, _ = world.back_door.operator_log()[-1]
    assert (who, action, subject) == (OPERATOR.name, "update_chances", f"case:{first.id}")
    assert before == {"odds_id": first.odds_id, "table_id": first.odds.table_id}
    assert after == {"odds_id": newest.odds_id, "table_id": newest.odds.table_id}
    assert all_held(world.audits.audit())


def test_an_equal_table_makes_no_new_version(world: World) -> None:
    packs = [world.new_pack() for _ in range(2)]
    case = world.new_case([(pack.id, 0.5) for pack in packs])
    before = world.snapshot()
    assert chances(world, {case.name: [row(pack, 0.5) for pack in packs[::-1]]}).answer == f"{case.name}:0".encode()
    assert chances(world, {}).answer == b""
    assert world.snapshot() == before


def test_the_next_opening_is_drawn_from_the_new_table(world: World) -> None:
    packs = [world.new_pack(5) for _ in range(2)]
    case, player = world.new_case([(packs[0].id, 1.0)]), world.new_player(5 * NANO)
    for pack in (packs[1], packs[0], packs[1]):
        chances(world, {case.name: [row(pack, 1.0)]})
        world.open(player, case)
        newest = world.draws(world.pair(player))[-1]
        assert (newest.pack_id, newest.record.table_id) == (pack.id, shown(world, case).odds.table_id)
    assert all_held(world.audits.audit())


def test_packs_are_named_however_they_are_spelled(world: World) -> None:
    pack = world.new_pack(name="Café STRASSE", collection="Éclair")
    other = world.new_pack(name="Café STRASSE", collection="Other")
    case = world.new_case([(other.id, 1.0)])
    chances(world, {case.name: [NamedChance("e\u0301CLAIR", "Cafe\u0301 Straße", 1)]})
    assert shown(world, case).odds.pack_ids_with_tickets == (pack.id,)


def test_all_unknown_names_are_listed_at_once(world: World) -> None:
    pack = world.new_pack(name="Cook", collection="DOGS OG")
    case = world.new_case([(pack.id, 1.0)])
    before = world.snapshot()
    refusal = refusal_of(
        world,
        {
            case.name: [row(pack, 0.5), NamedChance("DOGS OG", "Nope", 0.5)],
            "Omega": [row(pack, 1.0)],
            "Alpha": [NamedChance("Cook", "DOGS OG", 1.0), NamedChance("DOGS OG", "Nope", 0.5)],
        },
    )
    names = (("Cook", "DOGS OG"), ("DOGS OG", "Nope"))
    told = "Alpha, Omega, Cook / DOGS OG, DOGS OG / Nope"
    assert refusal == UnknownNames(told, ("Alpha", "Omega"), names)
    with pytest.raises(Refused) as refused:
        prices(world, {case.name: PriceUpdate(5), "Omega": PriceUpdate(5), "Alpha": PriceUpdate(5)})
    assert refused.value.refusal == UnknownNames("Alpha, Omega", ("Alpha", "Omega"), ())
    assert world.snapshot() == before


@pytest.mark.parametrize(
    "table",
    [
        [],
        [("Cook", 0.5)],
        [("Cook", 0.5), ("cook", 0.5)],
        [("Cook", 0.5), ("Not Cap", 0.500000002)],
        [("Cook", 1.5), ("Not Cap", -0.5)],
        [("Cook", float("nan"))],
    ],
)
def test_one_bad_table_changes_no_case(world: World, table: list[tuple[str, float]]) -> None:
    packs = [world.new_pack(name=name, collection="DOGS OG") for name in ("Cook", "Not Cap")]
    good, bad = (world.new_case([(pack.id, 1.0)]) for pack in packs)
    before = world.snapshot()
    named = [NamedChance("DOGS OG", name, chance) for name, chance in table]
    refusal = refusal_of(world, {good.name: [row(packs[1], 1.0)], bad.name: named})
    assert isinstance(refusal, InvalidRequest)
    assert refusal.field == f"data.{bad.name}"
    assert world.snapshot() == before


def test_an_interrupted_feed_leaves_no_trace(world: World) -> None:
    packs = [world.new_pack() for _ in range(2)]
    case = world.new_case([(packs[0].id, 1.0)])
    failing = interrupted(world.transactions)
    before = world.snapshot()
    for act in (
        lambda: update_chances(failing, world.clock, OPERATOR, {case.name: [row(packs[1], 1.0)]}, _rows),
        lambda: update_prices(failing, world.clock, OPERATOR, {case.name: PriceUpdate(5, 3.0)}, _changed),
    ):
        with pytest.raises(Interrupted):
            act()
        assert world.snapshot() == before


def test_one_key_is_one_feed(world: World) -> None:
    packs = [world.new_pack() for _ in range(2)]
    case = world.new_case([(packs[0].id, 1.0)])
    keyed = replace(OPERATOR, key="chances", request_hash=b"1")
    first = chances(world, {case.name: [row(packs[1], 1.0)]}, keyed)
    world.edit_case(case, CaseChange(items=[(packs[0].id, 1.0)]))
    again = chances(world, {case.name: [row(packs[1], 1.0)]}, keyed)
    assert (first, again) == (Answered(first.answer, False), Answered(first.answer, True))
    assert shown(world, case).odds.pack_ids_with_tickets == (packs[0].id,)
    with pytest.raises(Refused) as refused:
        prices(world, {case.name: PriceUpdate(5)}, replace(keyed, request_hash=b"2"))
    assert refused.value.refusal == IdempotencyKeyReused()


def test_feeds_of_many_cases_at_once_end(world: World) -> None:
    """Each locks all its cases, in one order, before it locks the catalogue: nobody waits for ever."""
    packs = [world.new_pack(50) for _ in range(2)]
    cases = [world.new_case([(packs[0].id, 1.0)]) for _ in range(4)]
    players = [world.new_player(NANO) for _ in cases]
    tables = [{case.name: [row(packs[n % 2], 1.0)] for case in cases[:: 1 if n % 3 else -1]} for n in range(6)]
    updates = [{case.name: PriceUpdate(NANO, float(n)) for case in cases[:: 1 if n % 2 else -1]} for n in range(4)]
    at_once(
        [
            *(lambda table=table: chances(world, table) for table in tables),
            *(lambda update=update: prices(world, update) for update in updates),
            *(lambda p=p, c=c: world.open(p, c) for p, c in zip(players, cases, strict=True)),
        ]
    )
    assert len({shown(world, case).odds.table_id for case in cases}) == 1, "a feed is taken in whole"
    assert len({shown(world, case).reported_fee for case in cases}) == 1
    assert [world.balance(player) for player in players] == [0] * 4
    assert all_held(world.audits.audit())


# --- prices


def test_a_price_is_set_and_a_fee_is_kept_beside_ours(world: World) -> None:
    pack = world.new_pack(floor_nano=8 * NANO // 10)
    priced, measured, other = (world.new_case([(pack.id, 1.0)], NANO) for _ in range(3))
    told = prices(world, {priced.name: PriceUpdate(2 * NANO, 60.0), measured.name: PriceUpdate(fee=19.5)})
    assert told.answer == f"{priced.name}:True:False {measured.name}:True:True".encode()
    assert shown(world, priced) == replace(priced, price_nano=2 * NANO, reported_fee=60.0)
    assert shown(world, measured) == replace(measured, reported_fee=19.5)
    assert shown(world, other) == other
    who, action, subject, before, after, _ = world.back_door.operator_log()[-1]
    assert (who, action, subject) == (OPERATOR.name, "update_price", f"case:{measured.id}")
    assert before == {"price_nano": NANO, "reported_fee": None}
    assert after == {"price_nano": NANO, "reported_fee": 19.5}
    before_again = world.snapshot()
    again = prices(world, {priced.name: PriceUpdate(2 * NANO, 60.0), measured.name: PriceUpdate(fee=19.5)})
    assert again.answer == f"{priced.name}:False:False {measured.name}:False:True".encode()
    assert world.snapshot() == before_again


@pytest.mark.parametrize(("fee", "is_disputed"), [(20.0, False), (20.0099, False), (20.0101, True), (19.9898, True)])
def test_a_hundredth_of_a_point_is_let_pass(world: World, fee: float, is_disputed: bool) -> None:
    case = world.new_case([(world.new_pack(floor_nano=8 * NANO // 10).id, 1.0)], NANO)
    told = prices(world, {case.name: PriceUpdate(fee=fee)})
    assert told.answer == f"{case.name}:True:{is_disputed}".encode()


@pytest.mark.parametrize(
    ("update", "field"),
    [
        (PriceUpdate(0), ".price"),
        (PriceUpdate(-1), ".price"),
        (PriceUpdate(), ""),
        (PriceUpdate(fee=float("inf")), ".fee"),
        (PriceUpdate(5, float("nan")), ".fee"),
    ],
)
def test_one_bad_price_changes_no_case(world: World, update: PriceUpdate, field: str) -> None:
    good, bad = (world.new_case([(world.new_pack().id, 1.0)]) for _ in range(2))
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        prices(world, {good.name: PriceUpdate(5), bad.name: update})
    refusal = refused.value.refusal
    assert isinstance(refusal, InvalidRequest)
    assert refusal.field == f"data.{bad.name}{field}"
    assert world.snapshot() == before


def test_long_lists_of_unknown_names_are_cut_for_people_only(world: World) -> None:
    with pytest.raises(Refused) as refused:
        prices(world, {f"Case {n:02}": PriceUpdate(5) for n in range(25)})
    refusal = refused.value.refusal
    assert isinstance(refusal, UnknownNames)
    assert refusal.names.endswith("Case 19 and 5 more")
    assert len(refusal.cases) == 25

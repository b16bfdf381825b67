"""Packs, cases and odds versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from stickercase.domain.cases.catalogue import Case, CaseStatus, OffSale
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.refusal import AlreadyExists, InvalidRequest, NotFound, Refusal, Refused
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.publish_cases import CaseChange, NewCase, add_case, edit_case
from stickercase.domain.use_cases.stock_packs import PackChange, add_pack, edit_pack
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

DRAFT = Pack(0, "Пепе", "Pepe & Co", "Fuse", 3_413_000_000, "pepe.png", PackStatus.INACTIVE, "gift-7")


def _version(world: World) -> int:
    return world.reading.shelf()[0].version


def _case(world: World, name: str) -> Case:
    return world.reading.shelf()[0].cases[name]


def _refusal(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusal


# --- packs


def test_a_pack_is_kept_as_it_was_given(world: World) -> None:
    made: list[Pack] = []
    add_pack(world.transactions, world.clock, OPERATOR, DRAFT, lambda pack: made.append(pack) or b"")
    assert made == [replace(DRAFT, id=made[0].id)]
    shelf, free = world.reading.shelf()
    assert shelf.packs == {made[0].id: made[0]}
    assert free == {made[0].id: 0}
    with world.transactions() as tx:
        assert tx.catalogue.pack(made[0].id) == made[0]
        assert tx.catalogue.pack(made[0].id + 1) is None
        assert tx.catalogue.known_packs([made[0].id, made[0].id + 1]) == {made[0].id}
        assert tx.catalogue.known_packs([]) == set()


def test_names_are_matched_without_regard_to_spelling(world: World) -> None:
    world.new_pack(name="Café STRASSE", collection="Éclair")
    before = world.snapshot()
    for name, collection in (("Cafe\u0301 Straße", "e\u0301CLAIR"), ("CAFÉ strasse", "éclair")):
        refusal = _refusal(lambda name=name, collection=collection: world.new_pack(name=name, collection=collection))
        assert refusal == AlreadyExists("pack", f"{collection} / {name}")
    assert world.snapshot() == before


def test_collection_and_name_are_matched_together(world: World) -> None:
    names = [("b", "a"), ("a", "b"), ("ab", ""), ("", "ab"), ("a b", "a"), ("b", "a a"), ("a", "a")]
    packs = [world.new_pack(name=name or " ", collection=collection) for name, collection in names]
    assert len({pack.id for pack in packs}) == len(names)


def test_editing_a_pack_replaces_its_fields(world: World) -> None:
    pack, other = world.new_pack(2), world.new_pack()
    change = PackChange("N", "C", "Fuse", MAX_UNITS, "n.png", "gift-1", PackStatus.INACTIVE)
    edited = world.edit_pack(pack, change)
    assert edited == Pack(pack.id, "N", "C", "Fuse", MAX_UNITS, "n.png", PackStatus.INACTIVE, "gift-1")
    assert world.edit_pack(pack, PackChange(floor_nano=0)) == replace(edited, floor_nano=0)
    assert world.reading.shelf()[0].packs[other.id] == other
    assert world.free(pack) == 2


def test_a_pack_cannot_take_anothers_names(world: World) -> None:
    taken, pack = world.new_pack(name="Taken"), world.new_pack(name="Pack")
    before = world.snapshot()
    assert _refusal(lambda: world.edit_pack(pack, PackChange(pack_name="TAKEN"))) == AlreadyExists(
        "pack", "Some / TAKEN"
    )
    assert _refusal(lambda: world.edit_pack(replace(pack, id=10**9), PackChange(floor_nano=1))) == NotFound(
        "pack", str(10**9)
    )
    assert world.snapshot() == before
    assert world.edit_pack(pack, PackChange(pack_name="PACK")).pack_name == "PACK"
    assert world.edit_pack(pack, PackChange(pack_name="TAKEN", collection_name="Other")).id != taken.id
    assert world.new_pack(name="pack").id != pack.id


# --- cases


def test_a_case_is_kept_as_it_was_given(world: World) -> None:
    items = [(world.new_pack().id, chance) for chance in (0.0025, 0.051798642533936665, 0.9457013574660634)]
    new = NewCase("Sigma Case", 90_500_000_000, 19.58228694282642, "s.png", CaseStatus.INACTIVE, items[::-1])
    made: list[Case] = []
    add_case(world.transactions, world.clock, OPERATOR, new, lambda case: made.append(case) or b"")
    case = _case(world, "Sigma Case")
    assert made == [case]
    assert case.odds == odds_table(items)
    off_sale = OffSale(OPERATOR.name, "an operator took it off sale")
    assert replace(case, id=0, odds_id=0) == Case(
        0, new.name, new.price_nano, new.base_fee, new.image_url, new.status, 0, odds_table(items), off_sale=off_sale
    )
    with world.transactions() as tx:
        assert tx.catalogue.case("Sigma Case") == case
        assert tx.catalogue.case("sigma case") is None


def test_case_names_are_unique_to_the_letter(world: World) -> None:
    pack = world.new_pack()
    new = NewCase("Sigma", NANO, 20.0, "", CaseStatus.ACTIVE, [(pack.id, 1.0)])

    def add(name: str) -> None:
        add_case(world.transactions, world.clock, OPERATOR, replace(new, name=name), lambda case: b"")

    for name in ("Sigma", "sigma", "SIGMA"):
        add(name)
    before = world.snapshot()
    assert _refusal(lambda: add("Sigma")) == AlreadyExists("case", "Sigma")
    assert world.snapshot() == before


@pytest.mark.parametrize("name", ["", " ", "a/b", " a", "a ", "a\nb", "a\x1b[2Jb", "a\u202eb"])
def test_a_case_has_a_name_that_fits_into_an_address(world: World, name: str) -> None:
    pack = world.new_pack(1)
    new = NewCase(name, NANO, 20.0, "", CaseStatus.ACTIVE, [(pack.id, 1.0)])
    before = world.snapshot()
    refused = _refusal(lambda: add_case(world.transactions, world.clock, OPERATOR, new, lambda made: b""))
    assert isinstance(refused, InvalidRequest)
    assert world.snapshot() == before


def test_a_case_needs_packs_that_are_there(world: World) -> None:
    pack, case = world.new_pack(), world.new_case([(world.new_pack().id, 1.0)])
    before = world.snapshot()
    items = [(pack.id, 0.5), (10**9, 0.25), (10**9 + 1, 0.25)]
    missing = NotFound("pack", f"{10**9}, {10**9 + 1}")
    assert _refusal(lambda: world.new_case(items)) == missing
    assert _refusal(lambda: world.edit_case(case, CaseChange(items=items))) == missing
    assert _refusal(lambda: world.edit_case(replace(case, name="?"), CaseChange())) == NotFound("case", "?")
    assert world.snapshot() == before


def test_editing_a_case_replaces_what_is_given(world: World) -> None:
    pack, other = world.new_pack(), world.new_pack()
    case = world.new_case([(pack.id, 1.0)])
    edited = world.edit_case(case, CaseChange(7, 0.1, "new.png", CaseStatus.INACTIVE))
    off_sale = OffSale(OPERATOR.name, "an operator took it off sale")
    assert edited == replace(
        case, price_nano=7, base_fee=0.1, image_url="new.png", status=CaseStatus.INACTIVE, off_sale=off_sale
    )
    items = [(other.id, 0.75), (pack.id, 0.25)]
    again = world.edit_case(edited, CaseChange(items=items))
    assert again == replace(edited, odds=odds_table(items), odds_id=again.odds_id)
    assert again.odds_id != edited.odds_id


def test_the_same_odds_make_no_new_version(world: World) -> None:
    packs = [world.new_pack() for _ in range(2)]
    case = world.new_case([(pack.id, 0.5) for pack in packs])
    before = world.snapshot()
    assert world.edit_case(case, CaseChange(items=[(pack.id, 0.5) for pack in packs[::-1]])) == case
    assert world.snapshot() == before


def test_old_odds_stay_with_the_draws_made_under_them(world: World) -> None:
    packs = [world.new_pack(5) for _ in range(2)]
    case = world.new_case([(packs[0].id, 1.0)])
    player = world.new_player(2 * NANO)
    world.open(player, case)
    newer = world.edit_case(case, CaseChange(items=[(packs[1].id, 1.0)]))
    world.open(player, newer)
    draws = world.draws(world.pair(player))
    assert [draw.record.table_id for draw in draws] == [case.odds.table_id, newer.odds.table_id]
    assert [draw.record.table for draw in draws] == [((str(pack.id), 2**53),) for pack in packs]
    assert [draw.pack_id for draw in draws] == [pack.id for pack in packs]
    assert world.audit()["tables_sound"].checked == 2
    assert all_held(world.audits.audit())


def test_every_change_makes_a_newer_shelf(world: World) -> None:
    versions = [_version(world)]

    def note() -> None:
        versions.append(_version(world))

    pack = world.new_pack()
    note()
    case = world.new_case([(pack.id, 1.0)])
    note()
    for change in (CaseChange(price_nano=5), CaseChange(items=[(pack.id, 0.5), (world.new_pack().id, 0.5)])):
        case = world.edit_case(case, change)
        note()
    world.edit_pack(pack, PackChange(floor_nano=5))
    note()
    assert versions == sorted(set(versions))
    world.add_units(pack.id, 3)
    world.edit_case(case, CaseChange())
    note()
    assert versions[-1] == versions[-2]


def test_an_interrupted_change_leaves_no_trace(world: World) -> None:
    pack, spare, case = world.new_pack(2), world.new_pack(), world.new_case([(world.new_pack(1).id, 1.0)])
    failing = interrupted(world.transactions)
    new_case = NewCase("New", NANO, 20.0, "", CaseStatus.ACTIVE, [(pack.id, 1.0)])
    items = CaseChange(items=[(pack.id, 0.5), (spare.id, 0.5)], price_nano=9)
    before = world.snapshot()
    for act in (
        lambda: add_pack(failing, world.clock, OPERATOR, DRAFT, lambda _: b""),
        lambda: edit_pack(failing, world.clock, OPERATOR, pack.id, PackChange(pack_name="New"), lambda _: b""),
        lambda: add_case(failing, world.clock, OPERATOR, new_case, lambda _: b""),
        lambda: edit_case(failing, world.clock, OPERATOR, case.name, items, lambda _: b""),
    ):
        with pytest.raises(Interrupted):
            act()
        assert world.snapshot() == before
    # The names are free again, and the next change is not mistaken for the one that was taken back.
    assert world.new_pack(name="New").pack_name == "New"
    assert world.edit_case(case, CaseChange(price_nano=8)).price_nano == 8
    assert world.edit_pack(pack, PackChange(pack_name="Newer")).pack_name == "Newer"


# --- races


def _winners(jobs: list[Callable[[], object]]) -> tuple[int, list[Refusal]]:
    def run(job: Callable[[], object]) -> Refusal | None:
        try:
            job()
        except Refused as refused:
            return refused.refusal
        return None

    outcomes = at_once([lambda job=job: run(job) for job in jobs])
    return outcomes.count(None), [outcome for outcome in outcomes if outcome is not None]


def test_one_name_at_once_is_one_pack(world: World) -> None:
    names = ["Pepe", "PEPE", "pepe", "pEPE"] * 2
    added, refusals = _winners([lambda name=name: world.new_pack(name=name) for name in names])
    assert (added, {type(refusal) for refusal in refusals}) == (1, {AlreadyExists})
    assert len(world.reading.shelf()[0].packs) == 1


def test_one_name_at_once_is_one_case(world: World) -> None:
    pack = world.new_pack()
    new = NewCase("Sigma", NANO, 20.0, "", CaseStatus.ACTIVE, [(pack.id, 1.0)])
    add = [lambda: add_case(world.transactions, world.clock, OPERATOR, new, lambda _: b"")] * 8
    assert _winners(add) == (1, [AlreadyExists("case", "Sigma")] * 7)


def test_two_packs_renamed_alike_at_once_do_not_both_get_the_name(world: World) -> None:
    packs = [world.new_pack() for _ in range(6)]
    change = PackChange(pack_name="Wanted")
    renamed, refusals = _winners([lambda pack=pack: world.edit_pack(pack, change) for pack in packs])
    assert (renamed, refusals) == (1, [AlreadyExists("pack", "Some / Wanted")] * 5)


def test_changes_of_different_fields_at_once_are_all_kept(world: World) -> None:
    pack, spare = world.new_pack(), world.new_pack()
    case = world.new_case([(pack.id, 1.0)])
    changes = [
        CaseChange(price_nano=7),
        CaseChange(base_fee=5.0),
        CaseChange(image_url="x"),
        CaseChange(items=[(spare.id, 1.0)]),
    ]
    at_once([lambda change=change: world.edit_case(case, change) for change in changes * 2])
    after = _case(world, case.name)
    assert (after.price_nano, after.base_fee, after.image_url) == (7, 5.0, "x")
    assert after.odds == odds_table([(spare.id, 1.0)])
    assert world.audit()["tables_sound"].checked == 2


def test_openings_while_the_odds_change_are_drawn_from_the_table_they_name(world: World) -> None:
    packs = [world.new_pack(80) for _ in range(2)]
    case, player = world.new_case([(packs[0].id, 1.0)]), world.new_player(40 * NANO)
    tables = [[(packs[i % 2].id, 1.0)] for i in range(6)]
    opening = [lambda: [world.open(player, case) for _ in range(8)]] * 4
    results = at_once([*opening, lambda: [world.edit_case(case, CaseChange(items=items)) for items in tables]])
    assert all(isinstance(outcome, Answered) for outcomes in results[:4] for outcome in outcomes)
    draws = world.draws(world.pair(player))
    assert len(draws) == 32
    assert all(draw.record.table == ((str(draw.pack_id), 2**53),) for draw in draws)
    assert all_held(world.audits.audit())

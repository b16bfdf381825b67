"""The house's units."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.refusal import AlreadyExists, InvalidRequest, NotFound, OutOfStickers, Refusal, Refused
from stickercase.domain.stock.packs import NewUnit, Unit
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.stock_packs import MAX_NUMBER, MAX_UNITS_AT_ONCE, add_units
from stickercase.ports.failures import BrokenLaw
from support.races import at_once
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World


def _refusal(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusal


def test_units_are_counted(world: World) -> None:
    pack, other = world.new_pack(), world.new_pack(1)
    assert world.free(pack) == 0
    assert world.add_units(pack.id, [3, 0, MAX_NUMBER]) == 3
    assert world.add_units(pack.id, [1]) == 4
    assert (world.free(pack), world.free(other)) == (4, 1)
    with world.transactions() as tx:
        assert tx.stock.lock([other.id, 10**9, pack.id]) == {pack.id: 4, other.id: 1}
    assert all_held(world.audits.audit())


def test_a_unit_may_live_on_the_chain(world: World) -> None:
    pack = world.new_pack()
    with world.transactions() as tx:
        tx.stock.lock([pack.id])
        tx.stock.add(pack.id, [NewUnit(1, "EQ" + "a" * 46), NewUnit(2)], world.clock.now())
    assert world.free(pack) == 2


def test_numbers_are_known_wherever_their_units_are(world: World) -> None:
    pack, other = world.new_pack([1, 2, 3]), world.new_pack([9])
    case, player = world.new_case([(pack.id, 1.0)]), world.new_player(NANO)
    world.open(player, case)
    with world.transactions() as tx:
        assert tx.stock.known_numbers(pack.id, [0, 1, 2, 9]) == {1, 2}
        assert tx.stock.known_numbers(other.id, [1, 9]) == {9}
        assert tx.stock.known_numbers(pack.id, []) == set()


def test_a_number_is_a_units_for_ever(world: World) -> None:
    pack = world.new_pack([1, 2])
    world.open(world.new_player(NANO), world.new_case([(pack.id, 1.0)]))
    before = world.snapshot()
    assert _refusal(lambda: world.add_units(pack.id, [3, 2, 1])) == AlreadyExists("unit", "1, 2")
    assert world.snapshot() == before


def test_all_or_none_are_added(world: World) -> None:
    pack = world.new_pack([1])
    before = world.snapshot()
    for numbers in ([], [2, 2], [-1], [MAX_NUMBER + 1], list(range(2, MAX_UNITS_AT_ONCE + 3))):
        refusal = _refusal(lambda numbers=numbers: world.add_units(pack.id, numbers))
        assert isinstance(refusal, InvalidRequest)
        assert refusal.field == "numbers"
    assert _refusal(lambda: world.add_units(10**9, [1])) == NotFound("pack", str(10**9))
    assert world.snapshot() == before


def test_as_many_as_one_may_can_be_added(world: World) -> None:
    pack = world.new_pack()
    assert world.add_units(pack.id, list(range(MAX_UNITS_AT_ONCE, 0, -1))) == MAX_UNITS_AT_ONCE
    assert world.reading.specimen(pack.id) == 1


def test_an_interrupted_delivery_leaves_no_trace(world: World) -> None:
    for numbers in ([], [5, 7]):
        pack = world.new_pack(numbers)
        before = world.snapshot()
        with pytest.raises(Interrupted):
            add_units(
                interrupted(world.transactions),
                world.clock,
                OPERATOR,
                pack.id,
                [NewUnit(6), NewUnit(3), NewUnit(9)],
                lambda free: b"",
            )
        assert world.snapshot() == before
        # The numbers are free again.
        assert world.add_units(pack.id, [3, 6]) == len(numbers) + 2
    assert all_held(world.audits.audit())


def test_stock_that_comes_back_opens_the_case_again(world: World) -> None:
    pack = world.new_pack([1])
    case, player = world.new_case([(pack.id, 1.0)]), world.new_player(3 * NANO)
    outcomes = [world.open(player, case), world.open(player, case)]
    world.add_units(pack.id, [2])
    outcomes.append(world.open(player, case))
    assert [type(outcome) for outcome in outcomes] == [Answered, OutOfStickers, Answered]


# --- single units


def test_a_unit_is_known_by_its_id_and_free_until_it_is_taken(world: World) -> None:
    shop = open_shop(world, cheap=2)
    ids = world.back_door.unit_ids(shop.cheap.id)
    first, second = (Unit(ids[number], shop.cheap.id, number) for number in (1, 2))

    def seen() -> list[tuple[Unit, bool] | None]:
        with world.transactions() as tx:
            return [tx.stock.unit(unit_id) for unit_id in (first.id, second.id, 10**9)]

    assert seen() == [(first, True), (second, True), None]
    player = shop.player(1)
    assert seen() == [(first, False), (second, True), None]
    assert isinstance(world.sell(player, shop.items(player)[0]), Answered)
    assert seen() == [(first, True), (second, True), None]


def test_what_is_taken_and_put_back_is_counted_at_once(world: World) -> None:
    shop = open_shop(world, cheap=5)
    player = shop.player(2)
    items, dear = shop.items(player), shop.targets()[0]
    packs = [shop.cheap.id, shop.dear.id]

    def move() -> None:
        with interrupted(world.transactions)() as tx:
            assert tx.stock.lock(packs) == {shop.cheap.id: 3, shop.dear.id: 3}
            known = tx.stock.unit(dear)
            assert known is not None
            tx.stock.take(known[0])
            assert tx.stock.unit(dear) == (known[0], False)
            back = list(tx.inventory.items(player.id, items).values())
            tx.inventory.end(player.id, items)
            tx.stock.put_back(back)
            tx.stock.put_back([])
            assert all(tx.stock.unit(unit.id) == (unit, True) for unit in back)
            assert tx.stock.lock(packs) == {shop.cheap.id: 5, shop.dear.id: 2}

    with pytest.raises(Interrupted):
        move()
    assert (world.free(shop.cheap), world.free(shop.dear)) == (3, 3)


def test_a_unit_that_is_not_free_cannot_be_taken(world: World) -> None:
    shop = open_shop(world)
    shop.player(1)
    ids = world.back_door.unit_ids(shop.cheap.id)
    owned, free = Unit(ids[1], shop.cheap.id, 1), Unit(ids[2], shop.cheap.id, 2)
    before = world.snapshot()

    def take(units: list[Unit]) -> None:
        with world.transactions() as tx:
            tx.stock.lock([shop.cheap.id])
            for unit in units:
                tx.stock.take(unit)

    for taken in ([owned], [free, free]):
        with pytest.raises(AssertionError):
            take(taken)
        assert world.snapshot() == before


def test_a_free_unit_cannot_be_put_back(world: World) -> None:
    shop = open_shop(world)
    free = Unit(shop.targets()[0], shop.dear.id, 1)
    before = world.snapshot()

    def put_back() -> None:
        with world.transactions() as tx:
            tx.stock.lock([free.pack_id])
            tx.stock.put_back([free])

    with pytest.raises(BrokenLaw):
        put_back()
    assert world.snapshot() == before


def test_a_unit_that_came_back_is_drawn_again_lowest_number_first(world: World) -> None:
    shop = open_shop(world, cheap=6)
    player = shop.player(5)
    for item in world.items(player)[1::2]:
        assert isinstance(world.sell(player, item.id), Answered)
    assert world.reading.specimen(shop.cheap.id) == 2
    again = shop.player(3)
    assert [item.number for item in reversed(world.items(again))] == [2, 4, 6]
    assert all_held(world.audits.audit())


# --- races


def test_one_number_at_once_is_one_unit(world: World) -> None:
    pack = world.new_pack()

    def add(own: int) -> object:
        try:
            return world.add_units(pack.id, [7, own])
        except Refused as refused:
            return refused.refusal

    outcomes = at_once([lambda own=own: add(own) for own in range(100, 108)])
    assert outcomes.count(2) == 1
    assert outcomes.count(AlreadyExists("unit", "7")) == 7
    assert world.free(pack) == 2
    assert all_held(world.audits.audit())


def test_deliveries_and_openings_at_once_are_all_counted(world: World) -> None:
    pack = world.new_pack(8)
    case, players = world.new_case([(pack.id, 1.0)]), [world.new_player(4 * NANO) for _ in range(4)]
    opening = [lambda player=player: world.open(player, case, 2) for player in players]
    adding = [lambda first=first: world.add_units(pack.id, [first, first + 1]) for first in range(1000, 1008, 2)]
    outcomes = at_once([*opening, *adding])
    assert all(isinstance(outcome, Answered) for outcome in outcomes[:4])
    assert sorted(outcomes[4:])[-1] <= 16
    assert world.free(pack) == 8
    assert all_held(world.audits.audit())

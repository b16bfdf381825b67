"""What the house believes of floor prices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.refusal import PriceUnreliable
from stickercase.domain.stock.floors import Floor, Quarantined
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.stock_packs import PackChange
from support.clock import NOON
from support.races import at_once
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World

LATER = datetime(2025, 6, 2, 3, 4, 5, 678901, tzinfo=UTC)
WAITING = Quarantined(9 * NANO, LATER, "гетгемс & co")


def _version(world: World) -> int:
    return world.reading.shelf()[0].version


def test_a_new_packs_floor_is_the_operators_word_of_that_moment(world: World) -> None:
    pack, free = world.new_pack(floor_nano=7), world.new_pack(floor_nano=0)
    assert (world.floor(pack), world.floor(free)) == (Floor(7, NOON), Floor(0, NOON))


@pytest.mark.parametrize(
    "floor",
    [
        Floor(0, LATER),
        Floor(1, LATER, WAITING),
        Floor(MAX_UNITS, LATER, Quarantined(MAX_UNITS, LATER, "")),
        Floor(5, LATER, None, 1),
        Floor(5, LATER, WAITING, MAX_UNITS),
    ],
)
def test_a_floor_is_kept_as_it_was_written(world: World, floor: Floor) -> None:
    pack, other = world.new_pack(floor_nano=3), world.new_pack(floor_nano=4)
    with world.transactions() as tx:
        tx.floors.write({pack.id: floor})
        assert tx.floors.floors([pack.id]) == {pack.id: floor}
    with world.transactions() as tx:
        assert tx.floors.floors([pack.id, other.id, 10**9]) == {pack.id: floor, other.id: Floor(4, NOON)}
        assert tx.floors.floors([]) == {}
        assert tx.floors.lock() == {pack.id: floor, other.id: Floor(4, NOON)}
    assert world.reading.shelf()[0].packs[pack.id] == replace(pack, floor_nano=floor.price_nano)
    # Nothing of what was there before stays.
    world.set_floor(pack, Floor(3, LATER))
    assert world.floor(pack) == Floor(3, LATER)


def test_only_another_price_moves_the_shelf(world: World) -> None:
    pack, other = world.new_pack(floor_nano=5), world.new_pack(floor_nano=6)
    before = _version(world)
    for same in (Floor(5, LATER), Floor(5, LATER, WAITING), Floor(5, LATER, None, 9 * NANO)):
        world.set_floor(pack, same)
        assert _version(world) == before, same
    with world.transactions() as tx:
        tx.floors.write({})
        tx.floors.write({pack.id: Floor(5, NOON), other.id: Floor(6, LATER, WAITING)})
    assert _version(world) == before
    with world.transactions() as tx:
        tx.floors.write({pack.id: Floor(5, NOON), other.id: Floor(7, LATER)})
    shelf, _ = world.reading.shelf()
    assert shelf.version > before
    assert [shelf.packs[p.id].floor_nano for p in (pack, other)] == [5, 7]


def test_a_pack_keeps_its_floor_when_something_else_of_it_changes(world: World) -> None:
    pack = world.new_pack(floor_nano=5)
    floor = Floor(5, LATER, WAITING, 8)
    world.set_floor(pack, floor)
    assert world.edit_pack(pack, PackChange(pack_name="Another", gift_id="g")).floor_nano == 5
    assert world.floor(pack) == floor


def test_an_operators_floor_is_fresh_and_ends_a_quarantine(world: World) -> None:
    pack = world.new_pack(floor_nano=5)
    for price in (5, 50 * NANO):
        world.set_floor(pack, Floor(5, NOON, WAITING, 8))
        at = world.clock.pass_time(hours=30)
        world.edit_pack(pack, PackChange(floor_nano=price))
        assert world.floor(pack) == Floor(price, at)


def test_an_interrupted_writing_leaves_no_trace(world: World) -> None:
    pack, other = world.new_pack(floor_nano=5), world.new_pack(floor_nano=6)
    world.set_floor(other, Floor(6, LATER, WAITING, 8))
    before = world.snapshot()

    def write() -> None:
        with interrupted(world.transactions)() as tx:
            tx.floors.lock()
            tx.floors.write({pack.id: Floor(1, LATER, WAITING), other.id: Floor(2, LATER)})
            tx.floors.write({pack.id: Floor(3, NOON)})

    with pytest.raises(Interrupted):
        write()
    assert world.snapshot() == before


@pytest.mark.parametrize(
    ("floor", "why"),
    [
        (Floor(2 * NANO, NOON, WAITING), "quarantined"),
        (Floor(2 * NANO, NOON - timedelta(hours=24, microseconds=1)), "stale"),
        (Floor(0, NOON), "missing"),
    ],
)
def test_a_floor_in_doubt_stops_trading_and_not_opening(world: World, floor: Floor, why: str) -> None:
    shop = open_shop(world)
    player = shop.player(1, balance_nano=NANO)
    [item], target = shop.items(player), shop.targets()[0]
    world.set_floor(shop.cheap, floor)
    assert world.sell(player, item) == PriceUnreliable(shop.cheap.id, why)
    assert world.upgrade(player, [item], target) == PriceUnreliable(shop.cheap.id, why)
    assert isinstance(world.open(player, shop.case), Answered)
    assert world.events(player)[0].amount_nano == floor.price_nano
    # A target in doubt is no better, and no offer.
    world.set_floor(shop.cheap, Floor(2 * NANO, NOON))
    world.set_floor(shop.dear, floor)
    assert world.upgrade(player, [item], target) == PriceUnreliable(shop.dear.id, why)
    assert world.offers(player, [item]) == ()
    assert isinstance(world.sell(player, item), Answered)


def test_a_floor_is_good_for_a_day(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    first, second = shop.items(player)
    world.clock.pass_time(hours=24)
    assert isinstance(world.sell(player, first), Answered)
    world.clock.pass_time(microseconds=1)
    assert world.sell(player, second) == PriceUnreliable(shop.cheap.id, "stale")


# --- races


def test_whoever_holds_the_lock_is_the_only_writer(world: World) -> None:
    packs = [world.new_pack(floor_nano=100) for _ in range(3)]

    def raise_all() -> None:
        for _ in range(5):
            with world.transactions() as tx:
                found = tx.floors.lock()
                tx.floors.write({i: replace(floor, price_nano=floor.price_nano + 1) for i, floor in found.items()})

    def rename(place: int) -> None:
        for turn in range(5):
            world.edit_pack(packs[place % 3], PackChange(image_url=f"{place}-{turn}.png"))

    at_once([raise_all] * 4 + [lambda place=place: rename(place) for place in range(4)])
    assert [world.floor(pack).price_nano for pack in packs] == [120] * 3
    shelf, _ = world.reading.shelf()
    assert [shelf.packs[pack.id].floor_nano for pack in packs] == [120] * 3


def test_a_sale_gets_one_of_the_floors_that_were(world: World) -> None:
    shop = open_shop(world, cheap=24)
    player = shop.player(24)
    items = shop.items(player)

    def move() -> None:
        for price in range(1, 11):
            world.set_floor(shop.cheap, Floor(price, NOON))

    world.set_floor(shop.cheap, Floor(1, NOON))
    at_once([move, *(lambda part=items[start::3]: [world.sell(player, i) for i in part] for start in range(3))])
    paid = [event.amount_nano for event in world.events(player, "Sticker sell")]
    assert len(paid) == 24
    assert set(paid) <= set(range(1, 11))
    assert world.balance(player) == sum(paid)

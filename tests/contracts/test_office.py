"""What operators look at: where units are, which packs run low, what was done; and topping a stock up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.money import NANO
from stickercase.domain.refusal import InvalidRequest, NotFound, Refused
from stickercase.domain.stock.packs import NewUnit, PackStatus
from stickercase.domain.use_cases.low_stock import PackOnHand, low_stock, packs_on_hand
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import MAX_UNITS_AT_ONCE, PackChange, ToppedUp, top_up_units
from stickercase.ports.reading import LogLine, LogWish, PackStock
from support.races import at_once
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

ANYTHING = LogWish()


def top_up(world: World, pack_id: int, *numbers: int) -> ToppedUp:
    units = [NewUnit(number) for number in numbers]
    return top_up_units(world.transactions, world.clock, OPERATOR, pack_id, units)


# --- the stock


def test_units_are_counted_where_they_are(world: World) -> None:
    shop = open_shop(world, cheap=20, dear=3)
    bare = world.new_pack(0)
    player = shop.player(items=4)
    world.sell(player, shop.items(player)[0])
    assert world.office.stock() == {
        shop.cheap.id: PackStock(free=17, owned=3, leaving=0),
        shop.dear.id: PackStock(free=3, owned=0, leaving=0),
        bare.id: PackStock(free=0, owned=0, leaving=0),
    }


def test_packs_that_run_low_come_with_the_cases_they_stop(world: World) -> None:
    gone, few, many, idle = world.new_pack(0), world.new_pack(3), world.new_pack(50), world.new_pack(1)
    world.new_pack(0, name="forgotten")
    dawn = world.new_case([(gone.id, 0.5), (many.id, 0.5)])
    dusk = world.new_case([(few.id, 0.25), (many.id, 0.75), (idle.id, 0.0)])
    world.new_case([(gone.id, 1.0)], status=CaseStatus.INACTIVE)
    shelf, free = world.reading.shelf()
    forgotten = next(pack for pack in shelf.packs.values() if pack.pack_name == "forgotten")
    world.edit_pack(forgotten, PackChange(status=PackStatus.INACTIVE))
    shelf, free = world.reading.shelf()
    found = low_stock(shelf, free, 10)
    assert [(one.pack.id, one.free, one.cases, one.stops) for one in found] == [
        (gone.id, 0, (dawn.name,), True),
        (idle.id, 1, (), False),
        (few.id, 3, (dusk.name,), False),
    ]
    assert [one.pack.id for one in low_stock(shelf, free, 3)] == [gone.id, idle.id]
    assert low_stock(shelf, free, 0) == []
    assert [one.pack.id for one in packs_on_hand(shelf, free)] == sorted(shelf.packs)
    assert all(isinstance(one, PackOnHand) for one in packs_on_hand(shelf, free))


# --- topping up


def test_a_list_that_was_cut_short_is_gone_through_again(world: World) -> None:
    pack = world.new_pack(0)
    assert top_up(world, pack.id, 1, 2, 3) == ToppedUp(3, 0, 3)
    assert top_up(world, pack.id, 2, 3, 4, 5) == ToppedUp(2, 2, 5)
    before = world.snapshot()
    assert top_up(world, pack.id, 1, 2, 3, 4, 5) == ToppedUp(0, 5, 5)
    assert world.snapshot() == before, "nothing to do leaves no line in the log"


def test_a_unit_that_left_is_not_stocked_again(world: World) -> None:
    shop = open_shop(world, cheap=5)
    shop.player(items=2)
    assert top_up(world, shop.cheap.id, 1, 2, 3, 4, 5, 6) == ToppedUp(1, 5, 4)


def test_topping_up_is_in_the_log(world: World) -> None:
    pack = world.new_pack([1])
    top_up(world, pack.id, 1, 2, 3)
    [line, *_] = world.office.log(ANYTHING, 9, None)[1]
    assert (line.who, line.action, line.subject) == (OPERATOR.name, "add_units", f"pack:{pack.id}")
    assert (line.before, line.after) == (
        {"in_stock_count": 1},
        {"in_stock_count": 3, "added": 2, "first": 2, "last": 3},
    )


def test_two_who_top_up_the_same_add_each_unit_once(world: World) -> None:
    pack = world.new_pack(0)
    told = at_once([lambda: top_up(world, pack.id, *range(1, 51))] * 4)
    assert sorted(one.added for one in told) == [0, 0, 0, 50]
    assert world.free(pack) == 50


def test_topping_up_in_vain_leaves_no_trace(world: World) -> None:
    pack = world.new_pack([1])
    before = world.snapshot()
    for numbers in ((), (1, 1), (-1,), (2**53,), range(MAX_UNITS_AT_ONCE + 1)):
        with pytest.raises(Refused) as refused:
            top_up(world, pack.id, *numbers)
        assert isinstance(refused.value.refusal, InvalidRequest)
    with pytest.raises(Refused) as refused:
        top_up(world, 404, 1)
    assert refused.value.refusal == NotFound("pack", "404")
    with pytest.raises(Interrupted):
        top_up_units(interrupted(world.transactions), world.clock, OPERATOR, pack.id, [NewUnit(2)])
    assert world.snapshot() == before


# --- the log


def test_the_log_is_read_newest_first_and_by_pages(world: World) -> None:
    player = world.new_player()
    for _ in range(5):
        world.adjust(player, NANO)
    total, lines = world.office.log(ANYTHING, 2, None)
    assert (total, len(lines)) == (5, 2)
    pages = list(lines)
    while lines:
        _, lines = world.office.log(ANYTHING, 2, pages[-1].id)
        pages += lines
    assert [line.after["balance_nano"] for line in pages] == [n * NANO for n in (5, 4, 3, 2, 1)]
    assert pages[-1] == LogLine(
        pages[-1].id,
        OPERATOR.name,
        "adjust",
        f"player:{player.id}",
        {"balance_nano": 0},
        {"balance_nano": NANO, "reason": "a correction"},
        world.clock.now(),
    )


def test_lines_are_found_by_subject_by_who_and_by_time(world: World) -> None:
    ann, bea = world.new_player(), world.new_player()
    world.adjust(ann, 1)
    noon = world.clock.pass_time(hours=1)
    world.adjust(bea, 2, caller=Caller("service:night"))
    world.clock.pass_time(hours=1)
    world.block(ann, caller=Caller("service:night"))

    def found(**wish: object) -> list[str]:
        total, lines = world.office.log(LogWish(**wish), 9, None)  # type: ignore[arg-type]  # as the test has it
        assert total == len(lines)
        return [line.action + line.subject.rpartition(":")[2] for line in lines]

    assert found(subject=f"player:{ann.id}") == [f"block{ann.id}", f"adjust{ann.id}"]
    assert found(who="service:night") == [f"block{ann.id}", f"adjust{bea.id}"]
    assert found(since=noon) == [f"block{ann.id}", f"adjust{bea.id}"]
    assert found(since=noon + timedelta(microseconds=1)) == [f"block{ann.id}"]
    assert found(subject=f"player:{ann.id}", who="service:night", since=noon) == [f"block{ann.id}"]
    assert found(subject="player:404") == []


def test_what_came_into_being_has_no_before(world: World) -> None:
    case = world.new_case([(world.new_pack(1).id, 1.0)])
    world.edit_case(case, CaseChange(price_nano=7))
    lines = world.office.log(LogWish(subject=f"case:{case.id}"), 9, None)[1]
    assert [line.before is None for line in lines] == [False, True]

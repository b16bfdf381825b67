"""Selling a unit back to the house."""

from __future__ import annotations

from functools import partial

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import (
    IdempotencyKeyReused,
    ItemNotOwned,
    NotFound,
    OutOfStickers,
    PlayerBlocked,
    PriceChanged,
    PriceUnreliable,
)
from stickercase.domain.stock.floors import Floor
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.sell_unit import SellUnit, sell_unit
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.ports.reading import Event
from support.clock import NOON
from support.races import at_once
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World


def test_a_sale_pays_the_floor_and_the_unit_returns(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2, balance_nano=5)
    newer, older = shop.items(player)
    at = world.clock.pass_time(hours=1)
    sold = world.sell(player, older)
    assert isinstance(sold, Answered)
    sale_id, paid, balance = map(int, sold.answer.split())
    assert (paid, balance, world.balance(player)) == (2 * NANO, 2 * NANO + 5, 2 * NANO + 5)
    assert (shop.items(player), world.free(shop.cheap)) == ([newer], 19)
    assert world.events(player)[0] == Event(sale_id, "Sticker sell", 2 * NANO, at, shop.cheap.image_url)
    report = world.audit()
    assert (report["sales_paid"].checked, report["items_accounted"].checked) == (1, 2)
    assert all_held(list(report.values()))


def test_a_unit_that_was_sold_and_drawn_again_is_another_item(world: World) -> None:
    shop = open_shop(world, cheap=1)
    player = shop.player(1)
    [item] = shop.items(player)
    world.sell(player, item)
    world.open(player, shop.case)
    [again] = world.items(player)
    assert again.number == 1
    assert again.id > item
    assert world.sell(player, item) == ItemNotOwned(item)
    assert isinstance(world.sell(player, again.id), Answered)
    assert all_held(world.audits.audit())


@pytest.mark.parametrize(("fee", "paid"), [(0.0, 7), (0.1, 6), (0.5, 3), (0.999999999, 1), (0.9999999999, 1)])
def test_the_house_keeps_its_fee_rounded_its_way(world: World, fee: float, paid: int) -> None:
    shop = open_shop(world)
    player = shop.player(1)
    world.edit_pack(shop.cheap, PackChange(floor_nano=7))
    sold = world.sell(player, shop.items(player)[0], price_nano=paid, fee=fee)
    assert isinstance(sold, Answered)
    assert world.balance(player) == paid
    assert all_held(world.audits.audit())


def test_the_history_keeps_what_was_paid(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    for item, floor in zip(shop.items(player), (3, 5), strict=True):
        world.edit_pack(shop.cheap, PackChange(floor_nano=floor))
        world.sell(player, item)
    assert [event.amount_nano for event in world.events(player, "Sticker sell")] == [5, 3]


def test_refusals_leave_no_trace_and_do_not_use_up_the_key(world: World) -> None:
    shop = open_shop(world)
    player, other = shop.player(1), shop.player(1)
    [item], [theirs] = shop.items(player), shop.items(other)
    stranger = Player(10**9, Profile(10**9, "Nobody"))
    before, kept = world.snapshot(), world.back_door.fingerprint()
    key = {"key": "k", "asked": b"sale"}
    assert world.sell(stranger, item, **key) == NotFound("player", str(10**9))
    assert world.sell(player, 10**9, **key) == ItemNotOwned(10**9)
    assert world.sell(player, theirs, **key) == ItemNotOwned(theirs)
    assert world.sell(player, item, 2 * NANO - 1, **key) == PriceChanged(2 * NANO)
    assert world.sell(player, item, 2 * NANO, fee=0.5, **key) == PriceChanged(NANO)
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    world.block(player)
    assert world.sell(player, 10**9, **key) == PlayerBlocked()
    world.block(player, False)
    world.set_floor(shop.cheap, Floor(0, NOON))
    assert world.sell(player, item, 5, **key) == PriceUnreliable(shop.cheap.id, "missing")
    world.set_floor(shop.cheap, Floor(2 * NANO, NOON))
    assert isinstance(world.sell(player, item, **key), Answered)
    assert all_held(world.audits.audit())


def test_a_repeat_gets_the_first_answer_and_does_nothing(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    item, other = shop.items(player)
    first = world.sell(player, item, key="k", asked=b"one")
    assert isinstance(first, Answered)
    before = world.back_door.fingerprint()
    world.block(player)
    assert world.sell(player, item, key="k", asked=b"one") == Answered(first.answer, replayed=True)
    world.block(player, False)
    assert world.sell(player, other, key="k", asked=b"two") == IdempotencyKeyReused()
    assert world.open(player, shop.case, key="k", asked=b"open") == IdempotencyKeyReused()
    assert world.upgrade(player, [other], shop.targets()[0], key="k", asked=b"bet") == IdempotencyKeyReused()
    assert _without_log(world.back_door.fingerprint()) == _without_log(before)
    assert isinstance(world.sell(player, other), Answered)


def _without_log(found: object) -> object:
    assert isinstance(found, dict)
    return {name: kept for name, kept in found.items() if name != "operator_log"}


def test_a_key_of_an_opening_is_none_of_a_sale(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(1, balance_nano=NANO)
    assert isinstance(world.open(player, shop.case, key="k", asked=b"open"), Answered)
    before = world.back_door.fingerprint()
    assert world.sell(player, shop.items(player)[0], key="k", asked=b"sale") == IdempotencyKeyReused()
    assert world.back_door.fingerprint() == before


def test_an_interrupted_sale_leaves_no_trace(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(3)
    item = shop.items(player)[1]
    before, kept = world.snapshot(), world.back_door.fingerprint()
    caller, wish = Caller(f"player:{player.id}", "k", b"sale"), SellUnit(player.profile.telegram_id, item)
    with pytest.raises(Interrupted):
        sell_unit(interrupted(world.transactions), world.clock, 0.0, caller, wish, lambda sold: b"told")
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    assert isinstance(world.sell(player, item, key="k", asked=b"another"), Answered)
    assert all_held(world.audits.audit())


# --- races


def test_one_item_at_once_is_sold_once(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(3)
    item = shop.items(player)[1]
    outcomes = at_once([lambda: world.sell(player, item)] * 12)
    assert [isinstance(outcome, Answered) for outcome in outcomes].count(True) == 1
    assert outcomes.count(ItemNotOwned(item)) == 11
    assert (world.balance(player), len(shop.items(player)), world.free(shop.cheap)) == (2 * NANO, 2, 18)
    assert all_held(world.audits.audit())


def test_one_key_at_once_is_one_sale(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    first, second = shop.items(player)
    same = at_once([lambda: world.sell(player, first, key="k", asked=b"first")] * 12)
    assert {outcome.answer for outcome in same if isinstance(outcome, Answered)} == {same[0].answer}
    assert [outcome.replayed for outcome in same].count(False) == 1
    assert world.balance(player) == 2 * NANO
    items = [first, second] * 6
    mixed = at_once([lambda i=i: world.sell(player, i, key="l", asked=b"%d" % i) for i in items])
    # The first item is gone, so its sales are refused by state; the key then belongs to the second's.
    assert [isinstance(outcome, Answered) for outcome in mixed].count(True) == 6
    assert set(mixed[::2]) <= {ItemNotOwned(first), IdempotencyKeyReused()}
    assert world.balance(player) == 4 * NANO
    assert all_held(world.audits.audit())


def test_sales_and_openings_of_one_player_at_once_all_count(world: World) -> None:
    shop = open_shop(world, cheap=60)
    player = shop.player(20, balance_nano=20 * NANO)
    items = shop.items(player)
    selling = [lambda part=items[start::4]: [world.sell(player, item) for item in part] for start in range(4)]
    opening = [lambda: [world.open(player, shop.case) for _ in range(5)]] * 4
    results = at_once([*selling, *opening])
    assert all(isinstance(outcome, Answered) for outcomes in results for outcome in outcomes)
    assert world.balance(player) == 20 * 2 * NANO
    assert (len(shop.items(player)), world.free(shop.cheap)) == (20, 40)
    assert all_held(world.audits.audit())


def test_the_last_unit_sold_is_there_for_one_who_opens(world: World) -> None:
    shop = open_shop(world, cheap=1)
    seller, buyer = shop.player(1), shop.player(0, balance_nano=NANO)
    for _ in range(5):
        [item] = shop.items(seller)
        sale, opening = partial(world.sell, seller, item), partial(world.open, buyer, shop.case)
        sold, opened = at_once([sale, opening])
        assert isinstance(sold, Answered)
        assert isinstance(opened, Answered) or opened == OutOfStickers(shop.case.name)
        assert len(shop.items(buyer)) + world.free(shop.cheap) == 1
        if isinstance(opened, Answered):
            seller, buyer = buyer, seller
        else:
            assert isinstance(world.open(seller, shop.case), Answered)
        world.adjust(buyer, NANO)
    assert all_held(world.audits.audit())


def test_a_blocked_player_sells_before_the_block_or_not_at_all(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(8)
    items = shop.items(player)
    outcomes = at_once([*(lambda i=i: world.sell(player, i) for i in items), lambda: world.block(player)])[:-1]
    sold = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
    assert all(isinstance(outcome, Answered) or outcome == PlayerBlocked() for outcome in outcomes)
    assert world.balance(player) == len(sold) * 2 * NANO
    assert [world.sell(player, item) for item in shop.items(player)] == [PlayerBlocked()] * (8 - len(sold))
    assert all_held(world.audits.audit())

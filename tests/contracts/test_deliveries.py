"""Deliveries: an item leaves once, arrives or comes back once, whoever moves it and whatever is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stickercase.adapters.memory.gifts import Gift
from stickercase.domain.gifts.deliveries import Delivery, Stage, UnitGift
from stickercase.domain.gifts.orders import GiftStatus
from stickercase.domain.gifts.pauses import Pause
from stickercase.domain.gifts.refusals import NotDeliverable
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.refusal import IdempotencyKeyReused, ItemNotOwned, Refusal
from stickercase.domain.stock.packs import Exit, NewUnit, Parcel, Way
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.stock_packs import PackChange, add_units
from stickercase.domain.wallet.refusals import WalletNotConnected
from stickercase.ports.failures import BrokenLaw
from stickercase.ports.transactions import Transaction
from support.clock import NOON
from support.parcels import GIFT, Post
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World


@pytest.fixture
def post(world: World) -> Post:
    return Post(world)


def test_an_item_leaves_arrives_and_is_gone(post: Post) -> None:
    world, player = post.world, post.player()
    item_id = post.item(player)
    delivery_id = post.requested(player)
    assert [(item.id, item.is_leaving) for item in world.items(player)] == [(item_id, True)]
    assert post.stage(delivery_id) is Stage.REQUESTED
    post.work()
    assert post.stage(delivery_id) is Stage.ORDERED
    assert list(post.gifts.shop.gifts.values()) == [Gift("ann_1", GIFT, "")]
    post.work(seconds=30)
    assert post.stage(delivery_id) is Stage.ORDERED
    post.arrive(delivery_id)
    post.work(seconds=30)
    found = post.delivery(delivery_id)
    assert (found.stage, found.orders, found.ended_at) == (Stage.DELIVERED, 1, world.clock.now())
    assert world.items(player) == []
    assert world.reading.delivery(player.id, item_id) == found
    assert post.ask(player, item_id) == ItemNotOwned(item_id)
    assert post.work(hours=1) == []
    assert all_held(world.audits.audit())


def test_an_item_comes_back_and_can_leave_again(post: Post) -> None:
    world, player = post.world, post.player()
    item_id = post.item(player)
    first = post.requested(player)
    post.work()
    post.arrive(first, GiftStatus.FAILED)
    post.work(seconds=30)
    assert (post.stage(first), post.delivery(first).why) == (Stage.RETURNED, "failed")
    assert [(item.id, item.is_leaving) for item in world.items(player)] == [(item_id, False)]
    second = post.requested(player)
    assert world.reading.delivery(player.id, item_id) == post.delivery(second) != post.delivery(first)
    assert isinstance(world.sell(player, item_id), ItemNotOwned)
    post.work()
    post.arrive(second)
    post.work(seconds=30)
    assert world.items(player) == []
    assert all_held(world.audits.audit())


def test_what_leaves_is_nobodys_to_give(post: Post) -> None:
    world, player = post.world, post.player(2)
    item_id = post.item(player)
    post.requested(player)
    before = world.snapshot()
    assert post.ask(player, item_id) == ItemNotOwned(item_id)
    assert world.sell(player, item_id) == ItemNotOwned(item_id)
    target = next(iter(world.back_door.unit_ids(world.new_pack(1, 9 * 10**9).id).values()))
    assert world.upgrade(player, [item_id], target) == ItemNotOwned(item_id)
    assert world.snapshot() != before, "the pack is new"
    assert all_held(world.audits.audit())


def test_an_item_is_asked_for_once_under_a_key(post: Post) -> None:
    player = post.player(2)
    item_id = post.item(player)
    answers = [post.ask(player, item_id, "k", b"it") for _ in range(3)]
    assert [answer.replayed for answer in answers if isinstance(answer, Answered)] == [False, True, True]
    assert post.ask(player, item_id, "k", b"another") == IdempotencyKeyReused()
    assert post.world.work.deliveries(None, 9, None)[0] == 1


def test_a_refused_wish_leaves_no_trace(post: Post) -> None:
    world, player, other = post.world, post.player(), post.player()
    bare = world.new_pack(1)
    case = world.new_case([(bare.id, 1.0)])
    world.adjust(player, case.price_nano)
    assert isinstance(world.open(player, case), Answered)
    newest, theirs = world.items(player)[0].id, post.item(other)
    before = world.snapshot()
    assert post.ask(player, newest, "k") == NotDeliverable(newest)
    assert post.ask(player, theirs, "k") == ItemNotOwned(theirs)
    assert world.snapshot() == before
    world.edit_pack(bare, PackChange(gift_id=GIFT))
    assert isinstance(post.ask(player, newest, "k"), Answered)


def test_a_unit_on_the_chain_is_no_gift(post: Post) -> None:
    world = post.world
    pack = post.pack(0)
    add_units(world.transactions, world.clock, OPERATOR, pack.id, [NewUnit(1, "0:" + "a" * 64)], lambda _: b"")
    case, player = world.new_case([(pack.id, 1.0)]), world.new_player(10**9)
    world.open(player, case)
    item_id = post.item(player)
    with world.transactions() as tx:
        unit = tx.inventory.items(player.id, [item_id])[item_id]
        assert tx.departures.parcel(unit.id) == Parcel(GIFT, "0:" + "a" * 64, pack.floor_nano)
    assert post.ask(player, item_id) == WalletNotConnected()


def test_a_blocked_player_may_have_it(post: Post) -> None:
    player = post.player()
    post.world.block(player)
    assert isinstance(post.ask(player, post.item(player)), Answered)


def test_of_many_wishes_for_an_item_one_is_granted(post: Post) -> None:
    player = post.player()
    item_id = post.item(player)
    outcomes = at_once([lambda: post.ask(player, item_id)] * 10)
    assert sum(isinstance(outcome, Answered) for outcome in outcomes) == 1
    assert [one for one in outcomes if isinstance(one, Refusal)] == [ItemNotOwned(item_id)] * 9
    assert post.world.work.deliveries(None, 99, None)[0] == 1
    assert all_held(post.world.audits.audit())


def test_of_a_sale_and_a_delivery_at_once_one_happens(post: Post) -> None:
    world = post.world
    for _ in range(3):
        player = post.player()
        item_id = post.item(player)
        outcomes = at_once([lambda p=player, i=item_id: post.ask(p, i), lambda p=player, i=item_id: world.sell(p, i)])
        assert sum(isinstance(outcome, Answered) for outcome in outcomes) == 1
    assert all_held(world.audits.audit())


def test_of_many_words_about_an_unknown_one_counts(post: Post) -> None:
    world, player = post.world, post.player()
    post.gifts.lost = 1
    delivery_id = post.requested(player)
    post.work()
    assert post.stage(delivery_id) is Stage.UNKNOWN
    told = at_once([lambda d=delivered: post.settle(delivery_id, d) for delivered in (True, False) * 4])
    ends = [stage for stage in told if stage != "delivery_moved"]
    assert len(ends) == 1
    assert post.stage(delivery_id).value == ends[0]
    assert len(world.items(player)) == (ends[0] == "returned")
    assert [line[1:3] for line in world.back_door.operator_log()][-1] == ("settle_delivery", f"delivery:{delivery_id}")
    assert all_held(world.audits.audit())


def test_an_interrupted_wish_and_an_interrupted_end_leave_no_trace(post: Post) -> None:
    world, player = post.world, post.player(2)
    one = post.requested(player)
    before, kept = world.snapshot(), world.back_door.fingerprint()
    whole = world.transactions
    world.transactions = interrupted(whole)
    with pytest.raises(Interrupted):
        post.ask(player, post.item(player))
    with pytest.raises(Interrupted):
        post.settle(one, delivered=False)
    with pytest.raises(Interrupted):
        post.starred()
    world.transactions = whole
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    assert post.settle(one, delivered=False) == "returned"
    assert all_held(world.audits.audit())


def departing(tx: Transaction, player_id: int, item_id: int) -> None:
    """Every move there is."""
    for exit_id, end in ((1, tx.departures.come_back), (2, None)):
        tx.departures.leave(player_id, item_id, Exit(Way.NFT, exit_id))
        if end is not None:
            end(player_id, item_id, Exit(Way.NFT, exit_id))
    tx.departures.retire(player_id, item_id, Exit(Way.NFT, 2), NOON)


def test_a_way_out_is_taken_back_whole(post: Post) -> None:
    world, player = post.world, post.player(2)
    item_id = post.item(player)
    before, kept = world.snapshot(), world.back_door.fingerprint()

    def fail() -> None:
        with interrupted(world.transactions)() as tx:
            departing(tx, player.id, item_id)

    with pytest.raises(Interrupted):
        fail()
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    with world.transactions() as tx:
        departing(tx, player.id, item_id)
    assert len(world.items(player)) == 1
    reports = world.audit()
    assert [law for law, report in reports.items() if report.breaches] == ["deliveries_kept"], "no delivery took it"


@pytest.mark.parametrize("wrong", [Exit(Way.GIFT, 7), Exit(Way.NFT, 8)])
def test_what_leaves_one_way_does_not_end_another_way(post: Post, wrong: Exit) -> None:
    world, player = post.world, post.player()
    item_id = post.item(player)
    with world.transactions() as tx:
        tx.departures.leave(player.id, item_id, Exit(Way.NFT, 7))
    before = world.snapshot()
    for act in ("leave", "come_back", "retire"):
        with pytest.raises(AssertionError), world.transactions() as tx:
            getattr(tx.departures, act)(player.id, item_id, wrong, *([NOON] if act == "retire" else []))
    with pytest.raises(AssertionError), world.transactions() as tx:
        tx.departures.come_back(player.id, item_id + 1, Exit(Way.NFT, 7))
    assert world.snapshot() == before


def test_an_item_has_one_delivery_under_way(post: Post) -> None:
    world, player = post.world, post.player()
    one = post.delivery(post.requested(player))
    assert isinstance(one.goods, UnitGift)
    for stage in (Stage.REQUESTED, Stage.DELIVERED):
        again = replace(one, id=10**6, stage=stage, ended_at=NOON if stage.is_final else None)
        with pytest.raises(BrokenLaw), world.transactions() as tx:
            tx.deliveries.add(again)


def test_a_delivery_is_kept_as_it_is(post: Post) -> None:
    world = post.world
    unit, stars = post.delivery(post.requested()), post.delivery(post.starred(75))
    full = [
        replace(one, stage=Stage.RETURNED, orders=2, began_at=NOON, queue_id=2**40, ended_at=NOON, why="w", text="т")
        for one in (unit, stars)
    ]
    with world.transactions() as tx:
        for one in full:
            assert tx.deliveries.lock(one.id) in (unit, stars)
            tx.deliveries.write(one)
    with world.transactions() as tx:
        assert [tx.deliveries.find(one.id) for one in full] == full
        assert tx.deliveries.find(10**9) is tx.deliveries.lock(10**9) is None
        assert list(tx.deliveries.requested(9)) == []


def test_those_that_wait_are_told_oldest_first(post: Post) -> None:
    ids = [post.starred() for _ in range(4)]
    assert post.settle(ids[1], delivered=False) == "returned"
    with post.world.transactions() as tx:
        assert list(tx.deliveries.requested(9)) == [ids[0], ids[2], ids[3]]
        assert list(tx.deliveries.requested(2)) == [ids[0], ids[2]]


def test_the_pause_is_one_for_all(post: Post) -> None:
    world = post.world
    first = Pause(NOON, "bad_token", "text", NOON, 3, 7, NOON)
    for pause in (first, Pause(NOON, "operator", "текст", None), None):
        with world.transactions() as tx:
            tx.delivery_pause.lock()
            tx.delivery_pause.write(pause)
        with world.transactions() as tx:
            assert tx.delivery_pause.lock() == pause
        assert world.work.dispatch().pause == pause
    begin = interrupted(world.transactions)
    with pytest.raises(Interrupted), begin() as tx:
        tx.delivery_pause.write(first)
    assert world.work.dispatch().pause is None


def test_operators_see_deliveries_in_pages_and_how_they_stand(post: Post) -> None:
    world = post.world
    assert world.work.deliveries(None, 9, None) == (0, [])
    assert dict(world.work.dispatch().stages) == {}
    since = world.clock.now()
    ids = [post.starred() for _ in range(3)]
    world.clock.pass_time(minutes=1)
    unit = post.requested()
    post.settle(ids[2], delivered=False)

    def page(stage: str | None, limit: int, before: int | None) -> tuple[int, list[int]]:
        total, shown = world.work.deliveries(stage, limit, before)
        return total, [one.id for one in shown]

    assert page(None, 2, None) == (4, [unit, ids[2]])
    assert page(None, 2, ids[2]) == (4, [ids[1], ids[0]])
    assert page("returned", 9, None) == (1, [ids[2]])
    assert page("requested", 1, unit) == (3, [ids[1]])
    assert dict(world.work.dispatch().stages) == {Stage.REQUESTED: (3, since)}
    shown: Delivery = world.work.deliveries("returned", 9, None)[1][0]
    assert shown == post.delivery(ids[2])

"""Betting items for a unit that is worth more."""

from __future__ import annotations

import pytest

from stickercase.domain.fairness import GRID, replay
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import (
    IdempotencyKeyReused,
    InvalidRequest,
    ItemNotOwned,
    NotFound,
    PlayerBlocked,
    PriceUnreliable,
    QuoteExpired,
    Refusal,
    Refused,
)
from stickercase.domain.stock.floors import Floor, Quarantined
from stickercase.domain.stock.packs import Unit
from stickercase.domain.upgrades.quotes import quote
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.open_cases import Outcome
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded, UpgradeUnit, upgrade_unit
from stickercase.ports.reading import Event
from support.clock import NOON
from support.races import at_once
from support.shops import Shop, open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World

TAKEN = QuoteExpired("target_taken", None)


def _won(outcome: Outcome) -> bool:
    assert isinstance(outcome, Answered), outcome
    return outcome.answer.split()[1] == b"won"


def _free_target(world: World, shop: Shop) -> int:
    with world.transactions() as tx:
        known = [tx.stock.unit(unit_id) for unit_id in shop.targets()]
    return next(found[0].id for found in known if found is not None and found[1])


def test_a_bet_returns_to_the_stock_and_a_target_is_won_or_not(world: World) -> None:
    shop = open_shop(world, dear=20)
    player = shop.player(12)
    numbers = {item.id: item.number for item in world.items(player)}
    wins, free_before = 0, world.free(shop.cheap)
    for place, bet in enumerate(sorted(numbers)):
        target = _free_target(world, shop)
        at = world.clock.pass_time(minutes=1)
        outcome = world.upgrade(player, [bet], target)
        upgrade_id = int(outcome.answer.split()[0]) if isinstance(outcome, Answered) else 0
        wins += _won(outcome)
        owned = {item.id: item for item in world.items(player)}
        assert (upgrade_id in owned) == _won(outcome)
        assert bet not in owned
        assert world.free(shop.cheap) == free_before + place + 1
        assert world.free(shop.dear) == 20 - wins
        value = (3 if _won(outcome) else 0) * NANO - 2 * NANO
        image, bet_image = shop.dear.image_url, shop.cheap.image_url
        assert world.events(player)[0] == Event(upgrade_id, "Upgrade", value, at, image, "", _won(outcome), bet_image)
    assert 0 < wins < 12, "seeds that show both"
    assert world.balance(player) == 0
    assert [item.number for item in reversed(world.items(player))] == list(range(1, wins + 1))
    assert all_held(world.audits.audit())


def test_several_units_are_bet_as_one(world: World) -> None:
    shop = open_shop(world)
    castle = world.new_pack([5], 9 * NANO)
    player = shop.player(5)
    items = shop.items(player)
    [target] = world.back_door.unit_ids(castle.id).values()
    promised = quote(6 * NANO, 9 * NANO, 0.1)
    assert promised is not None
    bet = items[1:4]
    assert isinstance(world.upgrade(player, bet, target, promised.table_id, fee=0.1), Answered)
    left = set(shop.items(player))
    assert not left & set(bet)
    assert {items[0], items[4]} <= left
    [event] = world.events(player, "Upgrade")
    assert event.amount_nano == (3 if event.success else -6) * NANO
    assert all_held(world.audits.audit())


def test_as_many_as_one_may_can_be_bet(world: World) -> None:
    shop = open_shop(world, cheap=110)
    castle = world.new_pack([1], 400 * NANO)
    player = shop.player(101)
    items = shop.items(player)
    [target] = world.back_door.unit_ids(castle.id).values()
    before = world.back_door.fingerprint()
    refused = world.upgrade(player, items, target)
    assert isinstance(refused, InvalidRequest)
    assert world.back_door.fingerprint() == before
    assert isinstance(world.upgrade(player, items[:100], target), Answered)
    assert items[100] in shop.items(player)
    assert all_held(world.audits.audit())


def test_an_upgrade_has_a_public_record(world: World) -> None:
    shop = open_shop(world, dear=12)
    player = shop.player(9, balance_nano=NANO)
    wins = [_won(world.upgrade(player, [item], _free_target(world, shop))) for item in shop.items(player)]
    assert isinstance(world.open(player, shop.case), Answered)
    pair = world.pair(player)
    assert pair.nonce == 9 + len(wins) + 1
    live = world.draws(pair)
    assert [draw.record.game for draw in live] == ["case"] * 9 + ["upgrade"] * len(wins) + ["case"]
    assert {draw.record.server_seed for draw in live} == {None}
    world.rotate(player)
    promised = quote(2 * NANO, 3 * NANO)
    assert promised is not None
    for nonce, won in enumerate(wins, 9):
        draw = world.reading.draw(pair.server_seed_hash, nonce)
        assert draw is not None
        record = draw.record
        assert (draw.case_name, draw.pack_id, draw.at) == (None, shop.dear.id if won else None, NOON)
        assert (record.nonce, record.row, record.table_id) == (nonce, 1 if won else 2, promised.table_id)
        assert record.table == promised.table
        assert sum(tickets for _, tickets in record.table) == GRID
        assert record.server_seed == pair.server_seed
        assert all(check.held for check in replay(record))
    assert world.reading.draw(pair.server_seed_hash, pair.nonce) is None


# --- offers


def test_the_ground_for_offers_is_what_there_is(world: World) -> None:
    shop, empty = open_shop(world), world.new_pack(floor_nano=5 * NANO)
    player, other = shop.player(2), shop.player(1)
    newer, older = world.items(player)
    ids = {pack.id: world.back_door.unit_ids(pack.id) for pack in (shop.cheap, shop.dear)}
    world.set_floor(shop.dear, Floor(3 * NANO, NOON, Quarantined(99 * NANO, NOON, "feed")))
    ground = world.reading.offer_ground(player.id, [older.id, *shop.items(other), 10**9])
    assert ground.items == {older.id: Unit(ids[shop.cheap.id][1], shop.cheap.id, 1)}
    lowest = [Unit(ids[shop.cheap.id][4], shop.cheap.id, 4), Unit(ids[shop.dear.id][1], shop.dear.id, 1)]
    assert sorted(ground.free, key=lambda unit: unit.id) == lowest
    assert {pack.id: ground.floors[pack.id] for pack in (shop.cheap, shop.dear)} == {
        pack.id: world.floor(pack) for pack in (shop.cheap, shop.dear)
    }
    assert empty.id not in {unit.pack_id for unit in ground.free}
    assert world.reading.offer_ground(10**9, [newer.id]).items == {}
    assert world.reading.offer_ground(player.id, []).items == {}


def test_an_offer_is_kept(world: World) -> None:
    shop = open_shop(world)
    palace = world.new_pack([7, 3], 30 * NANO)
    player = shop.player(2)
    items = shop.items(player)
    before = world.back_door.fingerprint()
    assert [offer.unit.pack_id for offer in world.offers(player, items[:1])] == [shop.dear.id, palace.id]
    [offer] = world.offers(player, items, fee=0.5)
    assert (offer.unit.pack_id, offer.unit.number, offer.quote.chance) == (palace.id, 3, 4 / 30 * 0.5)
    assert world.back_door.fingerprint() == before, "an offer reserves nothing"
    assert world.upgrade(player, items, offer.unit.unit_id, offer.quote.table_id) == QuoteExpired(
        "price_moved", world.offers(player, items)[0].quote.table_id
    )
    assert isinstance(world.upgrade(player, items, offer.unit.unit_id, offer.quote.table_id, fee=0.5), Answered)


def test_offers_are_refused_for_what_cannot_be_bet(world: World) -> None:
    shop = open_shop(world)
    player, other = shop.player(2), shop.player(1)
    item, doubtful = shop.items(player)

    def refused(items: list[int]) -> Refusal:
        with pytest.raises(Refused) as caught:
            world.offers(player, items)
        return caught.value.refusal

    for malformed in ([], [item, item], list(range(101))):
        assert isinstance(refused(malformed), InvalidRequest)
    for theirs in (shop.items(other)[0], 10**9):
        assert refused([item, theirs]) == ItemNotOwned(theirs)
    world.set_floor(shop.cheap, Floor(0, NOON))
    assert refused([doubtful]) == PriceUnreliable(shop.cheap.id, "missing")


# --- refusals, keys, interruptions


def test_refusals_leave_no_trace_and_do_not_use_up_the_key(world: World) -> None:
    shop = open_shop(world)
    player, other = shop.player(3), shop.player(1)
    items, [theirs], [target, *_] = shop.items(player), shop.items(other), shop.targets()
    stranger, near = Player(10**9, Profile(10**9, "Nobody")), world.new_pack([1], 3 * NANO - 1)
    [too_near] = world.back_door.unit_ids(near.id).values()
    own = world.back_door.unit_ids(shop.cheap.id)[1]
    promised = quote(2 * NANO, 3 * NANO)
    assert promised is not None
    before, kept = world.snapshot(), world.back_door.fingerprint()
    key = {"key": "k", "asked": b"bet"}
    first = items[:1]
    assert world.upgrade(stranger, first, target, **key) == NotFound("player", str(10**9))
    assert isinstance(world.upgrade(player, [], target, **key), InvalidRequest)
    assert isinstance(world.upgrade(player, first * 2, target, **key), InvalidRequest)
    assert world.upgrade(player, first, 10**9, **key) == NotFound("unit", str(10**9))
    assert world.upgrade(player, [*first, theirs, 10**9], target, **key) == ItemNotOwned(theirs)
    assert world.upgrade(player, [10**9, theirs], target, **key) == ItemNotOwned(10**9)
    assert world.upgrade(player, first, own, **key) == TAKEN
    assert world.upgrade(player, first, too_near, **key) == QuoteExpired("price_moved", None)
    assert world.upgrade(player, items, target, **key) == QuoteExpired("price_moved", None)
    assert world.upgrade(player, first, target, "0" * 64, **key) == QuoteExpired("price_moved", promised.table_id)
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    world.block(player)
    assert world.upgrade(player, [10**9], target, **key) == PlayerBlocked()
    assert world.upgrade(player, [10**9], 10**9, **key) == NotFound("unit", str(10**9))
    world.block(player, False)
    assert isinstance(world.upgrade(player, first, target, promised.table_id, **key), Answered)
    assert all_held(world.audits.audit())


def test_a_repeat_gets_the_first_answer_and_does_nothing(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    bet, other = shop.items(player)
    target = shop.targets()[0]
    first = world.upgrade(player, [bet], target, key="k", asked=b"one")
    assert isinstance(first, Answered)
    before = world.back_door.fingerprint()
    assert world.upgrade(player, [bet], target, key="k", asked=b"one") == Answered(first.answer, replayed=True)
    assert world.upgrade(player, [other], target, key="k", asked=b"two") == IdempotencyKeyReused()
    assert world.sell(player, other, key="k", asked=b"sale") == IdempotencyKeyReused()
    assert world.back_door.fingerprint() == before
    # The key is this player's own.
    stranger = shop.player(1)
    assert isinstance(world.sell(stranger, shop.items(stranger)[0], key="k", asked=b"sale"), Answered)


def test_an_interrupted_upgrade_leaves_no_trace(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(3)
    items, target = shop.items(player), shop.targets()[0]
    caller, wish = (
        Caller(f"player:{player.id}", "k", b"bet"),
        UpgradeUnit(player.profile.telegram_id, (items[1],), target),
    )
    ends: list[bool] = []

    def told(upgraded: UnitUpgraded) -> bytes:
        ends.append(upgraded.drawn.win)
        return b"told"

    for less in range(8):  # other prices have other tables and so other rolls
        world.edit_pack(shop.cheap, PackChange(floor_nano=2 * NANO - less))
        before, kept = world.snapshot(), world.back_door.fingerprint()
        with pytest.raises(Interrupted):
            upgrade_unit(interrupted(world.transactions), world.clock, 0.2, caller, wish, told)
        assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    assert set(ends) == {True, False}, "prices that show both"
    assert isinstance(world.upgrade(player, [items[1]], target, key="k", asked=b"another"), Answered)
    assert all_held(world.audits.audit())


# --- races


def test_one_item_at_once_is_bet_once(world: World) -> None:
    shop = open_shop(world, dear=12)
    player = shop.player(2)
    kept, bet = shop.items(player)
    outcomes = at_once([lambda target=target: world.upgrade(player, [bet], target) for target in shop.targets()])
    assert [isinstance(outcome, Answered) for outcome in outcomes].count(True) == 1
    assert outcomes.count(ItemNotOwned(bet)) == 11
    assert world.pair(player).nonce == 3
    assert kept in shop.items(player)
    assert all_held(world.audits.audit())


def test_one_key_at_once_is_one_upgrade(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(1)
    [bet], target = shop.items(player), shop.targets()[0]
    outcomes = at_once([lambda: world.upgrade(player, [bet], target, key="k", asked=b"bet")] * 12)
    assert [outcome.replayed for outcome in outcomes].count(False) == 1
    assert len({outcome.answer for outcome in outcomes}) == 1
    assert world.pair(player).nonce == 2
    assert all_held(world.audits.audit())


def test_an_item_is_sold_or_bet(world: World) -> None:
    shop = open_shop(world)
    for _ in range(4):
        player, target = shop.player(1), _free_target(world, shop)
        [item] = shop.items(player)
        jobs = [lambda p=player, i=item: world.sell(p, i), lambda p=player, i=item, t=target: world.upgrade(p, [i], t)]
        outcomes = at_once(jobs * 4)
        assert [isinstance(outcome, Answered) for outcome in outcomes].count(True) == 1
        assert outcomes.count(ItemNotOwned(item)) == 7
        was_sold = any(isinstance(outcome, Answered) for outcome in outcomes[::2])
        assert (world.balance(player), world.pair(player).nonce) == ((2 * NANO, 1) if was_sold else (0, 2))
    assert all_held(world.audits.audit())


def test_the_last_target_has_one_winner(world: World) -> None:
    shop = open_shop(world, cheap=40, dear=1)
    players = [shop.player(3) for _ in range(10)]
    [target] = shop.targets()

    def bet(player: Player) -> list[Outcome]:
        return [world.upgrade(player, [item], target, fee=0.0) for item in shop.items(player)]

    outcomes = [outcome for told in at_once([lambda p=p: bet(p) for p in players]) for outcome in told]
    drawn = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
    assert [_won(outcome) for outcome in drawn].count(True) == 1
    assert outcomes.count(TAKEN) == 30 - len(drawn)
    assert [world.free(pack) for pack in (shop.cheap, shop.dear)] == [10 + len(drawn), 0]
    assert all_held(world.audits.audit())


def test_rotations_between_upgrades_leave_no_gap(world: World) -> None:
    shop = open_shop(world, dear=30)
    player = shop.player(12)
    items, targets = shop.items(player), shop.targets()
    parts = [list(zip(items[start::4], targets[start::4], strict=False)) for start in range(4)]
    upgrading = [lambda part=part: [world.upgrade(player, [i], t) for i, t in part] for part in parts]
    results = at_once([*upgrading, *[lambda: [world.rotate(player) for _ in range(4)]] * 2])
    assert all(isinstance(outcome, Answered) for outcomes in results[:4] for outcome in outcomes)
    revealed = [old.draws for rotations in results[4:] for _, old in rotations]
    assert sum(revealed) + world.pair(player).nonce == 24
    assert all_held(world.audits.audit())

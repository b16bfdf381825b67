"""A player's history over every kind of event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.stock.floors import Floor
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.ports.reading import Event
from support.clock import NOON
from support.races import at_once
from support.shops import Shop, open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World

KINDS = ("Adjustment", "Case open", "Sticker sell", "Upgrade")


def _busy(shop: Shop) -> Player:
    """A player with four events of each kind, one after the other, a minute apart."""
    world = shop.world
    player = shop.player(0, balance_nano=50 * NANO)
    targets = iter(shop.targets())
    for turn in range(4):
        if turn:
            world.adjust(player, -turn, f"turn {turn}")
        world.clock.pass_time(minutes=1)
        world.open(player, shop.case)
        assert isinstance(world.sell(player, shop.items(player)[0]), Answered)
        world.open(player, shop.case)
        assert isinstance(world.upgrade(player, shop.items(player)[:1], next(targets)), Answered)
    return player


def _pages(world: World, player: Player, kind: str | None, limit: int) -> list[Sequence[Event]]:
    pages: list[Sequence[Event]] = []
    before = None
    while (page := world.reading.history(player.id, kind, limit, before))[1]:
        pages.append(page[1])
        before = page[1][-1].id
    return pages


def test_every_kind_of_event_is_in_its_order(world: World) -> None:
    player = _busy(open_shop(world, dear=8))
    total, events = world.reading.history(player.id, None, 100, None)
    assert total == len(events) == 20
    in_turn = ["Adjustment", "Case open", "Sticker sell", "Case open", "Upgrade"]
    assert [event.kind for event in reversed(events)] == in_turn * 4
    assert [event.id for event in events] == sorted({event.id for event in events}, reverse=True)
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)


@pytest.mark.parametrize("limit", [1, 3, 7, 20])
def test_pages_are_the_whole_without_gaps_and_repeats(world: World, limit: int) -> None:
    player = _busy(open_shop(world, dear=8))
    for kind in (None, *KINDS):
        total, whole = world.reading.history(player.id, kind, 100, None)
        pages = _pages(world, player, kind, limit)
        assert [event for page in pages for event in page] == list(whole)
        assert {len(page) for page in pages[:-1]} <= {limit}
        assert total == len(whole) == {None: 20, "Case open": 8}.get(kind, 4)
        assert kind is None or {event.kind for event in whole} == {kind}


def test_a_cursor_stays_where_it_is_while_more_happens(world: World) -> None:
    shop = open_shop(world, dear=12)
    player = _busy(shop)
    first = world.reading.history(player.id, None, 6, None)[1]
    rest = world.reading.history(player.id, None, 100, first[-1].id)[1]
    world.open(player, shop.case)
    world.sell(player, shop.items(player)[0])
    total, again = world.reading.history(player.id, None, 100, first[-1].id)
    assert (total, again) == (22, rest)


def test_the_house_may_rename_and_reprice_but_not_rewrite(world: World) -> None:
    shop = open_shop(world)
    player = _busy(open_shop(world, dear=8))
    before = [(event.kind, event.amount_nano, event.at) for event in world.events(player)]
    for pack in world.reading.shelf()[0].packs.values():
        world.edit_pack(pack, PackChange(floor_nano=77 * NANO, image_url="new.png"))
    events = world.events(player)
    assert [(event.kind, event.amount_nano, event.at) for event in events] == before
    assert {event.image_url for event in events if event.kind != "Adjustment"} == {"new.png"}
    assert world.events(shop.player(0)) == []


def test_an_upgrade_tells_both_pictures_and_what_it_was_worth(world: World) -> None:
    shop = open_shop(world, dear=12)
    player = shop.player(12)
    for item, target in zip(shop.items(player), shop.targets(), strict=True):
        assert isinstance(world.upgrade(player, [item], target), Answered)
    for event in world.events(player, "Upgrade"):
        assert event.amount_nano == (NANO if event.success else -2 * NANO)
        assert (event.bet_image_url, event.image_url) == (shop.cheap.image_url, shop.dear.image_url)
    assert {event.success for event in world.events(player, "Upgrade")} == {True, False}


def test_what_was_interrupted_is_no_history(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(1)
    before = world.events(player)
    real, world.transactions = world.transactions, interrupted(world.transactions)
    for attempt in (
        lambda: world.sell(player, shop.items(player)[0]),
        lambda: world.upgrade(player, shop.items(player), shop.targets()[0]),
        lambda: world.set_floor(shop.cheap, Floor(1, NOON)),
    ):
        with pytest.raises(Interrupted):
            attempt()
    world.transactions = real
    assert world.events(player) == before
    assert world.floor(shop.cheap) == Floor(2 * NANO, NOON)


def test_readers_never_see_half_a_trade(world: World) -> None:
    """A sale is seen with its money and without its item, an upgrade with its nonce: at every look the sums agree."""
    shop = open_shop(world, cheap=40, dear=20)
    player = shop.player(20)
    items, targets = shop.items(player), shop.targets()

    def trade(part: int) -> None:
        for item in items[part:10:2]:
            assert isinstance(world.sell(player, item), Answered)
        for item, target in zip(items[10 + part :: 2], targets[part::2], strict=False):
            assert isinstance(world.upgrade(player, [item], target), Answered)

    def look() -> None:
        for _ in range(15):
            total, events = world.reading.history(player.id, None, 1000, None)
            assert total == len(events)
            owned, shown = world.reading.inventory(player.id, 1000, None)
            assert owned == len(shown)
            broken = [report for report in world.audits.audit() if report.breaches]
            assert not broken

    at_once([lambda: trade(0), lambda: trade(1), look, look])
    wins = sum(event.success for event in world.events(player, "Upgrade"))
    assert (world.balance(player), len(shop.items(player))) == (10 * 2 * NANO, wins)

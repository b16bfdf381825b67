"""What players own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.refusal import ItemNotOwned, Refused
from stickercase.domain.stock.packs import NewUnit, Unit
from stickercase.ports.reading import Item
from stickercase.ports.transactions import Transaction
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World

NOBODYS = 10**9


def test_items_are_the_units_behind_them(world: World) -> None:
    shop = open_shop(world)
    ann, bob = shop.player(3), shop.player(1)
    (newest, second, oldest), theirs = shop.items(ann), shop.items(bob)
    units = world.back_door.unit_ids(shop.cheap.id)
    with world.transactions() as tx:
        found = tx.inventory.items(ann.id, [oldest, newest, *theirs, NOBODYS])
        assert found == {n: Unit(units[i], shop.cheap.id, i) for n, i in ((oldest, 1), (newest, 3))}
        assert second not in found
        assert tx.inventory.items(ann.id, []) == tx.inventory.items(NOBODYS, [newest]) == {}


def test_what_is_given_is_the_players_and_what_is_ended_is_nobodys(world: World) -> None:
    shop = open_shop(world)
    ann, bob = shop.player(2), shop.player(0)
    kept, moved = shop.items(ann)
    with world.transactions() as tx:
        tx.stock.lock([shop.cheap.id])
        unit = tx.inventory.items(ann.id, [moved])[moved]
        tx.inventory.end(ann.id, [moved])
        assert tx.inventory.items(ann.id, [moved]) == {}
        tx.stock.put_back([unit])
        tx.stock.take(unit)
        given = tx.ledger.next_cause()
        tx.inventory.give(bob.id, given, unit, world.clock.now())
        assert tx.inventory.items(bob.id, [given]) == {given: unit}
    assert (shop.items(ann), shop.items(bob)) == ([kept], [given])
    assert world.items(bob)[0].number == unit.number
    assert world.free(shop.cheap) == 18


def test_what_is_not_the_players_cannot_be_ended(world: World) -> None:
    shop = open_shop(world)
    ann, bob = shop.player(1), shop.player(1)
    [mine], [theirs] = shop.items(ann), shop.items(bob)
    before = world.snapshot()
    for wrong in ([NOBODYS], [theirs], [mine, theirs], [mine, mine], [mine, NOBODYS]):
        with pytest.raises(AssertionError), world.transactions() as tx:
            tx.inventory.end(ann.id, wrong)
        assert world.snapshot() == before, wrong


def test_an_item_on_its_way_out_is_not_the_players_to_give(world: World) -> None:
    shop = open_shop(world)
    player = shop.player(2)
    leaving, staying = shop.items(player)
    world.back_door.send_away(leaving)
    assert world.reading.inventory(player.id, 9, None) == (
        2,
        [Item(leaving, shop.cheap.id, 2, is_leaving=True), Item(staying, shop.cheap.id, 1)],
    )
    with world.transactions() as tx:
        assert tx.inventory.items(player.id, [leaving, staying]).keys() == {staying}
    with pytest.raises(AssertionError), world.transactions() as tx:
        tx.inventory.end(player.id, [leaving])
    assert world.sell(player, leaving) == ItemNotOwned(leaving)
    assert world.upgrade(player, [staying, leaving], shop.targets()[0]) == ItemNotOwned(leaving)
    assert world.reading.offer_ground(player.id, [leaving, staying]).items.keys() == {staying}
    with pytest.raises(Refused) as refused:
        world.offers(player, [leaving])
    assert refused.value.refusal == ItemNotOwned(leaving)


Move = Callable[[Transaction, int, Unit, int], None]


def _end(tx: Transaction, player_id: int, unit: Unit, item_id: int) -> None:
    tx.inventory.end(player_id, [item_id])


def _end_and_put_back(tx: Transaction, player_id: int, unit: Unit, item_id: int) -> None:
    tx.inventory.end(player_id, [item_id])
    tx.stock.put_back([unit])


def _back_and_forth(tx: Transaction, player_id: int, unit: Unit, item_id: int) -> None:
    """Every move of a unit there is, some twice, among new units."""
    _end_and_put_back(tx, player_id, unit, item_id)
    tx.stock.take(unit)
    tx.stock.add(unit.pack_id, [NewUnit(900), NewUnit(0)], tx.floors.floors([unit.pack_id])[unit.pack_id].accepted_at)
    tx.inventory.give(player_id, item_id + 10**6, unit, tx.floors.floors([unit.pack_id])[unit.pack_id].accepted_at)
    _end_and_put_back(tx, player_id, unit, item_id + 10**6)


@pytest.mark.parametrize("move", [_end, _end_and_put_back, _back_and_forth])
def test_an_interrupted_move_leaves_no_trace(world: World, move: Move) -> None:
    shop = open_shop(world)
    player = shop.player(3)
    item_id = shop.items(player)[1]
    before, kept = world.snapshot(), world.back_door.fingerprint()

    def fail() -> None:
        with interrupted(world.transactions)() as tx:
            tx.stock.lock([shop.cheap.id])
            move(tx, player.id, tx.inventory.items(player.id, [item_id])[item_id], item_id)

    with pytest.raises(Interrupted):
        fail()
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    # Everything is where it was: the whole stock can still be drawn, lowest number first.
    buyer = shop.player(17)
    assert [item.number for item in world.items(buyer)] == list(range(20, 3, -1))
    assert all_held(world.audits.audit())

"""Audits: they find nothing where nothing is wrong, and every breach where something is."""

from __future__ import annotations

import pytest

from stickercase.domain.gifts.orders import GiftStatus
from stickercase.domain.ledger.laws import LAWS, all_held
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.once import Answered
from support.breaches import BREACHES
from support.nft_desks import send_nft
from support.parcels import Post
from support.purses import deposit, withdraw
from support.worlds import World


def _play(world: World) -> None:
    """Two players, each with three openings, a sale, an upgrade of two units, a deposit and a withdrawal.

    One has a delivery under way, the other one that has arrived and one that came back. The first has an NFT
    under way, too.
    """
    post = Post(world)
    packs = [post.pack(20) for _ in range(2)]
    target = world.new_pack([1, 2, 3], floor_nano=4 * NANO)
    case = world.new_case([(pack.id, 0.5) for pack in packs])
    players = other, _ = world.new_player(9 * NANO), world.new_player(9 * NANO)
    for player in players:
        world.open(player, case, 2)
        world.adjust(player, -NANO, "taken back")
        world.rotate(player)
        world.open(player, case, 1)
        world.open(player, case, 3)
        first, *_, one, two = [item.id for item in world.items(player)]
        assert isinstance(world.sell(player, first), Answered)
        [offer] = world.offers(player, [one, two])
        assert offer.unit.pack_id == target.id
        assert isinstance(world.upgrade(player, [one, two], offer.unit.unit_id), Answered)
        deposit(world, player, 3 * NANO)
        withdraw(world, player, 2 * NANO)
    arrived, returned = post.requested(player), post.requested(player)
    post.work()
    post.arrive(arrived)
    post.arrive(returned, GiftStatus.FAILED)
    post.work(seconds=30)
    post.requested(other)
    send_nft(world, other, post.item(other))


def test_an_empty_world_keeps_every_law(world: World) -> None:
    reports = world.audits.audit()
    assert [report.law for report in reports if report.checked] == []
    assert all_held(reports)


def test_every_law_is_looked_at(world: World) -> None:
    _play(world)
    reports = world.audit()
    assert set(reports) == set(LAWS)
    assert all_held(list(reports.values()))
    assert all(report.checked > 0 for report in reports.values())
    counted = {
        "one_transfer_per_cause": 20,
        "openings_paid": 6,
        "sales_paid": 2,
        "deposits_credited": 4,
        "withdrawals_held": 3,
        "stock_counted": 3,
        "deliveries_kept": 3,
        "upgrades_staked": 2,
        "nonces_gapless": 4,
        "draws_replay": 14,
        "tables_sound": 1,
    }
    assert {law: reports[law].checked for law in counted} == counted
    assert reports["units_placed"].checked >= 12
    # A store may count what is held by itself, or with the balance.
    assert reports["balance_is_sum"].checked == reports["no_negative_balance"].checked >= 2


def test_there_is_a_breach_for_every_law() -> None:
    assert set(BREACHES.values()) == set(LAWS)


@pytest.mark.parametrize("kind", BREACHES)
def test_a_breach_is_found(world: World, kind: str) -> None:
    _play(world)
    assert all_held(world.audits.audit())
    world.tamper(kind)
    reports = world.audit()
    assert reports[BREACHES[kind]].breaches > 0
    assert not all_held(list(reports.values()))


def test_a_refused_batch_leaves_the_laws_alone(world: World) -> None:
    _play(world)
    before = world.audit()
    player = world.new_player(NANO)
    case = next(iter(world.reading.shelf()[0].cases.values()))
    world.open(player, case, 10)
    after = world.audit()
    assert after["openings_paid"] == before["openings_paid"]
    assert after["draws_replay"] == before["draws_replay"]
    assert all_held(list(after.values()))

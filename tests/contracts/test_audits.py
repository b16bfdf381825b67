"""Audits: they find nothing where nothing is wrong, and every breach where something is."""

from __future__ import annotations

import pytest

from stickercase.domain.ledger.laws import LAWS, all_held
from stickercase.domain.money import NANO
from support.back_doors import BREACHES
from support.worlds import World


def _play(world: World) -> None:
    """Two players with draws from two packs, three openings each, and units left."""
    packs = [world.new_pack(20) for _ in range(2)]
    case = world.new_case([(pack.id, 0.5) for pack in packs])
    for player in (world.new_player(9 * NANO), world.new_player(9 * NANO)):
        world.open(player, case, 2)
        world.adjust(player, -NANO, "taken back")
        world.rotate(player)
        world.open(player, case, 1)
        world.open(player, case, 3)


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
        "balance_is_sum": 2,
        "no_negative_balance": 2,
        "one_transfer_per_cause": 10,
        "openings_paid": 6,
        "stock_counted": 2,
        "nonces_gapless": 4,
        "draws_replay": 12,
        "tables_sound": 1,
    }
    assert {law: reports[law].checked for law in counted} == counted
    assert reports["units_placed"].checked >= 12


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

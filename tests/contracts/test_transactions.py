"""Transactions: all of it or nothing of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC

import pytest

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.fairness import SeedPair
from stickercase.domain.ledger.accounts import ADJUSTMENTS, player_account
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.stock.floors import Floor, Quarantined
from stickercase.domain.stock.packs import NewUnit, Pack, PackStatus
from stickercase.domain.use_cases.once import Caller, Remembered
from stickercase.domain.use_cases.open_cases import OpenCase
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.sell_unit import SellUnit, sell_unit
from stickercase.domain.use_cases.upgrade_unit import UpgradeUnit, upgrade_unit
from stickercase.ports.transactions import Transaction
from support.clock import NOON
from support.races import at_once
from support.shops import open_shop
from support.transactions import Interrupted, interrupted
from support.worlds import World, memory_world


@dataclass(frozen=True)
class Trade:
    """Who sells what, and bets what for which unit."""

    player: Player
    sold: int
    bet: int
    target: int


def _trader(world: World) -> Trade:
    shop = open_shop(world)
    player = shop.player(2)
    return Trade(player, *shop.items(player), shop.targets()[0])


def _everything(world: World, tx: Transaction, trade: Trade) -> None:
    """Use every part of a transaction for something."""
    at = world.clock.now()
    pair = SeedPair(0, bytes(32), "mine", 0, bytes(31) + b"\x01")
    player, _ = tx.players.create(Profile(5, "Eve"), pair, at)
    tx.players.update(player.id, Profile(5, "Eva"))
    cause = tx.ledger.next_cause()
    tx.ledger.post(Transfer(Reason.ADJUSTMENT, cause, ADJUSTMENTS, player_account(player.id), 9 * NANO, at, note="x"))
    pack = tx.catalogue.add_pack(Pack(0, "New", "C", "Fuse", 1, "", PackStatus.ACTIVE), at)
    assert pack is not None
    tx.catalogue.edit_pack(replace(pack, pack_name="Newer"))
    tx.stock.lock([pack.id])
    tx.stock.add(pack.id, [NewUnit(2), NewUnit(1)], at)
    case = tx.catalogue.add_case(Case(0, "New", NANO, 20.0, "", CaseStatus.ACTIVE, 0, odds_table([(pack.id, 1.0)])), at)
    assert case is not None
    tx.catalogue.edit_case(replace(case, price_nano=2 * NANO))
    tx.players.rotate(player.id, replace(pair, number=1, server_seed=pair.next_server_seed), at)
    tx.players.block(player.id, True)
    tx.players.block(player.id, False)
    tx.floors.lock()
    tx.floors.write({pack.id: Floor(3, at, Quarantined(99, at, "feed"), 98)})
    _trade(world, tx, trade)
    tx.answers.remember("service:tests", "k", Remembered(b"h", b"a"), at)
    tx.operator_log.append("service:tests", "everything", "all", None, {"at": at.astimezone(UTC).isoformat()}, at)


def _trade(world: World, tx: Transaction, trade: Trade) -> None:
    """Sell and upgrade, as the use cases do, in this transaction."""
    caller, telegram_id = Caller(f"player:{trade.player.id}", "trade", b"h"), trade.player.profile.telegram_id
    sale, bet = SellUnit(telegram_id, trade.sold), UpgradeUnit(telegram_id, (trade.bet,), trade.target)
    sell_unit(lambda: nullcontext(tx), world.clock, 0.0, caller, sale, lambda sold: b"sold")
    upgrade_unit(lambda: nullcontext(tx), world.clock, 0.2, replace(caller, key="bet"), bet, lambda upgraded: b"bet")


def test_everything_is_kept_together(world: World) -> None:
    trade = _trader(world)
    with world.transactions() as tx:
        _everything(world, tx, trade)
    found = world.reading.player(5)
    assert found is not None
    player, balance_nano = found
    assert (player.profile, balance_nano) == (Profile(5, "Eva"), 9 * NANO)
    assert (world.pair(player).number, len(world.events(player))) == (1, 1)
    case = world.reading.shelf()[0].cases["New"]
    assert case.price_nano == 2 * NANO
    [pack] = [pack for pack in world.reading.shelf()[0].packs.values() if pack.pack_name == "Newer"]
    assert world.floor(pack) == Floor(3, NOON, Quarantined(99, NOON, "feed"), 98)
    assert world.balance(trade.player) == 2 * NANO
    assert [event.kind for event in world.events(trade.player)][:2] == ["Upgrade", "Sticker sell"]
    assert world.back_door.operator_log()[-1][1] == "everything"
    world.open(player, case, 2)
    assert [item.number for item in world.items(player)] == [2, 1]
    assert all_held(world.audits.audit())


@pytest.mark.parametrize("failure", [Interrupted, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_everything_is_undone_together(world: World, failure: type[BaseException]) -> None:
    world.new_case([(world.new_pack(3).id, 1.0)])
    world.meet(5)
    trade = _trader(world)
    before, kept = world.snapshot(), world.back_door.fingerprint()

    def fail() -> None:
        with world.transactions() as tx:
            _everything(world, tx, trade)
            raise failure

    with pytest.raises(failure):
        fail()
    assert (world.snapshot(), world.back_door.fingerprint()) == (before, kept)
    with world.transactions() as tx:
        assert tx.answers.recall("service:tests", "k") is None
        assert tx.players.find(5) is None
        assert tx.catalogue.case("New") is None
        _everything(world, tx, trade)
    assert all_held(world.audits.audit())


def test_a_failure_does_not_stand_in_the_way_of_the_next(world: World) -> None:
    player = world.new_player(5 * NANO)
    case = world.new_case([(world.new_pack(5).id, 1.0)])
    for _ in range(30):
        with pytest.raises(Interrupted), interrupted(world.transactions)() as tx:
            tx.openings.situation([OpenCase(player.id, case.name)])
    at_once([lambda: world.open(player, case)] * 5)
    assert world.balance(player) == 0


def test_what_was_written_is_seen_in_its_own_transaction(world: World) -> None:
    player = world.new_player(5)
    with world.transactions() as tx:
        cause = tx.ledger.next_cause()
        at = world.clock.now()
        tx.ledger.post(Transfer(Reason.ADJUSTMENT, cause, ADJUSTMENTS, player_account(player.id), 7, at))
        tx.players.update(player.id, replace(player.profile, first_name="Eva"))
        assert tx.ledger.balance(player.id) == 12
        assert tx.players.find(player.profile.telegram_id) == replace(
            player, profile=replace(player.profile, first_name="Eva")
        )


# --- the memory adapter's own promises


def test_a_thread_in_a_transaction_is_told_that_it_would_wait_for_itself() -> None:
    world = memory_world()
    for wait in (world.reading.shelf, world.audits.audit, lambda: world.new_player()):
        with world.transactions(), pytest.raises(RuntimeError, match="wait for itself"):
            wait()


def test_a_transaction_that_is_over_writes_nothing() -> None:
    world = memory_world()
    player = world.new_player(5)
    with world.transactions() as over:
        pass
    before = world.snapshot()
    for late in (
        lambda: over.players.update(player.id, replace(player.profile, first_name="Late")),
        lambda: over.ledger.next_cause(),
        lambda: over.operator_log.append("x", "x", "x", None, {}, world.clock.now()),
    ):
        with pytest.raises(AssertionError, match="outside a transaction"):
            late()
    assert world.snapshot() == before


def test_a_shelf_that_never_came_to_be_is_not_kept() -> None:
    world = memory_world()
    case = world.new_case([(world.new_pack(1).id, 1.0)])
    before = world.snapshot()

    def fail() -> None:
        with interrupted(world.transactions)() as tx:
            tx.catalogue.edit_case(replace(case, price_nano=5))
            assert tx.openings.situation([]).shelf.cases[case.name].price_nano == 5

    with pytest.raises(Interrupted):
        fail()
    assert world.snapshot() == before
    assert world.edit_case(case, CaseChange(image_url="new")).price_nano == case.price_nano

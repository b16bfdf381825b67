"""Price syncs on every store: sources and hygiene, cases and their promise, and the record of each run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.cases.catalogue import REBALANCER, Case, CaseStatus, OffSale
from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.money import NANO
from stickercase.domain.refusal import PriceUnreliable
from stickercase.domain.stock.floors import Doubt, Reading, doubt
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.forget_syncs import forget_syncs
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.price_syncs import CaseLine, CaseOutcome, SourceLine, SyncHead
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.settle_price import accept_price
from stickercase.ports.failures import BrokenLaw, VendorUnavailable
from stickercase.ports.feeds import FeedRead
from support.price_syncs import ISSUER, STALE, Killed, NoSource, Syncing, feed, killed_at, line_of, says
from support.worlds import OPERATOR, World

MINUTE = timedelta(minutes=1)
LINE = CaseLine(1, "Dawn", CaseOutcome.REPUBLISHED, "the fee had drifted", 5, 5, 15.5, 20.0, 1, 2)


@pytest.fixture
def syncing(world: World) -> Syncing:
    return Syncing(world)


def stocked(world: World, *floors: float, contributor: str = ISSUER) -> list[Pack]:
    """Packs with these floors in TON and a unit each."""
    return [world.new_pack(1, round(floor * NANO), contributor=contributor) for floor in floors]


def two_rows(world: World, cheap: float = 3, dear: float = 10, price: float = 5) -> tuple[Case, Pack, Pack]:
    """A case that promises 20 % and keeps it, with a choice of odds around it. All in TON."""
    packs = stocked(world, cheap, dear)
    chance = (price * 0.8 - cheap) / (dear - cheap)
    case = world.new_case([(packs[0].id, 1 - chance), (packs[1].id, chance)], round(price * NANO))
    return case, packs[0], packs[1]


# --- cases


def test_a_case_that_keeps_its_promise_is_left_alone(world: World, syncing: Syncing) -> None:
    case, cheap, dear = two_rows(world)
    before, version = syncing.case(case), world.reading.glance().version
    record = syncing.sync_prices({cheap: 3 * NANO, dear: 10 * NANO})
    assert syncing.case(case) == before
    assert world.reading.glance().version == version, "nothing on the shelf has moved"
    line = line_of(record, case)
    assert (line.outcome, line.odds_before, line.odds_after) == (CaseOutcome.KEPT, case.odds_id, case.odds_id)
    assert line.fee_after == pytest.approx(20)


def test_a_drifted_case_gets_new_odds_with_their_reason(world: World, syncing: Syncing) -> None:
    case, cheap, dear = two_rows(world)
    record = syncing.sync_prices({cheap: 3 * NANO, dear: 12 * NANO})
    after = syncing.case(case)
    assert after.price_nano == case.price_nano
    assert after.odds.rows[1].chance < case.odds.rows[1].chance
    assert syncing.fee(case) == pytest.approx(20, abs=1e-9)
    line = line_of(record, case)
    assert line.outcome is CaseOutcome.REPUBLISHED
    assert (line.odds_before, line.odds_after) == (case.odds_id, after.odds_id)
    assert line.fee_before == pytest.approx(100 - 100 * (3 * 6 / 7 + 12 / 7) / 5)
    assert line.fee_after == pytest.approx(20)
    found = world.history.versions(case.name, 9, None)
    assert found is not None
    total, [newest, first] = found
    assert (total, newest.version, first.version) == (2, 2, 1)
    assert (newest.odds_id, newest.table_id) == (after.odds_id, after.odds.table_id)
    assert (newest.reason, first.reason) == (f"sync: {line.why}", "created")
    assert (newest.sync_id, newest.fee) == (record.summary.head.id, line.fee_after)
    assert (first.sync_id, first.fee) == (None, None)
    assert world.history.versions(case.name, 9, 2) == (2, [first])
    assert world.history.versions("nobody's", 9, None) is None


def test_the_policy_is_the_one_that_was_asked_for(world: World) -> None:
    """Two rare rows keep their shares under one policy, and change them under the other."""
    tables = []
    for policy in (None, LeastChange()):
        syncing = Syncing(world) if policy is None else Syncing(world, policy)
        packs = stocked(world, 1, 8, 30)
        case = world.new_case([(packs[0].id, 0.85), (packs[1].id, 0.1), (packs[2].id, 0.05)], 4 * NANO)
        syncing.sync_prices({pack: pack.floor_nano for pack in packs})
        tables.append([row.chance for row in syncing.case(case).odds.rows])
        world.edit_case(case, CaseChange(status=CaseStatus.INACTIVE))
    assert tables[0][1] / tables[0][2] == pytest.approx(2)
    assert tables[1][1] / tables[1][2] != pytest.approx(2)


def test_the_same_inputs_make_no_new_version(world: World, syncing: Syncing) -> None:
    case, cheap, dear = two_rows(world)
    prices = {cheap: 3 * NANO, dear: 12 * NANO}
    syncing.sync_prices(prices)
    once = syncing.case(case)
    for _ in range(3):
        assert line_of(syncing.sync_prices(prices), case).outcome is CaseOutcome.KEPT
    assert syncing.case(case) == once
    assert syncing.versions(case) == 2


def test_without_a_choice_of_odds_the_price_moves(world: World, syncing: Syncing) -> None:
    [pack] = stocked(world, 4)
    case = world.new_case([(pack.id, 1.0)], 5 * NANO)
    record = syncing.sync_prices({pack: 4_800_000_000})
    after = syncing.case(case)
    assert (after.price_nano, after.odds_id, after.status) == (6 * NANO, case.odds_id, CaseStatus.ACTIVE)
    assert syncing.keeps_its_promise(case)
    line = line_of(record, case)
    assert (line.outcome, line.price_before_nano, line.price_after_nano) == (
        CaseOutcome.REPRICED,
        5 * NANO,
        after.price_nano,
    )
    assert syncing.versions(case) == 1


def test_a_case_without_a_solution_goes_off_sale_and_comes_back_by_itself(world: World, syncing: Syncing) -> None:
    [pack] = stocked(world, 4)
    case = world.new_case([(pack.id, 1.0)], 5 * NANO)
    record = syncing.sync_prices({pack: 10 * NANO})
    off = syncing.case(case)
    assert off.status is CaseStatus.INACTIVE
    assert off.off_sale is not None
    assert (off.off_sale.by, off.price_nano, off.odds_id) == (REBALANCER, case.price_nano, case.odds_id)
    line = line_of(record, case)
    assert (line.outcome, line.why) == (CaseOutcome.DEACTIVATED, off.off_sale.why)
    assert "at any price" in line.why
    again = line_of(syncing.sync_prices({pack: 10 * NANO}), case)
    assert (again.outcome, syncing.case(case)) == (CaseOutcome.KEPT, off)
    assert again.why.startswith("still off sale: ")
    back = line_of(syncing.sync_prices({pack: 4 * NANO}), case)
    assert back.outcome is CaseOutcome.REACTIVATED
    assert syncing.case(case) == case


@pytest.mark.parametrize("who_came_first", ["person", "rebalancer"])
def test_what_a_person_took_off_sale_stays_off(world: World, syncing: Syncing, who_came_first: str) -> None:
    [pack] = stocked(world, 4)
    case = world.new_case([(pack.id, 1.0)], 5 * NANO)
    if who_came_first == "rebalancer":
        syncing.sync_prices({pack: 10 * NANO})
    off = world.edit_case(case, CaseChange(status=CaseStatus.INACTIVE))
    assert off.off_sale == OffSale(OPERATOR.name, "an operator took it off sale")
    record = syncing.sync_prices({pack: 4 * NANO})
    assert (syncing.case(case), record.cases) == (off, ())
    assert world.edit_case(case, CaseChange(status=CaseStatus.ACTIVE)).off_sale is None


def test_a_floor_that_cannot_be_relied_on_lets_the_case_be(world: World, syncing: Syncing) -> None:
    case, cheap, dear = two_rows(world)
    other, *_ = two_rows(world)
    unpriced, *_ = two_rows(world, cheap=0)
    packs = world.reading.shelf()[0].packs.values()
    everything = {pack: pack.floor_nano or None for pack in packs}
    record = syncing.sync_prices(everything | {dear: 40 * NANO})
    assert line_of(record, case).why == f"the floor of pack {dear.id} is quarantined"
    assert line_of(record, unpriced).why.endswith("is missing")
    assert record.summary.counts == {CaseOutcome.SKIPPED: 2, CaseOutcome.KEPT: 1}
    assert (syncing.case(case), syncing.case(unpriced)) == (case, unpriced)
    accept_price(world.transactions, world.clock, OPERATOR, dear.id, 40 * NANO, lambda _: b"")
    assert line_of(syncing.sync_prices(everything | {dear: 40 * NANO}), case).outcome is CaseOutcome.REPUBLISHED
    assert syncing.keeps_its_promise(case)
    before = syncing.case(case)
    world.clock.at += STALE
    record = syncing.sync({ISSUER: VendorUnavailable("away")})
    assert line_of(record, case).why == f"the floor of pack {cheap.id} is stale, {dear.id} is stale"
    assert record.summary.counts == {CaseOutcome.SKIPPED: 3}
    assert (syncing.case(case), syncing.case(other)) == (before, other)


# --- sources


def test_each_source_speaks_for_its_own_contributor(world: World, syncing: Syncing) -> None:
    [ours, other] = stocked(world, 1, 1)
    [fuse] = stocked(world, 1, contributor="Fuse")
    said = {ISSUER: feed({ours: 2 * NANO, other: NANO, fuse: 3 * NANO}), "Fuse": feed({fuse: 2 * NANO, ours: 3 * NANO})}
    record = syncing.sync(said)
    assert [world.floor(pack).price_nano for pack in (ours, other, fuse)] == [2 * NANO, NANO, 2 * NANO]
    by_name = {source.contributor: source for source in record.summary.sources}
    assert (by_name[ISSUER].read, by_name[ISSUER].changed, by_name[ISSUER].unknown) == (3, 1, 1)
    assert (by_name["Fuse"].read, by_name["Fuse"].changed, by_name["Fuse"].unknown) == (2, 1, 1)
    assert f"unknown: {fuse.collection_name} / {fuse.pack_name}" in by_name[ISSUER].texts
    assert f"{ours.collection_name} / {ours.pack_name}: 1 → 2 TON" in by_name[ISSUER].texts


@pytest.mark.parametrize("problem", [VendorUnavailable("it is away"), ValueError("a secret")])
def test_a_source_that_is_down_spoils_no_other(world: World, syncing: Syncing, problem: Exception) -> None:
    [ours] = stocked(world, 1)
    [fuse] = stocked(world, 1, contributor="Fuse")
    task = syncing.task()
    done = syncing.perform(task, MemoryFeeds({ISSUER: problem, "Fuse": feed({fuse: 2 * NANO})}))
    assert done.alarm
    assert (world.floor(ours).price_nano, world.floor(fuse).price_nano) == (NANO, 2 * NANO)
    down, up = sorted(syncing.record(task.id).summary.sources, key=lambda source: source.is_well)
    assert (down.contributor, down.is_well, up.contributor, up.changed) == (ISSUER, False, "Fuse", 1)
    assert down.failed.startswith(type(problem).__name__)
    assert "secret" not in down.failed
    assert down.failed in done.note


@pytest.mark.parametrize("heard", [0, 1, 2])
def test_an_empty_or_shrunken_feed_changes_nothing_and_raises_an_alarm(
    world: World, syncing: Syncing, heard: int
) -> None:
    packs = stocked(world, 1, 1, 1, 1)
    [fuse] = stocked(world, 1, contributor="Fuse")
    record = syncing.sync({ISSUER: feed(dict.fromkeys(packs[:heard], 2 * NANO)), "Fuse": feed({fuse: 2 * NANO})})
    floors = [world.floor(pack).price_nano for pack in packs]
    by_name = {source.contributor: source for source in record.summary.sources}
    assert by_name["Fuse"].is_well
    assert world.floor(fuse).price_nano == 2 * NANO
    if heard == 2:
        assert by_name[ISSUER].is_well
        assert floors == [2 * NANO, 2 * NANO, NANO, NANO]
        return
    assert floors == [NANO] * 4
    assert "nothing was changed" in by_name[ISSUER].alarm


def test_a_source_of_no_pack_of_ours_is_no_alarm(world: World, syncing: Syncing) -> None:
    [ours] = stocked(world, 1)
    record = syncing.sync({ISSUER: feed({ours: NANO}), "Nobody": FeedRead([])})
    assert record.summary.is_well


def test_one_bad_item_spoils_no_other(world: World, syncing: Syncing) -> None:
    good, bad, twice = stocked(world, 1, 1, 1)
    readings = [says(good, 2 * NANO), says(bad, None), says(twice, NANO), says(twice, 2 * NANO)]
    record = syncing.sync({ISSUER: FeedRead([*readings, says(good, 2 * NANO)], ["collection 7: no\x00thing\u2028"])})
    [source] = record.summary.sources
    assert source.alarm, "one pack of three"
    record = syncing.sync({ISSUER: FeedRead([*readings[:2], says(twice, NANO)], ["collection 7: no\x00thing\u2028"])})
    [source] = record.summary.sources
    assert (source.changed, source.skipped, source.is_well) == (1, 1, True)
    assert "collection 7: no\N{REPLACEMENT CHARACTER}thing\N{REPLACEMENT CHARACTER}" in source.texts
    assert world.floor(good).price_nano == 2 * NANO


def test_what_is_kept_of_a_talkative_source_is_bounded(world: World, syncing: Syncing) -> None:
    [ours] = stocked(world, 1)
    strangers = [Reading("x" * 5000, f"pack {n}", NANO, "a feed") for n in range(500)]
    record = syncing.sync({ISSUER: FeedRead([says(ours, NANO), *strangers], ["y" * 5000] * 500)})
    [source] = record.summary.sources
    assert (source.unknown, source.skipped) == (500, 500)
    assert len(source.texts) == 40
    assert max(map(len, source.texts)) == 200


def test_a_jump_waits_for_the_next_run(world: World, syncing: Syncing) -> None:
    case, cheap, dear = two_rows(world)
    jumped = {cheap: 3 * NANO, dear: 40 * NANO}
    record = syncing.sync_prices(jumped)
    assert record.summary.sources[0].quarantined == 1
    assert world.floor(dear).price_nano == 10 * NANO
    record = syncing.sync_prices(jumped)
    assert world.floor(dear).price_nano == 40 * NANO
    assert line_of(record, case).outcome is CaseOutcome.REPUBLISHED
    assert syncing.keeps_its_promise(case)


# --- runs that are cut short


def test_a_run_that_was_killed_anywhere_is_made_up_for_and_leaves_one_record(world: World, syncing: Syncing) -> None:
    """At every commit of a run, just before it and just after."""
    made = [two_rows(world) for _ in range(2)]
    prices: dict[Pack, object] = {pack: pack.floor_nano for _, *packs in made for pack in packs}
    floor = count(11)
    for moment in (1, 2, 3, 4, 5):
        for committed in (False, True):
            dear = next(floor) * NANO
            feeds = MemoryFeeds({ISSUER: feed(prices | {dear_pack: dear for _, _, dear_pack in made})})
            versions = [syncing.versions(case) for case, *_ in made]
            task = syncing.task()
            with pytest.raises(Killed):
                syncing.perform(task, feeds, killed_at(world.transactions, moment, committed=committed))
            # The second attempt asks the sources again only if the first has left nothing.
            is_heard = moment > 2 or (moment == 2 and committed)
            world.clock.at += MINUTE
            syncing.perform(task, NoSource() if is_heard else feeds)
            for (case, *_), before in zip(made, versions, strict=True):
                assert syncing.keeps_its_promise(case)
                published = syncing.versions(case) - before
                line = line_of(syncing.record(task.id), case)
                assert published == (line.outcome is CaseOutcome.REPUBLISHED), (moment, committed)
                assert published <= 1
            assert syncing.record(task.id).summary.finished_at is not None
    total, found = world.history.syncs(99, None)
    assert (total, len({one.head.id for one in found})) == (10, 10)


def test_a_second_attempt_does_not_confirm_the_jump_of_the_first(world: World, syncing: Syncing) -> None:
    _, cheap, dear = two_rows(world)
    feeds = MemoryFeeds({ISSUER: feed({cheap: 3 * NANO, dear: 40 * NANO})})
    task = syncing.task()
    for _ in range(3):
        syncing.perform(task, feeds)
        world.clock.at += MINUTE
    assert doubt(world.floor(dear), world.clock.now()) is Doubt.QUARANTINED


# --- the port


def test_a_run_is_recorded_once(world: World) -> None:
    head = SyncHead(7, "schedule", world.clock.now())
    sources = (SourceLine("A", 3, 1, 1, 1, 1, texts=("x", "y")), SourceLine("B", failed="down"))
    case, *_ = two_rows(world)
    line = replace(LINE, case_id=case.id, odds_before=case.odds_id, odds_after=case.odds_id)
    with world.transactions() as tx:
        assert not tx.syncs.has_begun(7)
        assert tx.syncs.begin(head, sources)
        assert not tx.syncs.begin(replace(head, started_by="another"), ())
        assert tx.syncs.has_begun(7)
        assert not tx.syncs.has_line(7, case.id)
        tx.syncs.add(7, line)
        assert tx.syncs.has_line(7, case.id)
    going = world.history.sync(7)
    assert going is not None
    assert (going.summary.head, going.summary.sources, going.cases) == (head, sources, (line,))
    assert (going.summary.counts, going.summary.finished_at) == ({CaseOutcome.REPUBLISHED: 1}, None)
    with world.transactions() as tx:
        quiet = [replace(line, outcome=CaseOutcome.KEPT), replace(line, case_id=99, outcome=CaseOutcome.SKIPPED)]
        assert tx.syncs.finish(7, quiet, head.started_at + MINUTE)
        assert not tx.syncs.finish(7, [], head.started_at)
    ended = world.history.sync(7)
    assert ended is not None
    assert ended.cases == (line, quiet[1])
    assert ended.summary.counts == {CaseOutcome.REPUBLISHED: 1, CaseOutcome.SKIPPED: 1}
    assert ended.summary.finished_at == head.started_at + MINUTE
    with pytest.raises(BrokenLaw), world.transactions() as tx:
        tx.syncs.add(7, line)
    assert world.history.sync(7) == ended
    assert world.history.sync(8) is None


def test_runs_are_paged_newest_first_and_forgotten_oldest_first(world: World) -> None:
    first = world.clock.now()
    for sync_id in range(1, 6):
        with world.transactions() as tx:
            tx.syncs.begin(SyncHead(sync_id, "schedule", first + sync_id * MINUTE), ())
    assert [one.head.id for one in world.history.syncs(2, None)[1]] == [5, 4]
    total, below = world.history.syncs(9, 4)
    assert (total, [one.head.id for one in below]) == (5, [3, 2, 1])
    with world.transactions() as tx:
        assert tx.syncs.forget(first + 4 * MINUTE, 2) == 2
    assert [one.head.id for one in world.history.syncs(9, None)[1]] == [5, 4, 3]
    world.clock.at = first + timedelta(days=30, minutes=5)
    assert forget_syncs(world.transactions, world.clock, timedelta(days=30)) == 2
    assert [one.head.id for one in world.history.syncs(9, None)[1]] == [5]


def test_a_shop_that_has_lain_for_days_buys_back_after_its_first_run(world: World, syncing: Syncing) -> None:
    [pack] = stocked(world, 4)
    case = world.new_case([(pack.id, 1.0)], 5 * NANO)
    player = world.new_player(5 * NANO)
    world.open(player, case)
    [item] = world.items(player)
    world.clock.at += STALE
    assert world.sell(player, item.id) == PriceUnreliable(pack.id, "stale")
    syncing.sync_prices({pack: 4 * NANO})
    assert isinstance(world.sell(player, item.id), Answered)

"""Price syncs beside others: a person who edits a case wins, two attempts make one run, players go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.price_syncs import SYNC, CaseOutcome
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.schedules import TICK, Schedule
from stickercase.domain.use_cases.start_sync import start_sync
from stickercase.domain.use_cases.tick_schedule import tick_schedule
from support.price_syncs import ISSUER, Syncing, feed, interrupted_by, line_of
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

FIRST_PUBLISHED = 3
"""The transaction of a run that publishes its first case: one looked for the run, one heard the sources."""


@pytest.fixture
def syncing(world: World) -> Syncing:
    return Syncing(world)


def drifting(world: World) -> tuple[Case, MemoryFeeds]:
    """A case, and a feed that takes it out of its band."""
    cheap, dear = world.new_pack(900, 3 * NANO), world.new_pack(900, 10 * NANO)
    case = world.new_case([(cheap.id, 6 / 7), (dear.id, 1 / 7)], 5 * NANO)
    return case, MemoryFeeds({ISSUER: feed({cheap: 3 * NANO, dear: 12 * NANO})})


def meanwhile(world: World, syncing: Syncing, act: Callable[[Case], object]) -> Case:
    """A run between whose measuring and publishing a person does something to the case; the case in the end."""
    case, feeds = drifting(world)
    between = interrupted_by(world.transactions, FIRST_PUBLISHED, lambda: act(case))
    syncing.perform(syncing.task(), feeds, between)
    return syncing.case(case)


def test_a_person_who_takes_a_case_off_sale_wins(world: World, syncing: Syncing) -> None:
    after = meanwhile(world, syncing, lambda case: world.edit_case(case, CaseChange(status=CaseStatus.INACTIVE)))
    assert after.status is CaseStatus.INACTIVE
    assert after.off_sale is not None
    assert after.off_sale.by == OPERATOR.name
    [line] = syncing.record(1).cases
    assert (line.outcome, line.why) == (CaseOutcome.SKIPPED, "a person took it off sale meanwhile")
    assert syncing.versions(after) == 1


def test_a_person_who_sets_a_price_wins(world: World, syncing: Syncing) -> None:
    """At 6 TON other odds are needed, and those are found."""
    after = meanwhile(world, syncing, lambda case: world.edit_case(case, CaseChange(price_nano=6 * NANO)))
    assert after.price_nano == 6 * NANO
    assert syncing.keeps_its_promise(after)
    assert line_of(syncing.record(1), after).price_before_nano == 6 * NANO


def test_a_person_who_sets_another_promise_wins(world: World, syncing: Syncing) -> None:
    after = meanwhile(world, syncing, lambda case: world.edit_case(case, CaseChange(base_fee=30.0)))
    assert after.base_fee == 30
    assert syncing.fee(after) == pytest.approx(30)


def test_a_person_who_sets_odds_that_keep_the_promise_wins(world: World, syncing: Syncing) -> None:
    def edit(case: Case) -> Case:
        pack_ids = [row.pack_id for row in case.odds.rows]
        return world.edit_case(case, CaseChange(items=[(pack_ids[0], 8 / 9), (pack_ids[1], 1 / 9)]))

    after = meanwhile(world, syncing, edit)
    assert [row.chance for row in after.odds.rows] == [8 / 9, 1 / 9]
    assert syncing.versions(after) == 2
    assert line_of(syncing.record(1), after).outcome is CaseOutcome.KEPT


def test_a_price_that_is_quarantined_meanwhile_lets_the_case_be(world: World, syncing: Syncing) -> None:
    def jump(case: Case) -> None:
        pack = world.reading.shelf()[0].packs[case.odds.rows[1].pack_id]
        syncing.perform(syncing.task(), MemoryFeeds({ISSUER: feed({pack: 90 * NANO, cheap_of(case): 3 * NANO})}))

    def cheap_of(case: Case) -> Pack:
        return world.reading.shelf()[0].packs[case.odds.rows[0].pack_id]

    after = meanwhile(world, syncing, jump)
    assert syncing.versions(after) == 1
    assert line_of(syncing.record(1), after).outcome is CaseOutcome.SKIPPED


def test_attempts_at_once_make_one_run(world: World, syncing: Syncing) -> None:
    made = [drifting(world)[0] for _ in range(4)]
    packs = world.reading.shelf()[0].packs.values()
    for turn in range(3):
        factor = 4 if turn % 2 else 5
        feeds = MemoryFeeds({ISSUER: feed({pack: pack.floor_nano * factor // 4 for pack in packs})})
        versions = [syncing.versions(case) for case in made]
        task = syncing.task()
        at_once([partial(syncing.perform, task, feeds)] * 4)
        record = syncing.record(task.id)
        for case, before in zip(made, versions, strict=True):
            line = line_of(record, case)
            assert syncing.versions(case) - before == (line.odds_after != line.odds_before)
            assert syncing.keeps_its_promise(case)
        assert record.summary.finished_at is not None
        packs = world.reading.shelf()[0].packs.values()


def test_operators_players_and_runs_at_once(world: World, syncing: Syncing) -> None:
    """Nobody waits for ever, no table is published twice, and the next run finds everything in its band."""
    made = [drifting(world)[0] for _ in range(3)]
    players = [world.new_player(10_000 * NANO) for _ in range(2)]
    dice = Random(7)

    def edit() -> None:
        case = dice.choice(made)
        change = dice.choice([CaseChange(price_nano=dice.randrange(8, 14) * NANO // 2), CaseChange(base_fee=19.0)])
        world.edit_case(case, change)

    for turn in range(6):
        packs = world.reading.shelf()[0].packs.values()
        factor = (5, 4, 3, 6)[turn % 4]
        feeds = MemoryFeeds({ISSUER: feed({pack: pack.floor_nano * factor // 4 for pack in packs})})
        task = syncing.task()
        plays = [partial(world.open, player, case) for player in players for case in made]
        at_once([partial(syncing.perform, task, feeds), edit, edit, *plays])
    packs = world.reading.shelf()[0].packs.values()
    syncing.sync({ISSUER: feed({pack: pack.floor_nano for pack in packs})})
    for case in made:
        now = syncing.case(case)
        assert now.status is not CaseStatus.ACTIVE or syncing.keeps_its_promise(case)
    assert all_held(world.audits.audit())


# --- starting a run


def start(world: World, caller: Caller = OPERATOR) -> Answered:
    return start_sync(
        world.transactions, world.clock, caller, lambda started: f"{started.id} {started.is_new}".encode()
    )


def test_a_run_that_was_asked_for_has_a_task(world: World) -> None:
    answered = start(world)
    [task] = world.work.tasks("waiting", 9, None)[1]
    assert answered.answer == f"{task.id} True".encode()
    assert (task.kind, task.subject, task.payload["by"]) == (SYNC, TICK, OPERATOR.name)
    assert world.back_door.operator_log()[-1][:3] == (OPERATOR.name, "start_sync", f"price_sync:{task.id}")
    assert start(world).answer == f"{task.id} False".encode()
    assert world.work.tasks(None, 9, None)[0] == 1


def test_asking_once_more_with_the_same_key_asks_for_nothing(world: World) -> None:
    caller = Caller("service:tests", "a key", b"asked")
    first = start(world, caller)
    with world.transactions() as tx:
        [task_id] = tx.queue.to_send(world.clock.now(), 9)
        task = tx.tasks.lock(task_id)
        assert task is not None
    again = start(world, caller)
    assert (again.answer, again.replayed) == (first.answer, True)


def test_an_interrupted_start_leaves_nothing(world: World) -> None:
    with pytest.raises(Interrupted):
        start_sync(interrupted(world.transactions), world.clock, OPERATOR, lambda _: b"")
    assert world.work.tasks(None, 9, None)[0] == 0


def test_a_tick_and_operators_at_once_start_one_run(world: World) -> None:
    schedule = Schedule(SYNC, timedelta(minutes=5))
    jobs: list[Callable[[], object]] = [partial(tick_schedule, world.transactions, world.clock, schedule)] * 3
    at_once([*jobs, *[partial(start, world)] * 3])
    assert world.work.tasks(None, 9, None)[0] == 1

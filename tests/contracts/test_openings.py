"""Opening cases: what is charged, what is given, what is refused, and who wins when all want it at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import (
    CaseInactive,
    IdempotencyKeyReused,
    InsufficientBalance,
    NotFound,
    OddsChanged,
    OutOfStickers,
    PlayerBlocked,
    PriceChanged,
    Refusal,
)
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.open_cases import OpenCase, open_cases
from stickercase.domain.use_cases.publish_cases import CaseChange
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import World, rendered


def _sure_case(world: World, units: int | list[int], price_nano: int = NANO) -> Case:
    """A case of one pack: what it yields is sure."""
    return world.new_case([(world.new_pack(units).id, 1.0)], price_nano)


def _mixed_case(world: World, units: int) -> Case:
    packs = [world.new_pack(units, floor_nano) for floor_nano in (NANO // 2, NANO, 3 * NANO)]
    return world.new_case([(pack.id, chance) for pack, chance in zip(packs, (0.5, 0.3, 0.2), strict=True)])


def _numbers(world: World, player: Player) -> list[int]:
    return [item.number for item in world.items(player)]


def test_an_opening_moves_money_unit_and_nonce(world: World) -> None:
    case, player = _sure_case(world, [7, 5, 9]), world.new_player(3 * NANO)
    pack = world.reading.shelf()[0].packs[case.odds.rows[0].pack_id]
    before = world.pair(player)
    outcome = world.open(player, case)
    assert isinstance(outcome, Answered)
    assert not outcome.replayed
    assert world.balance(player) == 2 * NANO
    assert _numbers(world, player) == [5]
    assert world.free(pack) == 2
    assert world.pair(player) == replace(before, nonce=1)
    assert [event.kind for event in world.events(player)] == ["Case open", "Adjustment"]
    assert all_held(world.audits.audit())


def test_units_leave_lowest_number_first_also_among_later_ones(world: World) -> None:
    case, player = _sure_case(world, [30, 10, 20]), world.new_player(9 * NANO)
    world.open(player, case)
    world.add_units(case.odds.rows[0].pack_id, [15, 5, 40])
    world.open(player, case, 4)
    assert _numbers(world, player) == [30, 20, 15, 5, 10]


def test_one_opening_of_many_is_paid_by_one_transfer(world: World) -> None:
    case, player = _mixed_case(world, 10), world.new_player(10 * NANO)
    assert isinstance(world.open(player, case, 10), Answered)
    assert world.balance(player) == 0
    assert [draw.record.nonce for draw in world.draws(world.pair(player))] == list(range(10))
    reports = world.audit()
    assert (reports["openings_paid"].checked, reports["draws_replay"].checked) == (1, 10)
    assert all_held(list(reports.values()))


def test_commands_of_one_batch_see_one_another_in_order(world: World) -> None:
    case, rich, poor = _sure_case(world, [1, 2, 3, 4]), world.new_player(5 * NANO), world.new_player(NANO)
    commands = [OpenCase(p.id, case.name, n) for p, n in ((rich, 1), (poor, 2), (poor, 1), (rich, 3), (rich, 1))]
    outcomes = world.open_all(commands)
    assert [type(outcome) for outcome in outcomes] == [
        Answered,
        InsufficientBalance,
        Answered,
        OutOfStickers,
        Answered,
    ]
    assert outcomes[1] == InsufficientBalance(NANO, NANO, 2 * NANO)
    assert (_numbers(world, rich), _numbers(world, poor)) == ([3, 1], [2])
    assert (world.balance(rich), world.balance(poor)) == (3 * NANO, 0)
    assert (world.pair(rich).nonce, world.pair(poor).nonce) == (2, 1)
    assert all_held(world.audits.audit())


def test_a_batch_of_nobody_is_nothing(world: World) -> None:
    before = world.snapshot()
    assert world.open_all([]) == []
    assert world.snapshot() == before


def test_whoever_does_not_exist_is_missing_from_the_situation(world: World) -> None:
    case, player = _sure_case(world, 3), world.new_player(NANO)
    with world.transactions() as tx:
        situation = tx.openings.situation([OpenCase(player.id, "Nothing", 2), OpenCase(10**9, case.name, 3, key="k")])
    assert set(situation.seats) == {player.id}
    assert situation.free == {case.odds.rows[0].pack_id: 3}
    assert situation.remembered == {}
    assert len(situation.ids) == 5
    assert sorted(set(situation.ids)) == list(situation.ids)


def _refused(world: World, command: OpenCase) -> Refusal:
    """The refusal of the command, which left no trace."""
    before = world.snapshot()
    outcome = world.open_all([command])[0]
    assert isinstance(outcome, Refusal)
    assert world.snapshot() == before
    return outcome


def test_refusals_leave_no_trace(world: World) -> None:
    case, player, blocked = _sure_case(world, 2), world.new_player(2 * NANO), world.new_player(NANO)
    closed = world.new_case([(case.odds.rows[0].pack_id, 1.0)], status=CaseStatus.INACTIVE)
    dear = world.new_case([(case.odds.rows[0].pack_id, 1.0)], 2 * NANO + 1)
    world.block(blocked)
    wish = OpenCase(player.id, case.name, key="k")
    assert _refused(world, replace(wish, case_name="Nothing")) == NotFound("case", "Nothing")
    assert _refused(world, replace(wish, player_id=10**9)) == NotFound("player", str(10**9))
    assert _refused(world, replace(wish, player_id=blocked.id)) == PlayerBlocked()
    assert _refused(world, replace(wish, case_name=closed.name)) == CaseInactive(closed.name)
    assert _refused(world, replace(wish, table_id="0" * 64)) == OddsChanged(case.odds.table_id)
    assert _refused(world, replace(wish, price_nano=NANO + 1)) == PriceChanged(NANO)
    assert _refused(world, replace(wish, count=3)) == OutOfStickers(case.name)
    poor = InsufficientBalance(2 * NANO + 1, 2 * NANO, 2 * NANO + 1)
    assert _refused(world, replace(wish, case_name=dear.name)) == poor
    # The key is still free: no refusal used it up.
    assert isinstance(world.open_all([wish])[0], Answered)


def test_every_pack_with_tickets_must_have_enough_units(world: World) -> None:
    scarce, plenty, unused = world.new_pack(1), world.new_pack(20), world.new_pack(0)
    case = world.new_case([(scarce.id, 1e-6), (plenty.id, 1 - 1e-6), (unused.id, 0.0)])
    player = world.new_player(20 * NANO)
    assert world.open(player, case, 2) == OutOfStickers(case.name)
    assert isinstance(world.open(player, case, 1), Answered)


def test_a_key_gives_the_same_answer_again(world: World) -> None:
    case, player = _sure_case(world, 5), world.new_player(5 * NANO)
    first = world.open(player, case, 2, key="k", asked=b"two")
    assert isinstance(first, Answered)
    before = world.snapshot()
    assert world.open(player, case, 2, key="k", asked=b"two") == Answered(first.answer, replayed=True)
    assert world.open(player, case, 1, key="k", asked=b"one") == IdempotencyKeyReused()
    # Even when nothing else about the request would be in order any more.
    assert world.open_all([OpenCase(player.id, "Gone", 2, key="k", request_hash=b"two")]) == [
        Answered(first.answer, replayed=True)
    ]
    assert world.snapshot() == before


def test_a_key_is_its_players_own(world: World) -> None:
    case, ann, bob = _sure_case(world, 5), world.new_player(NANO), world.new_player(NANO)
    outcomes = [world.open(player, case, key="k", asked=b"x") for player in (ann, bob)]
    assert [isinstance(outcome, Answered) and outcome.replayed for outcome in outcomes] == [False, False]
    assert outcomes[0] != outcomes[1]


def test_a_key_twice_in_one_batch_is_one_opening(world: World) -> None:
    case, player = _sure_case(world, 5), world.new_player(5 * NANO)
    wish = OpenCase(player.id, case.name, key="k", request_hash=b"x")
    first, again, other = world.open_all([wish, wish, replace(wish, request_hash=b"y")])
    assert isinstance(first, Answered)
    assert (first.replayed, again) == (False, Answered(first.answer, replayed=True))
    assert other == IdempotencyKeyReused()
    assert world.balance(player) == 4 * NANO


def test_an_answer_is_remembered_under_the_players_name(world: World) -> None:
    case, player = _sure_case(world, 1), world.new_player(NANO)
    outcome = world.open(player, case, key="k", asked=b"hash")
    assert isinstance(outcome, Answered)
    with world.transactions() as tx:
        remembered = tx.answers.recall(f"player:{player.id}", "k")
    assert remembered is not None
    assert (remembered.request_hash, remembered.answer) == (b"hash", outcome.answer)


def test_a_failure_while_answering_leaves_no_trace(world: World) -> None:
    case, player = _mixed_case(world, 3), world.new_player(3 * NANO)
    before = world.snapshot()

    def unable(*_: object) -> bytes:
        raise Interrupted

    with pytest.raises(Interrupted):
        open_cases(world.transactions, world.clock, unable, [OpenCase(player.id, case.name, 3, key="k")])
    assert world.snapshot() == before
    assert isinstance(world.open(player, case, 3, key="k"), Answered)


def test_a_failure_before_the_commit_leaves_no_trace(world: World) -> None:
    case, ann, bob = _mixed_case(world, 6), world.new_player(3 * NANO), world.new_player(3 * NANO)
    world.open(ann, case)
    before = world.snapshot()
    commands = [OpenCase(ann.id, case.name, 2, key="k"), OpenCase(bob.id, case.name, 3)]
    with pytest.raises(Interrupted):
        open_cases(interrupted(world.transactions), world.clock, rendered, commands)
    assert world.snapshot() == before
    # What was given back is given again, and no answer is remembered of what did not happen.
    outcomes = world.open_all(commands)
    assert [isinstance(outcome, Answered) and outcome.replayed for outcome in outcomes] == [False, False]
    assert all_held(world.audits.audit())


def test_a_unit_that_is_not_there_cannot_be_taken(world: World) -> None:
    pack, player = world.new_pack(1), world.new_player()
    before = world.snapshot()
    with pytest.raises(AssertionError), world.transactions() as tx:
        tx.openings.take([(player.id, pack.id, 10**6), (player.id, pack.id, 10**6 + 1)], world.clock.now())
    assert world.snapshot() == before


# --- races


def test_a_player_opens_as_often_as_the_money_reaches(world: World) -> None:
    case, player = _mixed_case(world, 20), world.new_player(5 * NANO)
    outcomes = at_once([lambda: world.open(player, case)] * 8)
    assert sum(isinstance(outcome, Answered) for outcome in outcomes) == 5
    assert outcomes.count(InsufficientBalance(NANO, 0, NANO)) == 3
    assert world.balance(player) == 0
    assert [draw.record.nonce for draw in world.draws(world.pair(player))] == [0, 1, 2, 3, 4]
    assert all_held(world.audits.audit())


def test_the_last_unit_has_one_winner(world: World) -> None:
    case, players = _sure_case(world, 1), [world.new_player(NANO) for _ in range(10)]
    outcomes = at_once([lambda player=player: world.open(player, case) for player in players])
    assert sum(isinstance(outcome, Answered) for outcome in outcomes) == 1
    assert outcomes.count(OutOfStickers(case.name)) == 9
    assert sum(len(world.items(player)) for player in players) == 1
    assert sum(world.balance(player) for player in players) == 9 * NANO
    assert all_held(world.audits.audit())


def test_one_key_at_once_has_one_effect(world: World) -> None:
    case, player = _sure_case(world, 20), world.new_player(20 * NANO)
    outcomes = at_once([lambda: world.open(player, case, 2, key="k", asked=b"x")] * 8)
    answers = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
    assert len(answers) == 8
    assert len({answered.answer for answered in answers}) == 1
    assert [answered.replayed for answered in answers].count(False) == 1
    assert world.balance(player) == 18 * NANO
    assert all_held(world.audits.audit())


def test_batches_that_cross_do_not_wait_for_each_other_for_ever(world: World) -> None:
    """Each batch names the players and the cases in another order; both cases draw from the same packs."""
    packs = [world.new_pack(40) for _ in range(2)]
    cases = [world.new_case([(pack.id, 0.5) for pack in order]) for order in (packs, packs[::-1])]
    players = [world.new_player(20 * NANO) for _ in range(4)]
    wishes = [OpenCase(player.id, case.name) for player in players for case in cases]
    outcomes = at_once([lambda order=order: world.open_all(order) for order in [wishes, wishes[::-1]] * 4])
    assert all(isinstance(outcome, Answered) for batch in outcomes for outcome in batch)
    assert [world.balance(player) for player in players] == [4 * NANO] * 4
    assert sum(world.free(pack) for pack in packs) == 80 - 64
    assert all_held(world.audits.audit())


def test_nobody_pays_another_price_than_the_one_shown(world: World) -> None:
    case, player = _sure_case(world, 40), world.new_player(100 * NANO)
    shown = OpenCase(player.id, case.name, price_nano=NANO)

    def reprice(price_nano: int) -> list[object]:
        world.edit_case(case, CaseChange(price_nano=price_nano))
        return []

    jobs = [lambda: [world.open_all([shown])[0] for _ in range(4)]] * 4
    outcomes = at_once([*jobs, lambda: reprice(3 * NANO), lambda: reprice(2 * NANO)])
    flat = [outcome for batch in outcomes for outcome in batch]
    paid = sum(isinstance(outcome, Answered) for outcome in flat)
    assert paid + sum(outcome in (PriceChanged(3 * NANO), PriceChanged(2 * NANO)) for outcome in flat) == 16
    assert world.balance(player) == (100 - paid) * NANO
    assert all_held(world.audits.audit())

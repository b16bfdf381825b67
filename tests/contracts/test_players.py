"""Players and their seed pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stickercase.domain.fairness import Revealed, SeedPair, commitment, replay
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Player, Profile
from stickercase.domain.refusal import Forbidden, IdempotencyKeyReused, InvalidRequest, NotFound, Refused
from stickercase.domain.use_cases.block_player import block_player
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.rotate_seed import rotate_seed
from stickercase.domain.use_cases.welcome_player import welcome_player
from support.races import at_once
from support.seeds import CountingSeeds
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

ANN = Profile(77, "Анна", "Ÿ", "ann", "ru", image_url="ann.png")


def _welcome(world: World, profile: Profile, **how: bool) -> tuple[Player, bool]:
    return welcome_player(world.transactions, world.clock, world.seeds, profile, **how)


def test_a_player_comes_into_being_on_first_use(world: World) -> None:
    player, created = _welcome(world, ANN)
    assert created
    assert player == Player(player.id, ANN)
    assert world.reading.player(77) == (player, 0)
    seeds = CountingSeeds()
    foretold = (seeds.server_seed(), seeds.client_seed(), seeds.server_seed())
    assert world.pair(player) == SeedPair(0, foretold[0], foretold[1], 0, foretold[2])
    assert world.items(player) == world.events(player) == []


def test_the_widest_profile_and_the_barest_are_kept(world: World) -> None:
    for profile in (replace(ANN, telegram_id=MAX_TELEGRAM_ID), Profile(1, "")):
        player, _ = _welcome(world, profile)
        assert world.reading.player(profile.telegram_id) == (Player(player.id, profile), 0)


def test_a_known_player_takes_the_new_profile(world: World) -> None:
    player, _ = _welcome(world, ANN)
    pair = world.pair(player)
    newer = replace(ANN, first_name="Anna", last_name=None, username=None)
    assert _welcome(world, newer) == (Player(player.id, newer), False)
    assert world.reading.player(77) == (Player(player.id, newer), 0)
    assert world.pair(player) == pair


def test_a_known_player_may_be_left_alone(world: World) -> None:
    player, _ = _welcome(world, ANN)
    assert _welcome(world, replace(ANN, first_name="Anna"), update=False) == (player, False)
    assert world.reading.player(77) == (player, 0)


def test_a_known_picture_stays_until_there_is_another(world: World) -> None:
    """The bot says at every /start that it has none: pictures are found out later."""
    player, _ = _welcome(world, ANN)
    assert _welcome(world, replace(ANN, first_name="Anna", image_url=None)) == (
        Player(player.id, replace(ANN, first_name="Anna")),
        False,
    )
    assert _welcome(world, replace(ANN, image_url="new.png"))[0].profile == replace(ANN, image_url="new.png")


def test_what_the_bot_says_is_not_lost_to_a_first_use(world: World) -> None:
    for telegram_id in range(100, 120):
        bare = Profile(telegram_id, "?")
        full = replace(ANN, telegram_id=telegram_id)
        uses = [lambda bare=bare: _welcome(world, bare, update=False)] * 3
        told = at_once([*uses, lambda full=full: _welcome(world, full)])
        assert [created for _, created in told].count(True) == 1
        found = world.reading.player(telegram_id)
        assert found is not None
        assert found[0].profile == full


def test_a_bot_is_no_player(world: World) -> None:
    with pytest.raises(Refused) as refused:
        _welcome(world, replace(ANN, is_bot=True))
    assert isinstance(refused.value.refusal, Forbidden)
    assert world.reading.player(77) is None


def test_creating_a_player_who_came_meanwhile_finds_them(world: World) -> None:
    player, _ = _welcome(world, ANN)
    pair = SeedPair(0, bytes(32), "late", 0, bytes(32))
    with world.transactions() as tx:
        assert tx.players.create(replace(ANN, first_name="Late"), pair, world.clock.now()) == (player, False)
    assert world.reading.player(77) == (player, 0)
    assert world.pair(player).client_seed != "late"


def test_strangers_are_unknown(world: World) -> None:
    assert world.reading.player(5) is None
    with world.transactions() as tx:
        assert tx.players.find(5) is None
        assert tx.players.live_pair(5) is None
    with pytest.raises(Refused) as refused:
        rotate_seed(world.transactions, world.clock, world.seeds, 5)
    assert refused.value.refusal == NotFound("player", "5")


def test_rotating_reveals_the_old_seed_and_brings_in_the_promised_one(world: World) -> None:
    case, player = world.new_case([(world.new_pack(3).id, 1.0)]), world.new_player(3 * NANO)
    world.open(player, case, 3)
    old = world.pair(player)
    new, revealed = world.rotate(player)
    assert revealed == Revealed(old.server_seed, old.client_seed, 3)
    assert commitment(revealed.server_seed) == old.server_seed_hash
    assert new == world.pair(player)
    assert (new.number, new.server_seed_hash) == (1, old.next_server_seed_hash)
    assert (new.client_seed, new.nonce) == (old.client_seed, 0)
    assert new.next_server_seed not in (old.server_seed, old.next_server_seed)


def test_a_client_seed_is_the_players_own_choice(world: World) -> None:
    player = world.new_player()
    for chosen in ("mine", " ", "~" * 64, "a'b\\c\"{}"):
        assert world.rotate(player, chosen)[0].client_seed == world.pair(player).client_seed == chosen


@pytest.mark.parametrize("text", ["a|b", "x" * 65, "", "é", "\n", "\x7f"])
def test_a_client_seed_that_cannot_be_is_refused(world: World, text: str) -> None:
    player = world.new_player()
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        world.rotate(player, text)
    assert isinstance(refused.value.refusal, InvalidRequest)
    assert world.snapshot() == before


def test_a_draws_seed_is_public_only_after_the_rotation(world: World) -> None:
    case, player = world.new_case([(world.new_pack(3).id, 1.0)]), world.new_player(3 * NANO)
    world.open(player, case, 2)
    old = world.pair(player)
    assert [draw.record.server_seed for draw in world.draws(old)] == [None, None]
    world.rotate(player)
    world.open(player, case)
    records = [draw.record for draw in world.draws(old)]
    assert [record.server_seed for record in records] == [old.server_seed] * 2
    assert all(check.held for record in records for check in replay(record))
    assert [draw.record.server_seed for draw in world.draws(world.pair(player))] == [None]


def test_an_interrupted_welcome_leaves_no_trace(world: World) -> None:
    world.meet(77)
    before = world.snapshot()
    with pytest.raises(Interrupted):
        welcome_player(interrupted(world.transactions), world.clock, world.seeds, ANN)
    assert world.snapshot() == before
    player, created = _welcome(world, ANN)
    assert created
    world.adjust(player, NANO)
    world.open(player, world.new_case([(world.new_pack(1).id, 1.0)]))
    before = world.snapshot()
    with pytest.raises(Interrupted):
        welcome_player(interrupted(world.transactions), world.clock, world.seeds, replace(ANN, first_name="Anna"))
    with pytest.raises(Interrupted):
        rotate_seed(interrupted(world.transactions), world.clock, world.seeds, player.id, "mine")
    assert world.snapshot() == before
    assert all_held(world.audits.audit())


# --- blocking


def test_a_blocked_player_is_known_as_one_until_unblocked(world: World) -> None:
    player, other = world.new_player(NANO), world.new_player()
    for blocked in (True, False, True):
        assert world.block(player, blocked).answer == b"%d" % blocked
        found = replace(player, blocked=blocked)
        assert world.reading.player(player.profile.telegram_id) == (found, NANO)
        with world.transactions() as tx:
            assert tx.players.find(player.profile.telegram_id) == found
        assert world.reading.player(other.profile.telegram_id) == (other, 0)
    assert world.rotate(player)[0].number == 1  # whoever may not play may still look at the dice


def test_a_block_is_logged_once_and_saying_it_again_changes_nothing(world: World) -> None:
    player = world.new_player()
    lines = len(world.back_door.operator_log())
    world.block(player)
    before = world.back_door.fingerprint()
    world.block(player)
    assert world.back_door.fingerprint() == before
    world.block(player, False)
    subject = f"player:{player.id}"
    assert [line[:5] for line in world.back_door.operator_log()[lines:]] == [
        ("service:tests", "block", subject, {"blocked": False}, {"blocked": True}),
        ("service:tests", "unblock", subject, {"blocked": True}, {"blocked": False}),
    ]


def test_blocking_nobody_or_half_way_leaves_no_trace(world: World) -> None:
    player = world.new_player()
    before = world.back_door.fingerprint()
    with pytest.raises(Refused) as refused:
        block_player(world.transactions, world.clock, OPERATOR, 10**9, True, lambda is_so: b"")
    assert refused.value.refusal == NotFound("player", str(10**9))
    telegram_id = player.profile.telegram_id
    with pytest.raises(Interrupted):
        block_player(interrupted(world.transactions), world.clock, OPERATOR, telegram_id, True, lambda is_so: b"")
    assert world.back_door.fingerprint() == before


def test_a_key_blocks_once(world: World) -> None:
    player = world.new_player()
    caller = Caller("service:tests", "k", b"block")
    assert world.block(player, True, caller) == Answered(b"1", replayed=False)
    world.block(player, False)
    assert world.block(player, True, caller) == Answered(b"1", replayed=True)
    assert world.reading.player(player.profile.telegram_id) == (player, 0)
    with pytest.raises(Refused) as refused:
        world.block(player, False, replace(caller, request_hash=b"unblock"))
    assert refused.value.refusal == IdempotencyKeyReused()


def test_blocks_at_once_are_logged_as_the_changes_they_were(world: World) -> None:
    player = world.new_player()
    lines = len(world.back_door.operator_log())
    at_once([lambda on=place % 2 == 0: world.block(player, on) for place in range(12)])
    told = [line[1] for line in world.back_door.operator_log()[lines:]]
    assert told == ["block", "unblock"] * (len(told) // 2) + ["block"] * (len(told) % 2)
    found = world.reading.player(player.profile.telegram_id)
    assert found == (replace(player, blocked=told[-1:] == ["block"]), 0)


# --- races


def test_one_person_arriving_many_times_is_one_player(world: World) -> None:
    arrivals = at_once([lambda: _welcome(world, ANN)] * 8)
    assert [created for _, created in arrivals].count(True) == 1
    assert len({player for player, _ in arrivals}) == 1
    assert all_held(world.audits.audit())


def test_rotations_at_once_come_one_after_the_other(world: World) -> None:
    player = world.new_player()
    rotations = at_once([lambda: world.rotate(player)] * 8)
    assert sorted(pair.number for pair, _ in rotations) == list(range(1, 9))
    assert world.pair(player).number == 8
    by_number = {pair.number: pair for pair, _ in rotations}
    assert all(by_number[n + 1].server_seed == by_number[n].next_server_seed for n in range(1, 8))


def test_openings_between_rotations_use_the_seed_of_their_moment(world: World) -> None:
    case, player = world.new_case([(world.new_pack(60).id, 1.0)]), world.new_player(60 * NANO)
    opening = [lambda: [world.open(player, case, 2) for _ in range(5)]] * 4
    rotating = [lambda: [world.rotate(player) for _ in range(5)]] * 2
    results = at_once([*opening, *rotating])
    assert all(isinstance(outcome, Answered) for outcomes in results[:4] for outcome in outcomes)
    revealed = [revealed for rotations in results[4:] for _, revealed in rotations]
    assert sum(old.draws for old in revealed) + world.pair(player).nonce == 40
    for old in revealed:
        for nonce in range(old.draws):
            draw = world.reading.draw(commitment(old.server_seed), nonce)
            assert draw is not None
            assert all(check.held for check in replay(draw.record))
    assert all_held(world.audits.audit())

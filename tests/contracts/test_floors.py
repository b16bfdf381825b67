"""Floors: what feeds say goes through price hygiene, operators settle what waits, and every change moves the shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.domain.refusal import IdempotencyKeyReused, InvalidRequest, NotFound, Refused, UnknownNames
from stickercase.domain.stock.floors import Floor, Quarantined, Reading
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.domain.use_cases.settle_price import accept_price, reject_price
from stickercase.domain.use_cases.stock_packs import PackChange
from stickercase.domain.use_cases.update_floors import FloorsUpdated, take_in, update_floors
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World

MINUTE = timedelta(minutes=1)


def says(pack: Pack, price_nano: object) -> Reading:
    return Reading(pack.collection_name, pack.pack_name, price_nano, "service:feeder")


def summary(updated: FloorsUpdated) -> bytes:
    return f"{updated.sync.changed} {updated.sync.quarantined}".encode()


def update(world: World, readings: Sequence[Reading], caller: Caller = OPERATOR) -> Answered:
    return update_floors(world.transactions, world.clock, caller, readings, summary)


def settle(world: World, verb: str, pack: Pack, price_nano: int, caller: Caller = OPERATOR) -> bytes:
    act = {"accept": accept_price, "reject": reject_price}[verb]
    told = act(
        world.transactions, world.clock, caller, pack.id, price_nano, lambda floor: str(floor.price_nano).encode()
    )
    return told.answer


def version(world: World) -> int:
    return world.reading.shelf()[0].version


# --- the port


def test_a_floor_is_kept_as_it_was_written(world: World) -> None:
    packs = [world.new_pack() for _ in range(3)]
    at = world.clock.now() + MINUTE
    floors = {
        packs[0].id: Floor(7, at, Quarantined(MAX_UNITS, at + MINUTE, "a feed"), 5),
        packs[2].id: Floor(0, at, None, MAX_UNITS),
    }
    untouched = world.floor(packs[1])
    with world.transactions() as tx:
        tx.floors.write(floors)
        assert tx.floors.floors([pack.id for pack in packs]) == floors | {packs[1].id: untouched}
    with world.transactions() as tx:
        assert tx.floors.lock() == floors | {packs[1].id: untouched}
        assert tx.floors.floors([packs[0].id, 10**9]) == {packs[0].id: floors[packs[0].id]}
        assert tx.floors.floors([]) == {}
        tx.floors.write({})
    assert world.reading.shelf()[0].packs[packs[0].id].floor_nano == 7
    assert world.reading.floors() == floors | {packs[1].id: untouched}


def test_only_a_price_moves_the_shelf(world: World) -> None:
    pack = world.new_pack(floor_nano=NANO)
    before = version(world)
    floor = replace(world.floor(pack), accepted_at=world.clock.now() + MINUTE)
    world.set_floor(pack, floor)
    world.set_floor(pack, replace(floor, quarantined=Quarantined(9, world.clock.now(), "a feed")))
    assert version(world) == before
    world.set_floor(pack, replace(floor, price_nano=NANO + 1))
    assert version(world) > before


# --- what a feed says


def test_small_changes_take_effect_at_once_and_jumps_wait(world: World) -> None:
    still, moved, jumped, silent = (world.new_pack(floor_nano=NANO) for _ in range(4))
    world.clock.at += MINUTE
    told = update(world, [says(jumped, 3 * NANO + 1), says(moved, 3 * NANO), says(still, NANO)])
    assert told.answer == f"{(moved.id,)} {(jumped.id,)}".encode()
    now = world.clock.now()
    assert world.floor(still) == Floor(NANO, now)
    assert world.floor(moved) == Floor(3 * NANO, now)
    waiting = Quarantined(3 * NANO + 1, now, "service:feeder")
    assert world.floor(jumped) == Floor(NANO, now - MINUTE, waiting)
    assert world.floor(silent) == Floor(NANO, now - MINUTE)
    who, action, subject, before, after, at = world.back_door.operator_log()[-1]
    assert (who, action, subject, at) == (OPERATOR.name, "update_floors", "floors", now)
    assert before == {
        str(moved.id): {"floor_nano": NANO, "quarantined_nano": None},
        str(jumped.id): {"floor_nano": NANO, "quarantined_nano": None},
    }
    assert after == {
        str(moved.id): {"floor_nano": 3 * NANO, "quarantined_nano": None},
        str(jumped.id): {"floor_nano": NANO, "quarantined_nano": 3 * NANO + 1},
    }


def test_the_next_sync_confirms_a_jump(world: World) -> None:
    pack = world.new_pack(floor_nano=NANO)
    for price_nano, expected in ((50 * NANO, NANO), (40 * NANO, 40 * NANO)):
        world.clock.at += MINUTE
        update(world, [says(pack, price_nano)])
        assert world.floor(pack).price_nano == expected
    assert world.floor(pack) == Floor(40 * NANO, world.clock.now())


def test_the_same_moment_confirms_nothing(world: World) -> None:
    pack = world.new_pack(floor_nano=NANO)
    world.clock.at += MINUTE
    for _ in range(3):
        assert update(world, [says(pack, 50 * NANO)]).answer == f"() {(pack.id,)}".encode()
    assert world.floor(pack).price_nano == NANO


def test_names_are_matched_together_and_however_they_are_spelled(world: World) -> None:
    pack = world.new_pack(name="Café STRASSE", collection="Éclair")
    other = world.new_pack(name="Café STRASSE", collection="Other")
    update(world, [Reading("e\u0301CLAIR", "Cafe\u0301 Straße", 2 * NANO, "")])
    assert (world.floor(pack).price_nano, world.floor(other).price_nano) == (2 * NANO, NANO)


def test_unknown_names_are_listed_and_nothing_is_changed(world: World) -> None:
    pack = world.new_pack(name="Cook", collection="DOGS OG")
    before = world.snapshot()
    unknown = [Reading(collection, name, NANO, "") for collection, name in (("Cook", "DOGS OG"), ("DOGS OG", "Nope"))]
    with pytest.raises(Refused) as refused:
        update(world, [says(pack, 2 * NANO), *unknown])
    names = (("Cook", "DOGS OG"), ("DOGS OG", "Nope"))
    assert refused.value.refusal == UnknownNames("Cook / DOGS OG, DOGS OG / Nope", (), names)
    assert world.snapshot() == before


@pytest.mark.parametrize("prices", [[0], [-1], [MAX_UNITS + 1], [1.5], [NANO, 2 * NANO], [NANO, 0]])
def test_prices_that_are_none_or_two_change_nothing(world: World, prices: list[object]) -> None:
    pack, other = world.new_pack(name="Cook", collection="DOGS OG"), world.new_pack()
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        update(world, [says(other, 2 * NANO), *(says(pack, price) for price in prices)])
    assert isinstance(refused.value.refusal, InvalidRequest)
    assert refused.value.refusal.problem.startswith("DOGS OG / Cook: ")
    assert world.snapshot() == before


def test_a_whole_feed_may_name_others_and_is_stopped_when_it_has_shrunk(world: World) -> None:
    packs = [world.new_pack() for _ in range(3)]
    stranger = Reading("Nobody", "Knows", 5 * NANO, "")
    world.clock.at += MINUTE
    for readings, changed in (([packs[0]], ()), (packs[:2], (packs[0].id, packs[1].id))):
        with world.transactions() as tx:
            said = [stranger, *(says(pack, 2 * NANO) for pack in readings)]
            updated = take_in(tx, world.clock, "sync", said, whole=True)
        assert updated.sync.changed == changed
        assert (updated.sync.alarm is None) is bool(changed)
        assert updated.sync.matching.unknown == (("Nobody", "Knows"),)
    assert world.floor(packs[2]).price_nano == NANO


def test_one_key_is_one_update(world: World) -> None:
    pack = world.new_pack(floor_nano=NANO)
    caller = replace(OPERATOR, key="k", request_hash=b"50")
    answers = []
    for _ in range(2):
        world.clock.at += MINUTE
        answers.append(update(world, [says(pack, 50 * NANO)], caller))
    assert answers == [Answered(f"() {(pack.id,)}".encode(), False), Answered(f"() {(pack.id,)}".encode(), True)]
    assert world.floor(pack).price_nano == NANO, "a repeat confirms nothing"
    with pytest.raises(Refused) as refused:
        update(world, [says(pack, NANO)], replace(caller, request_hash=b"1"))
    assert refused.value.refusal == IdempotencyKeyReused()


def test_an_interrupted_update_leaves_no_trace(world: World) -> None:
    pack = world.new_pack(floor_nano=NANO)
    before = world.snapshot()
    with pytest.raises(Interrupted):
        update_floors(interrupted(world.transactions), world.clock, OPERATOR, [says(pack, 2 * NANO)], summary)
    assert world.snapshot() == before


def test_feeds_at_once_do_not_lose_a_price(world: World) -> None:
    packs = [world.new_pack(floor_nano=NANO) for _ in range(8)]
    at_once([lambda pack=pack: update(world, [says(p, 2 * NANO) for p in (pack, packs[0])]) for pack in packs])
    assert {world.floor(pack).price_nano for pack in packs} == {2 * NANO}


def test_feeds_and_operators_at_once_end(world: World) -> None:
    """Both lock packs before the catalogue: nobody waits for ever, and every change is there."""
    packs = [world.new_pack(floor_nano=NANO) for _ in range(4)]
    feeds = [lambda n=n: update(world, [says(pack, NANO + n) for pack in packs]) for n in range(1, 5)]
    edits = [lambda pack=pack: world.edit_pack(pack, PackChange(image_url="new.png")) for pack in packs]
    at_once([*feeds, *edits])
    shelf, _ = world.reading.shelf()
    assert {shelf.packs[pack.id].image_url for pack in packs} == {"new.png"}
    assert len({shelf.packs[pack.id].floor_nano for pack in packs}) == 1, "a feed is taken in whole"


# --- what an operator says


def quarantined(world: World, price_nano: int = 50 * NANO) -> Pack:
    pack = world.new_pack(floor_nano=NANO)
    world.clock.at += MINUTE
    update(world, [says(pack, price_nano)])
    world.clock.at += MINUTE
    return pack


def test_an_accepted_price_is_in_force_and_fresh(world: World) -> None:
    pack = quarantined(world)
    before = version(world)
    assert settle(world, "accept", pack, 50 * NANO) == str(50 * NANO).encode()
    assert world.floor(pack) == Floor(50 * NANO, world.clock.now())
    assert version(world) > before
    assert world.back_door.operator_log()[-1] == (
        OPERATOR.name,
        "accept_price",
        f"pack:{pack.id}",
        {"floor_nano": NANO, "quarantined_nano": 50 * NANO, "rejected_nano": None},
        {"floor_nano": 50 * NANO, "quarantined_nano": None, "rejected_nano": None},
        world.clock.now(),
    )


def test_a_rejected_price_is_not_heard_again(world: World) -> None:
    pack = quarantined(world)
    accepted_at = world.floor(pack).accepted_at
    assert settle(world, "reject", pack, 50 * NANO) == str(NANO).encode()
    assert world.floor(pack) == Floor(NANO, accepted_at, None, 50 * NANO)
    for _ in range(2):
        world.clock.at += MINUTE
        assert update(world, [says(pack, 50 * NANO)]).answer == b"() ()"
    assert world.floor(pack) == Floor(NANO, accepted_at, None, 50 * NANO)


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_only_the_price_that_waits_is_settled(world: World, verb: str) -> None:
    pack, calm = quarantined(world), world.new_pack()
    before = world.snapshot()
    for wrong, price_nano, what in (
        (pack, 49 * NANO, NotFound("quarantined price", "49.000000000")),
        (calm, NANO, NotFound("quarantined price", "1.000000000")),
        (replace(pack, id=10**9), 50 * NANO, NotFound("pack", str(10**9))),
    ):
        with pytest.raises(Refused) as refused:
            settle(world, verb, wrong, price_nano)
        assert refused.value.refusal == what
    assert world.snapshot() == before


def test_a_price_is_settled_once(world: World) -> None:
    pack = quarantined(world)

    def attempt(verb: str) -> str:
        try:
            settle(world, verb, pack, 50 * NANO)
        except Refused as refused:
            return refused.refusal.code
        return verb

    outcomes = at_once([lambda verb=verb: attempt(verb) for verb in ["accept", "reject"] * 4])
    assert outcomes.count("not_found") == 7
    [settled] = set(outcomes) - {"not_found"}
    floor = world.floor(pack)
    assert (floor.price_nano, floor.rejected_nano) == ((50 * NANO, None) if settled == "accept" else (NANO, 50 * NANO))


def test_one_key_settles_once(world: World) -> None:
    pack = quarantined(world)
    caller = replace(OPERATOR, key="k", request_hash=b"50")
    assert settle(world, "accept", pack, 50 * NANO, caller) == settle(world, "accept", pack, 50 * NANO, caller)

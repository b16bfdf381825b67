"""Feeds against packs: names, contradictions, alarms, and the summary of a sync. One floor: test_floors.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.domain.stock.floors import (
    Effect,
    FeedAlarm,
    Floor,
    Quarantined,
    Reading,
    matching,
    synced,
)
from stickercase.domain.stock.packs import Pack, PackStatus

NOON = datetime(2025, 10, 12, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)
DAY = timedelta(hours=24)
MOST = 10**18

PRICES = st.integers(1, MOST) | st.integers(1, 100)
RUBBISH = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.decimals(),
    st.text(max_size=5),
    st.integers(max_value=0),
    st.integers(min_value=MOST + 1),
    st.just(10**400),
    st.lists(st.integers(), max_size=2),
)


def says(price: object, collection: str = "DOGS OG", pack: str = "Cook", source: str = "feed") -> Reading:
    return Reading(collection, pack, price, source)


def pack(pack_id: int, name: str = "", collection: str = "DOGS OG") -> Pack:
    return Pack(pack_id, name or f"Pack {pack_id}", collection, "Sticker Pack", 0, "", PackStatus.ACTIVE)


# Names


@pytest.mark.parametrize(("collection", "name"), [("dogs og", "COOK"), ("DOGS OG", "cook"), ("dOGS oG", "Cook")])
def test_spelling_does_not_matter(collection: str, name: str) -> None:
    found = matching([says(5, collection, name)], [pack(1, "Cook")])
    assert list(found.readings) == [1]


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert list(matching([says(5, "Cafe\u0301", "STRASSE")], [pack(1, "straße", "CAFÉ")]).readings) == [1]


def test_collection_and_pack_are_matched_together() -> None:
    packs = [pack(1, "Cook", "DOGS OG"), pack(2, "Cook", "Not Pixel"), pack(3, "DOGS OG", "Cook")]
    found = matching([says(5, "Not Pixel", "Cook"), says(6, "Dogs", "OG Cook")], packs)
    assert {pack_id: reading.price_nano for pack_id, reading in found.readings.items()} == {2: 5}
    assert found.missing == (1, 3)
    assert found.unknown == (("Dogs", "OG Cook"),)


@pytest.mark.parametrize("prices", [(5, 6), (5, 0), (0, 5), (5, None), (5, 5.0), (5, 5, 7)])
def test_two_prices_for_one_pack_are_none(prices: tuple[object, ...]) -> None:
    found = matching([says(price) for price in prices], [pack(1, "Cook")])
    assert (found.contradicted, dict(found.readings), found.skipped) == ((1,), {}, ())


def test_two_spellings_of_one_pack_contradict_each_other_as_well() -> None:
    assert matching([says(5), says(6, "dogs og")], [pack(1, "Cook")]).contradicted == (1,)


def test_the_same_price_twice_is_one_price() -> None:
    found = matching([says(5), says(5)], [pack(1, "Cook")])
    assert (list(found.readings), found.read) == ([1], 2)


def test_the_names_of_two_packs_price_neither() -> None:
    found = matching([says(5)], [pack(1, "Cook"), pack(2, "COOK")])
    assert (found.contradicted, dict(found.readings)) == ((1, 2), {})


@pytest.mark.parametrize(
    ("heard_of", "known", "alarm"),
    [
        (0, 0, FeedAlarm(0, 0, empty=True)),
        (0, 4, FeedAlarm(4, 0, empty=True)),
        (1, 3, FeedAlarm(3, 1, empty=False)),
        (2, 5, FeedAlarm(5, 2, empty=False)),
        (1, 2, None),
        (2, 4, None),
        (5, 5, None),
    ],
)
def test_a_feed_with_less_than_half_of_the_packs_raises_an_alarm(
    heard_of: int, known: int, alarm: FeedAlarm | None
) -> None:
    packs = [pack(pack_id) for pack_id in range(1, known + 1)]
    found = matching([says(5, pack=p.pack_name) for p in packs[:heard_of]], packs)
    assert found.alarm == alarm


def test_packs_without_a_usable_price_count_as_not_heard_of() -> None:
    packs = [pack(1), pack(2), pack(3)]
    readings = [says(5, pack="Pack 1"), says(0, pack="Pack 2"), says(5, pack="Pack 3"), says(9, pack="Pack 3")]
    assert matching(readings, packs).alarm == FeedAlarm(3, 1, empty=False)


def test_a_renamed_feed_raises_an_alarm() -> None:
    found = matching([says(5, "Dogs!", f"Pack {n}") for n in range(9)], [pack(n) for n in range(9)])
    assert found.alarm == FeedAlarm(9, 0, empty=False)
    assert found.alarm.why == "the feed has shrunk to 0 of 9 known packs; nothing was changed"


# A whole sync

PACKS = [pack(n) for n in range(1, 8)]
FLOORS = {
    1: Floor(100, NOON),
    2: Floor(100, NOON),
    3: Floor(100, NOON),
    4: Floor(100, NOON, Quarantined(900, NOON, "feed")),
    6: Floor(100, NOON),
}
NEWS = {1: 100, 2: 120, 3: 1000, 4: 901, 5: 7, 6: 0}
FEED = [says(price, pack=f"Pack {n}") for n, price in NEWS.items()] + [says(3, pack="Stranger")]


def test_a_sync_says_what_was_read_skipped_quarantined_changed_and_why() -> None:
    sync = synced(FLOORS, matching(FEED, PACKS), LATER)
    assert (sync.read, sync.alarm, sync.at) == (7, None, LATER)
    assert (sync.skipped, sync.quarantined, sync.changed) == ((6,), (3,), (2, 4, 5))
    assert (sync.matching.missing, sync.matching.unknown) == ((7,), (("DOGS OG", "Stranger"),))
    assert sync.floors == {
        1: Floor(100, LATER),
        2: Floor(120, LATER),
        3: Floor(100, NOON, Quarantined(1000, LATER, "feed")),
        4: Floor(901, LATER),
        5: Floor(7, LATER),
    }
    assert sync.why == {
        1: Effect.KEPT.value,
        2: Effect.CHANGED.value,
        3: Effect.QUARANTINED.value,
        4: Effect.CONFIRMED.value,
        5: Effect.FIRST.value,
        6: Effect.SKIPPED.value,
        7: "the feed does not name it",
    }


def test_a_summary_lists_in_one_order_whatever_the_order_of_the_feed() -> None:
    packs = [pack(n) for n in range(1, 9)]
    prices = [(1, 5), (2, 5), (3, 0), (6, 0), (4, 1), (4, 2), (5, 1), (5, 2)]
    feed = [says(price, pack=f"Pack {n}") for n, price in prices]
    feed += [says(1, pack="A stranger"), says(1, pack="Stranger"), says(5, pack="Pack 2", source="a feed")]
    for readings, shelf in ((feed, packs), (feed[::-1], packs[::-1]), (feed[3:] + feed[:3], packs[5:] + packs[:5])):
        sync = synced({}, matching(readings, shelf), LATER, whole=False)
        found = sync.matching
        assert (found.skipped, found.contradicted, found.missing) == ((3, 6), (4, 5), (7, 8))
        assert found.unknown == (("DOGS OG", "A stranger"), ("DOGS OG", "Stranger"))
        assert (sync.skipped, sync.changed) == ((3, 4, 5, 6), (1, 2))
        assert (list(found.readings), list(sync.why)) == ([1, 2], list(range(1, 9)))
        assert found.readings[2].source == "a feed"


def test_an_alarm_changes_nothing() -> None:
    sync = synced(FLOORS, matching(FEED[:3], PACKS), LATER)
    assert sync.alarm == FeedAlarm(7, 3, empty=False)
    assert (sync.floors, sync.changed, sync.quarantined, dict(sync.steps)) == ({}, (), (), {})
    assert set(sync.why) == {p.id for p in PACKS}
    assert sync.why[1] == sync.alarm.why


def test_news_of_a_few_packs_is_no_shrunken_feed() -> None:
    sync = synced(FLOORS, matching(FEED[1:2], PACKS), LATER, whole=False)
    assert (sync.alarm, sync.floors) == (None, {2: Floor(120, LATER)})


def test_an_empty_feed_says_so() -> None:
    sync = synced(FLOORS, matching([], PACKS), LATER)
    assert sync.alarm is not None
    assert sync.alarm.why == "the feed is empty; nothing was changed"
    assert sync.floors == {}


# Properties

NAMES = st.sampled_from(["Pack 1", "pack 1", "PACK 2", "Pack 3", "Stranger", "", "\ud800"]) | st.text(max_size=3)
READINGS = st.builds(
    Reading,
    st.sampled_from(["DOGS OG", "dogs og", "Other"]),
    NAMES,
    PRICES | st.sampled_from([5, 100, 900]) | RUBBISH,
    st.sampled_from(["a", "b"]),
)
MOMENTS = st.integers(-3, 3).map(lambda n: NOON + n * timedelta(hours=10))
FLOOR_STATES = st.builds(
    Floor,
    st.integers(0, 100) | st.integers(0, MOST),
    MOMENTS,
    st.none() | st.builds(Quarantined, PRICES, MOMENTS, st.just("a")),
    st.none() | PRICES,
)
SHELVES = st.dictionaries(st.integers(1, 4), FLOOR_STATES)
FEW_PACKS = [pack(n) for n in range(1, 5)]


@given(SHELVES, st.lists(READINGS, max_size=12), MOMENTS, st.booleans())
def test_no_feed_is_fatal_and_the_same_sync_twice_is_one(
    floors: dict[int, Floor], feed: list[Reading], at: datetime, whole: bool
) -> None:
    found = matching(feed, FEW_PACKS)
    first = synced(floors, found, at, whole=whole)
    assert set(first.why) == {1, 2, 3, 4}
    assert set(first.changed) | set(first.quarantined) <= set(found.readings)
    again = synced(floors | first.floors, found, at, whole=whole)
    assert (again.floors, again.changed) == ({}, ())


@given(SHELVES, st.lists(READINGS, max_size=12))
def test_the_same_prices_in_a_later_sync_change_nothing_but_freshness_where_nothing_waits(
    floors: dict[int, Floor], feed: list[Reading]
) -> None:
    found, at = matching(feed, FEW_PACKS), NOON + 2 * DAY
    first = floors | synced(floors, found, at, whole=False).floors
    later = synced(first, found, at + DAY, whole=False)
    for pack_id, step in later.steps.items():
        if first[pack_id].quarantined is None:
            refreshed = replace(first[pack_id], accepted_at=at + DAY)
            assert (step.effect, step.after) in ((Effect.KEPT, refreshed), (Effect.REJECTED, first[pack_id]))
        else:
            assert pack_id in later.changed or step.effect is Effect.REJECTED


@given(SHELVES, st.permutations([says(p, pack=f"Pack {n}") for n, p in NEWS.items()] + [says(9, pack="X")] * 2))
def test_the_order_of_a_feed_makes_no_difference(floors: dict[int, Floor], feed: list[Reading]) -> None:
    usual = synced(floors, matching(sorted(feed, key=lambda r: r.pack_name), FEW_PACKS), LATER)
    assert synced(floors, matching(feed, FEW_PACKS[::-1]), LATER) == usual
    one_by_one = [synced(floors, matching([r], FEW_PACKS), LATER, whole=False).floors for r in feed]
    assert {pack_id: floor for part in one_by_one for pack_id, floor in part.items()} == usual.floors

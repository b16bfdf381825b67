"""Whatever the catalogue and whatever the feeds say: no published table breaks a promise, and a repeat does nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stickercase.domain.cases.catalogue import Case, CaseStatus
from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import BAND, ROUNDING, STEP_NANO
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.money import NANO
from stickercase.domain.stock.floors import Reading, doubt
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.price_syncs import QUIET, CaseOutcome, PriceSync
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.ports.failures import VendorUnavailable
from stickercase.ports.feeds import FeedRead
from support.price_syncs import ISSUER, STALE, Syncing
from support.worlds import World, memory_world

LONG = bool(os.environ.get("STICKERCASE_LONG"))
CONTRIBUTORS = (ISSUER, "Fuse")

floors = st.integers(1, 400).map(lambda tenths: tenths * NANO // 10)
weights = st.lists(st.integers(0, 40), min_size=6, max_size=6).filter(any)
MOODS = ("calm", "calm", "doubled", "times four", "fallen", "empty", "halved", "renamed", "garbage", "one bad", "down")


@dataclass(frozen=True)
class Shop:
    """A catalogue: floors of six packs, and cases as (weights of the packs, price, fee)."""

    floors: list[int]
    cases: list[tuple[list[int], int, float]]


shops = st.builds(
    Shop,
    st.lists(floors, min_size=6, max_size=6),
    st.lists(
        st.tuples(
            weights, st.integers(1, 60).map(lambda halves: halves * STEP_NANO), st.sampled_from([5.0, 20.0, 50.0])
        ),
        min_size=1,
        max_size=4,
    ),
)
moods = st.lists(st.tuples(*[st.sampled_from(MOODS)] * 2, st.booleans()), min_size=1, max_size=5)
policies = st.sampled_from([Tiered(), LeastChange()])


def read(mood: str, packs: list[Pack], turn: int) -> FeedRead | Exception:
    """What a source in this mood says of these packs, whose floors are what they are."""
    if mood == "down":
        return VendorUnavailable("away")
    factor = {"doubled": 2.0, "times four": 4.0, "fallen": 0.2}.get(mood, 1 + 0.07 * (turn % 3 - 1))
    prices: list[tuple[Pack, object]] = [(pack, max(1, int(pack.floor_nano * factor))) for pack in packs]
    if mood == "empty":
        prices = []
    elif mood == "halved":
        prices = prices[: len(prices) // 2]
    elif mood == "garbage":
        prices = [(pack, rubbish) for (pack, _), rubbish in zip(prices, (None, "9", -1, 0, 1.5, 10**30), strict=False)]
    elif mood == "one bad":
        prices[0] = (prices[0][0], None)
    name = "{} renamed" if mood == "renamed" else "{}"
    return FeedRead([Reading(name.format(p.collection_name), p.pack_name, price, "a feed") for p, price in prices])


def play(world: World, shop: Shop, days: list[tuple[str, str, bool]], policy: Policy) -> None:
    syncing = Syncing(world, policy)
    packs = [world.new_pack(0, floor, contributor=CONTRIBUTORS[place % 2]) for place, floor in enumerate(shop.floors)]
    cases = [open_shop(world, packs, *case) for case in shop.cases]
    for turn, (first, second, is_late) in enumerate(days):
        world.clock.at += STALE / 3 if is_late else STALE / 300
        said = {who: read(mood, own(world, who), turn) for who, mood in zip(CONTRIBUTORS, (first, second), strict=True)}
        check(syncing, cases, syncing.sync(said))
    # What a jump waits for is the next run, and after that the same feeds change nothing.
    said = {who: read("calm", own(world, who), 1) for who in CONTRIBUTORS}
    for _ in range(2):
        check(syncing, cases, syncing.sync(said))
    settled, versions = world.reading.glance(), [syncing.versions(case) for case in cases]
    repeated = syncing.sync(said)
    assert {line.outcome for line in repeated.cases} <= QUIET
    assert (world.reading.glance(), [syncing.versions(case) for case in cases]) == (settled, versions)


def own(world: World, contributor: str) -> list[Pack]:
    """The contributor's packs with the floors in force."""
    return [pack for pack in world.reading.shelf()[0].packs.values() if pack.contributor == contributor]


def open_shop(world: World, packs: list[Pack], weighted: list[int], price_nano: int, base_fee: float) -> Case:
    items = [(pack.id, weight / sum(weighted)) for pack, weight in zip(packs, weighted, strict=True)]
    case = world.new_case(items, price_nano)
    return world.edit_case(case, CaseChange(base_fee=base_fee))


def check(syncing: Syncing, cases: list[Case], record: PriceSync) -> None:
    """Every case on sale whose floors can be relied on keeps its promise; what was published did so at once."""
    world = syncing.world
    believed, now = world.reading.floors(), world.clock.now()
    for case in map(syncing.case, cases):
        is_reliable = not any(doubt(believed[row.pack_id], now) for row in case.odds.rows)
        if is_reliable and case.status is CaseStatus.ACTIVE:
            assert syncing.keeps_its_promise(case), (record, case)
        if case.status is CaseStatus.INACTIVE:
            assert case.off_sale is not None
            assert case.off_sale.why
    promises = {case.id: case.base_fee for case in cases}
    for line in record.cases:
        if line.outcome in QUIET or line.outcome is CaseOutcome.DEACTIVATED:
            assert (line.odds_before, line.price_before_nano) == (line.odds_after, line.price_after_nano)
            continue
        assert line.fee_after is not None
        assert abs(line.fee_after - promises[line.case_id]) <= BAND * promises[line.case_id] + ROUNDING
        if line.odds_after != line.odds_before and line.outcome is CaseOutcome.REPUBLISHED:
            assert line.fee_after == pytest.approx(promises[line.case_id], abs=1e-6)


@settings(max_examples=1000 if LONG else 60)
@given(shop=shops, days=moods, policy=policies)
def test_no_feed_makes_a_sync_break_a_promise(shop: Shop, days: list[tuple[str, str, bool]], policy: Policy) -> None:
    play(memory_world(), shop, days, policy)


@settings(max_examples=30 if LONG else 3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shop=shops, days=moods, policy=policies)
def test_nor_on_any_store(
    new_world: Callable[[], World], shop: Shop, days: list[tuple[str, str, bool]], policy: Policy
) -> None:
    play(new_world(), shop, days, policy)

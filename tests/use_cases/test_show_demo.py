"""A demo opening shows what a paid one could, and moves nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.refusal import CaseInactive, NotFound, Refused
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.show_demo import show_demo
from support.seeds import CountingSeeds
from support.worlds import memory_world


def test_the_packs_shown_follow_the_odds() -> None:
    world = memory_world()
    common, scarce, never = world.new_pack(), world.new_pack(), world.new_pack()
    case = world.new_case([(common.id, 0.75), (scarce.id, 0.25), (never.id, 0.0)])
    shelf, _ = world.reading.shelf()
    seeds = CountingSeeds("demo")
    shown = Counter(show_demo(shelf, seeds, case.name)[1].id for _ in range(4000))
    assert set(shown) == {common.id, scarce.id}
    # Five standard deviations of a binomial with n = 4000 and p = 1/4 are 137.
    assert abs(shown[scarce.id] - 1000) < 137


def test_it_works_without_any_unit_and_changes_nothing() -> None:
    world = memory_world()
    case = world.new_case([(world.new_pack().id, 1.0)])
    before = world.snapshot()
    shelf, free = world.reading.shelf()
    assert shelf.status(shelf.cases[case.name], free) is CaseStatus.OUT_OF_STICKERS
    assert show_demo(shelf, CountingSeeds(), case.name)[0].name == case.name
    assert world.snapshot() == before


def test_what_is_not_there_or_not_on_sale_is_refused() -> None:
    world = memory_world()
    case = world.new_case([(world.new_pack(3).id, 1.0)])
    world.edit_case(case, CaseChange(status=CaseStatus.INACTIVE))
    shelf, _ = world.reading.shelf()
    for name, refusal in (("Nowhere", NotFound("case", "Nowhere")), (case.name, CaseInactive(case.name))):
        with pytest.raises(Refused) as refused:
            show_demo(shelf, CountingSeeds(), name)
        assert refused.value.refusal == refusal

"""What a price sync does behind the lock of a case, where those who open it wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.cases.policies import Shapes
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.money import NANO
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.sync_prices import sync_prices
from support.price_syncs import ISSUER, Syncing, feed
from support.worlds import World


@dataclass
class Counting:
    """A policy that counts how often it is asked."""

    asked: int = 0
    name: str = "tiered"

    def at(self, price: float, floors: Sequence[float], chances: Sequence[float]) -> Shapes:
        self.asked += 1
        return Tiered().at(price, floors, chances)

    def turns(self, floors: Sequence[float]) -> Sequence[float]:
        return Tiered().turns(floors)


@dataclass
class Pictured:
    """A shelf on which a case without a picture has a stub, as the product's."""

    world: World

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        shelf, free = self.world.reading.shelf()
        cases = {name: replace(case, image_url=case.image_url or "/plug.png") for name, case in shelf.cases.items()}
        return replace(shelf, cases=cases), free


def test_a_case_without_a_picture_is_not_decided_again_under_its_lock(world: World) -> None:
    syncing = Syncing(world)
    cheap, dear = (world.new_pack(1, floor * NANO, contributor=ISSUER) for floor in (3, 10))
    case = world.new_case([(cheap.id, 6 / 7), (dear.id, 1 / 7)], 5 * NANO)
    syncing.sync_prices({cheap: 3 * NANO, dear: 10 * NANO})
    asked = []
    for picture, floor in (("case.png", 12), ("", 14)):
        world.edit_case(case, CaseChange(image_url=picture))
        policy, task = Counting(), syncing.task()
        feeds = MemoryFeeds({ISSUER: feed({cheap: 3 * NANO, dear: floor * NANO})})
        shelves, reading = Pictured(world), world.reading
        done = sync_prices(world.transactions, world.clock, feeds, shelves, reading, world.history, policy, task)
        assert done.note == "1 republished"
        assert syncing.case(case).image_url == picture, "what is shown in its place is not written down"
        asked.append(policy.asked)
    assert asked[0] == asked[1] > 0

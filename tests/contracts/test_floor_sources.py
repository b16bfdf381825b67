"""What every set of feeds promises: the one in memory, and the adapter before the sandbox and a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stickercase.adapters.floors.feeds import FloorsFeeds
from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.stock.floors import Reading
from stickercase.ports.feeds import FeedRead, Feeds
from support.sandboxes import FLOORS, NANO, FirstFloor, outside

COOK = ("DOGS OG", "Cook", 5_969_000_000)


def _read(floors: list[FirstFloor]) -> FeedRead:
    return FeedRead([Reading(one.collection, one.pack, round(float(one.ton) * NANO), "memory") for one in floors])


@pytest.fixture(params=["memory", "old shape", "new shape", "file"])
def feeds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Feeds]:
    of = {name: [one for one in FLOORS if one.contributor == name] for name in ("Sticker Pack", "Fuse")}
    if request.param == "memory":
        yield MemoryFeeds({name: _read(floors) for name, floors in of.items()})
        return
    with outside(tmp_path) as world:
        tools = f"{world.url}/stickers.tools/api"
        if request.param == "old shape":
            yield FloorsFeeds(f"{tools}/stats-new", {"Fuse": f"{world.url}/tables/Fuse.csv"})
        elif request.param == "new shape":
            url = f"{tools}/v1/market/stats?issuers=Sticker%20Pack"
            yield FloorsFeeds(url, {"Fuse": f"{world.url}/tables/Fuse.json"})
        else:
            for name in of:
                table = world.client.get(f"/tables/{name}.csv")
                (tmp_path / f"{name}.csv").write_bytes(table.content)
            yield FloorsFeeds("", {name: str(tmp_path / f"{name}.csv") for name in of})


def named(read: FeedRead) -> list[tuple[str, str, object]]:
    return sorted((one.collection_name, one.pack_name, one.price_nano) for one in read.readings)


def test_each_contributor_has_one_source(feeds: Feeds) -> None:
    assert list(feeds.contributors()) == ["Sticker Pack", "Fuse"]


def test_floors_are_read_to_the_nanoton_with_collection_and_pack(feeds: Feeds) -> None:
    sticker_pack = feeds.read("Sticker Pack")
    assert named(sticker_pack) == [
        ("Blum", "Cook", 1_600_000_000),
        ("DOGS OG", "Cook", 5_969_000_000),
        ("DOGS OG", "Not Cap", 430_520_000_000),
    ]
    assert named(feeds.read("Fuse")) == [("Pudgy Penguins", "Blue Pengu", 7_700_000_000)]
    assert not sticker_pack.skipped
    assert all(one.source for one in sticker_pack.readings)


def test_a_contributor_without_a_source_is_an_error(feeds: Feeds) -> None:
    with pytest.raises(KeyError):
        feeds.read("Nobody")

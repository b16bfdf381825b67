"""The window: rendered once for each state that a view depends on, and never shown for another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest

from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http import window as windows
from stickercase.entrypoints.http.window import Page, Stock, Window, etag_of, is_known
from stickercase.ports.reading import PACKED_COUNT, Glance

rendered: list[str] = []


def told(shelf: Shelf, free: Mapping[int, int]) -> bytes:
    return f"v{shelf.version} {dict(free)}".encode()


@dataclass(frozen=True)
class Counts:
    """Shows everything."""

    name: str = "counts"
    stock: ClassVar = Stock.COUNTS

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        rendered.append(self.name)
        return told(shelf, free)


@dataclass(frozen=True)
class SoldOut:
    """Shows what is sold out."""

    stock: ClassVar = Stock.SOLD_OUT

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        rendered.append("sold out")
        return f"v{shelf.version} {[pack for pack in free if not free[pack]]}".encode()


@dataclass(frozen=True)
class Nothing:
    """Shows nothing of the stock; what is not there is refused."""

    stock: ClassVar = Stock.NOTHING

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        rendered.append("nothing")
        if shelf.version == 13:
            raise Refused(NotFound("thing", "it"))
        return f"v{shelf.version}".encode()


class Shop:
    """Shelves of which a test says everything; ``newest`` is what a load finds, when it is not what was glanced at."""

    def __init__(self) -> None:
        self.version = 1
        self.free = {1: 5, 2: 0}
        self.newest: int | None = None

    def glance(self) -> Glance:
        return Glance(self.version, b"".join(PACKED_COUNT.pack(*count) for count in self.free.items()))

    def shelf_since(self, version: int) -> Shelf:
        return Shelf(max(version, self.newest or 0), {}, {})

    def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        raise AssertionError("a window glances")

    def specimen(self, pack_id: int) -> int:
        raise AssertionError("a window shows no units")


@pytest.fixture
def shop() -> Shop:
    rendered.clear()
    return Shop()


def look(window: Window, *views: windows.View) -> list[str]:
    async def pages() -> list[Page]:
        return list(await asyncio.gather(*map(window.page, views)))

    return [page.body.decode() for page in asyncio.run(pages())]


def test_what_has_not_changed_is_not_rendered_again(shop: Shop) -> None:
    window = Window(shop)
    for _ in range(3):
        assert look(window, Counts(), Counts("other")) == ["v1 {1: 5, 2: 0}"] * 2
    assert sorted(rendered) == ["counts", "other"]


def test_only_what_a_view_shows_makes_it_new(shop: Shop) -> None:
    window = Window(shop)
    views = Counts(), SoldOut(), Nothing()
    assert look(window, *views) == ["v1 {1: 5, 2: 0}", "v1 [2]", "v1"]
    rendered.clear()
    shop.free[1] = 4
    assert look(window, *views) == ["v1 {1: 4, 2: 0}", "v1 [2]", "v1"]
    assert rendered == ["counts"]
    shop.free[2] = 1
    assert look(window, *views) == ["v1 {1: 4, 2: 1}", "v1 []", "v1"]
    assert sorted(rendered) == ["counts", "counts", "sold out"]  # side by side, in any order
    shop.version = 2
    assert look(window, *views) == ["v2 {1: 4, 2: 1}", "v2 []", "v2"]


def test_readers_at_the_same_moment_share_one_rendering(shop: Shop) -> None:
    assert set(look(Window(shop), *[Counts()] * 50)) == {"v1 {1: 5, 2: 0}"}
    assert rendered == ["counts"]


def test_a_page_of_a_newer_shelf_is_not_shown_for_an_older_one(shop: Shop) -> None:
    """Between the glance and the shelf the catalogue may move: what was rendered is kept as what it is."""
    window = Window(shop)
    shop.newest = 2
    assert look(window, Nothing()) == ["v2"]
    shop.newest = None
    assert look(window, Nothing()) == ["v1"]
    shop.version = 2
    assert look(window, Nothing()) == ["v2"]


def test_a_stock_that_comes_back_shows_what_it_showed(shop: Shop) -> None:
    window = Window(shop)
    for count in (5, 4, 5, 0, 5):
        shop.free[1] = count
        assert look(window, Counts()) == [f"v1 {{1: {count}, 2: 0}}"]


def test_a_refusal_is_not_kept(shop: Shop) -> None:
    window = Window(shop)
    for version, expected in ((13, None), (13, None), (14, "v14"), (13, None)):
        shop.version = version
        if expected is None:
            with pytest.raises(Refused):
                look(window, Nothing())
        else:
            assert look(window, Nothing()) == [expected]


def test_what_was_not_asked_for_the_longest_goes_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_BYTES", 5 * (windows.PAGE_BYTES + 100))
    window = Window(shop)
    names = [f"view {number}" for number in range(5)]
    for name in names:
        look(window, Counts(name))
    look(window, Counts("view 0"))
    rendered.clear()
    look(window, Counts("one more"))
    look(window, *map(Counts, names[2:]), Counts("view 0"))
    assert rendered == ["one more"]
    look(window, Counts("view 1"))
    assert rendered == ["one more", "view 1"]


def test_long_names_are_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_BYTES", 100_000)
    window = Window(shop)
    for number in range(20):
        look(window, Counts(f"{number}" * 20_000))
    rendered.clear()
    look(window, *(Counts(f"{number}" * 20_000) for number in range(20)))
    assert len(rendered) >= 16


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('"e"', True),
        ('W/"e"', True),
        ('"x", W/"e" ,"y"', True),
        ('"x"', False),
        ("e", False),
        ('"e', False),
        ('"E"', False),
    ],
)
def test_validators_are_compared_weakly(header: str | None, expected: bool) -> None:
    assert is_known('"e"', header) is expected


def test_validators_name_the_bytes() -> None:
    assert etag_of(b"a") == etag_of(b"a") != etag_of(b"b")
    assert etag_of(b"").startswith('"')
    assert etag_of(b"").endswith('"')

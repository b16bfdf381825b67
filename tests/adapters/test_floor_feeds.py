"""Feeds of floors: both shapes of stickers.tools and the operator's tables, item by item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stickercase.adapters.floors.feeds import STICKER_PACK, FloorsFeeds
from stickercase.adapters.floors.prices import NoPrice, price_nano
from stickercase.adapters.floors.stickers_tools import read_feed
from stickercase.adapters.floors.tables import read_table
from stickercase.domain.money import MAX_UNITS, NANO
from stickercase.ports.failures import AnswerLost, Unintelligible, VendorUnavailable
from support.http_answers import answering
from support.sandboxes import Outside, outside

GOOD = {"name": "Cook", "current": {"price": {"floor": {"ton": 5.969}, "median": {"ton": 6.1}}, "x": 1}}
OTHER = {"name": "Pilot", "current": {"price": {"floor": {"ton": 4}, "median": {"ton": None}}}}


def feed(*packs: Any, name: Any = "DOGS OG") -> dict[str, Any]:
    stickers = {str(number): pack for number, pack in enumerate(packs, 1)}
    return {"collections": {"12": {"name": name, "stickers": stickers, "more": []}}}


def wrapped(old: dict[str, Any]) -> dict[str, Any]:
    """The newer shape around the same."""
    return {"success": True, "data": old | {"issuers": []}}


SHAPES = [lambda old: old, wrapped]


@pytest.mark.parametrize("shape", SHAPES)
def test_both_shapes_say_the_same(shape: Any) -> None:
    read = read_feed(json.dumps(shape(feed(GOOD, OTHER))).encode())
    assert [(one.collection_name, one.pack_name, one.price_nano) for one in read.readings] == [
        ("DOGS OG", "Cook", 5_969_000_000),
        ("DOGS OG", "Pilot", 4_000_000_000),
    ]
    assert not read.skipped


BAD_PRICES = [
    {"name": "Bad"},
    {"name": "Bad", "current": None},
    {"name": "Bad", "current": {"price": {"floor": {"ton": None}}}},
    {"name": "Bad", "current": {"price": {"floor": {"ton": 0}}}},
    {"name": "Bad", "current": {"price": {"floor": {"ton": -1}}}},
    {"name": "Bad", "current": {"price": {"floor": {"ton": "a lot"}}}},
    {"name": "Bad", "current": {"price": {"floor": {"ton": True}}}},
    {"name": "Bad", "current": {"price": {"floor": 5}}},
    {"name": "Bad", "current": {"price": {"floor": {"ton": 1e300}}}},
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bad", BAD_PRICES, ids=str)
def test_a_pack_without_a_price_is_counted_and_spoils_no_other(shape: Any, bad: Any) -> None:
    read = read_feed(json.dumps(shape(feed(GOOD, bad, OTHER))).encode())
    assert [(one.pack_name, one.price_nano) for one in read.readings] == [
        ("Cook", 5_969_000_000),
        ("Bad", None),
        ("Pilot", 4_000_000_000),
    ]
    assert len(read.skipped) == 1
    assert "collection 12, pack 2: " in read.skipped[0]


@pytest.mark.parametrize("bad", [None, [], 5, "Bad", {}, {"name": None}, {"name": 7}, {"Name": "Bad"}], ids=str)
def test_a_pack_without_a_name_is_counted_and_spoils_no_other(bad: Any) -> None:
    read = read_feed(json.dumps(feed(GOOD, bad, OTHER)).encode())
    assert [one.pack_name for one in read.readings] == ["Cook", "Pilot"]
    assert len(read.skipped) == 1


@pytest.mark.parametrize("bad", [None, [], {"name": "X"}, {"stickers": {}}, {"name": 5, "stickers": {}}], ids=str)
def test_a_bad_collection_spoils_no_other(bad: Any) -> None:
    whole = feed(GOOD)
    whole["collections"]["13"] = bad
    read = read_feed(json.dumps(whole).encode())
    assert [one.pack_name for one in read.readings] == ["Cook"]
    assert [why.startswith("collection 13: ") for why in read.skipped] == [True]


def test_an_empty_feed_is_read_and_left_to_price_hygiene() -> None:
    assert read_feed(b'{"collections": {}}').readings == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"success": false}', b'{"data": {}}', b'{"collections": []}', b"[" * 99_999, b"\xff"]
)
def test_what_is_no_feed_at_all_is_a_failure(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        read_feed(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_nonsense_in_one_item_never_costs_another(nonsense: Any) -> None:
    read = read_feed(json.dumps(feed(GOOD, nonsense, OTHER)).encode())
    assert {"Cook", "Pilot"} <= {one.pack_name for one in read.readings}
    assert len(read.skipped) <= 1


@pytest.mark.parametrize(
    ("ton", "nano"),
    [
        ("5.969", 5_969_000_000),
        ("5.9690000000000003", 5_969_000_000),
        ("0.0000000015", 2),
        ("0.0000000005000001", 1),
        ("1e9", MAX_UNITS),
        ("1E-9", 1),
        ("1." + "3" * 5000, 1_333_333_333),
    ],
)
def test_prices_are_rounded_to_the_nanoton(ton: str, nano: int) -> None:
    assert price_nano(Decimal(ton)) == nano


@pytest.mark.parametrize("ton", ["0", "-1", "NaN", "Infinity", "1000000000.000000001", "1e400", "1e-10", "1e-999999"])
def test_what_is_no_price(ton: str) -> None:
    with pytest.raises(NoPrice):
        price_nano(Decimal(ton))


CSV = "collection,pack,ton\nPudgy Penguins,Blue Pengu,7.7\n"
JSON = '[{"collection": "Pudgy Penguins", "pack": "Blue Pengu", "ton": 7.7}]'


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        "\ufeff" + CSV,
        "Pack, TON ,note,Collection\nBlue Pengu, 7.70,x,Pudgy Penguins\n\n",
        JSON,
        "\ufeff " + JSON,
        JSON.replace("7.7", '"7.7"'),
        f'{{"floors": {JSON}, "at": 1}}',
    ],
)
def test_a_table_is_csv_or_json(text: str) -> None:
    read = read_table("the table", text.encode())
    assert [(one.collection_name, one.pack_name, one.price_nano) for one in read.readings] == [
        ("Pudgy Penguins", "Blue Pengu", 77 * NANO // 10)
    ]
    assert not read.skipped


@pytest.mark.parametrize("price", ["", "x", "0", "-1", "1e99", "NaN"])
def test_a_row_without_a_price_is_counted_and_spoils_no_other(price: str) -> None:
    read = read_table("the table", f"{CSV}A,B,{price}\nC,D,1\n".encode())
    assert [(one.pack_name, one.price_nano) for one in read.readings] == [
        ("Blue Pengu", 77 * NANO // 10),
        ("B", None),
        ("D", NANO),
    ]
    assert [why.split(":")[0] for why in read.skipped] == ["row 2"]


@pytest.mark.parametrize("row", ['{"collection": "A"}', "5", "null", '{"collection": 1, "pack": 2, "ton": 3}', "[]"])
def test_a_row_without_names_is_counted_and_spoils_no_other(row: str) -> None:
    read = read_table("the table", f"{JSON[:-1]}, {row}]".encode())
    assert [one.pack_name for one in read.readings] == ["Blue Pengu"]
    assert len(read.skipped) == 1


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "[", '{"floors": 5}', "{}", 'collection,pack,ton\n"A,B,1\n'])
def test_what_is_no_table_is_a_failure(text: str) -> None:
    with pytest.raises(Unintelligible, match="the table"):
        read_table("the table", text.encode())


def test_a_table_in_no_known_encoding_is_a_failure() -> None:
    with pytest.raises(Unintelligible):
        read_table("the table", CSV.encode("utf-16"))


def test_a_file_that_is_not_there_is_a_failure_that_says_so(tmp_path: Path) -> None:
    feeds = FloorsFeeds("", {"Fuse": str(tmp_path / "gone.csv")})
    with pytest.raises(VendorUnavailable, match=r"Fuse cannot be read: No such file"):
        feeds.read("Fuse")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as world:
        yield world


@pytest.mark.parametrize("contributor", [STICKER_PACK, "Fuse"])
@pytest.mark.parametrize(
    ("kind", "failure"),
    [("error", VendorUnavailable), ("garbage", Unintelligible), ("lost_answer", AnswerLost), ("timeout", AnswerLost)],
)
def test_every_fault_is_a_failure(world: Outside, contributor: str, kind: str, failure: type[Exception]) -> None:
    url, tables = f"{world.url}/stickers.tools/api/stats-new", {"Fuse": f"{world.url}/tables/Fuse.json"}
    feeds = FloorsFeeds(url, tables, seconds=0.3 if kind == "timeout" else 5.0)
    world.fault("floors", kind, count=3, seconds=3)
    with pytest.raises(VendorUnavailable) as failed:
        feeds.read(contributor)
    assert type(failed.value) is failure
    world.client.delete("/control/faults")
    assert feeds.read(contributor).readings


@pytest.mark.parametrize("status", [302, 404])
def test_an_address_where_nothing_is_says_so(status: int) -> None:
    with answering(status, b"{}") as url:
        for contributor in (STICKER_PACK, "Fuse"):
            with pytest.raises(Unintelligible, match=str(status)):
                FloorsFeeds(url, {"Fuse": url}).read(contributor)

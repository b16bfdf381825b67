"""What everybody reads is kept, and never older than the question: validators, and changes seen by both processes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from support.api_processes import AS_SERVICE, Pair
from support.http_lines import Ask, Line
from support.players import Operator, SoldCase, case_path

TIMES = 25


def addresses(case: SoldCase, contributor: str) -> list[str]:
    """Everything that is kept."""
    return [
        "/api/cases/",
        "/api/cases/?pagination=true&limit=1",
        f"/api/cases/?name={case.name}",
        case.path("/items/"),
        "/api/packs/",
        f"/api/packs/?id={case.pack_ids[0]}",
        f"/api/packs/contributor/{contributor}/",
    ]


def new_case(operator: Operator, contributor: str, units: int = 50) -> SoldCase:
    """A case with two packs of one contributor."""
    packs = [operator.new_pack(units, "1", contributor=contributor) for _ in range(2)]
    return operator.new_case([(packs[0], 0.25), (packs[1], 0.75)])


def test_every_kept_answer_can_be_asked_about(pair: Pair, operator: Operator) -> None:
    first, second = (api.client for api in pair)
    case, _ = new_case(operator, "Kept"), new_case(operator, "Another")
    host = {"Host": "shop.example"}  # in the addresses of other pages
    for address in addresses(case, "Kept"):
        for spelling in (address, address.replace("/?", "?") if "/?" in address else address.rstrip("/")):
            etags = set()
            for client in (first, second, first, second):
                told = client.get(spelling, headers=host)
                assert told.status_code == 200, told.text
                assert told.headers["cache-control"] == "no-cache"
                assert told.headers["content-type"] == "application/json"
                etags.add(told.headers["etag"])
                for known in (told.headers["etag"], f'"x", W/{told.headers["etag"]}', "*"):
                    still = client.get(spelling, headers=host | {"If-None-Match": known})
                    assert (still.status_code, still.content) == (304, b""), known
                    assert still.headers["etag"] == told.headers["etag"]
                    assert still.headers["cache-control"] == "no-cache"
                assert client.get(spelling, headers=host | {"If-None-Match": '"x"'}).content == told.content
            assert len(etags) == 1, "two processes name one answer alike"


def test_addresses_of_pages_are_those_of_the_host_that_was_asked(pair: Pair, operator: Operator) -> None:
    for _ in range(2):
        new_case(operator, "Hosts")
    path = "/api/cases/?pagination=true&limit=1"
    for host in ("one.example", "two.example", "one.example"):
        for _ in range(2):
            told = pair[0].client.get(path, headers={"Host": host}).json()
            assert told["next"].startswith(f"http://{host}/api/cases/?")


@pytest.mark.parametrize("query", ["limit=abc", "limit=0", "limit=101", "offset=-1", "offset=x", "limit=1e1"])
@pytest.mark.parametrize("rest", ["", "&pagination=true", "&name=Sigma"])
def test_a_page_that_is_none_is_refused_whether_or_not_there_are_pages(pair: Pair, query: str, rest: str) -> None:
    for _ in range(2):
        refused = pair[0].client.get(f"/api/cases/?{query}{rest}")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


def test_an_unknown_name_is_never_kept(pair: Pair, operator: Operator) -> None:
    name = "Not yet on sale"
    paths = [case_path(name, "/items/"), f"/api/cases/?name={name}"]
    for api in pair:
        for path in paths * 2:
            assert api.client.get(path).status_code == 404
    operator.simple_case(name=name)
    for api in pair:
        for path in paths * 2:
            assert api.client.get(path).status_code == 200


class Watch:
    """Reads an address at every process with the validator of the last answer there, as a browser does."""

    def __init__(self, pair: Pair, path: str) -> None:
        self._clients = [api.client for api in pair]
        self._path = path
        self._known: list[httpx.Response] = [client.get(path) for client in self._clients]

    def news(self) -> list[Any]:
        """What each process shows now; it must have changed at each."""
        for place, client in enumerate(self._clients):
            etag = self._known[place].headers["etag"]
            answer = client.get(self._path, headers={"If-None-Match": etag})
            assert answer.status_code == 200, "a validator was accepted for what has changed"
            assert answer.headers["etag"] != etag
            self._known[place] = answer
        return [answer.json() for answer in self._known]


def test_new_prices_and_odds_are_read_at_once(pair: Pair, operator: Operator) -> None:
    """Right after the 200 of a PATCH at one process, many times."""
    case = new_case(operator, "Priced")
    priced, rows = Watch(pair, f"/api/cases/?name={case.name}"), Watch(pair, case.path("/items/"))
    floors = Watch(pair, "/api/packs/contributor/Priced/")
    names = [pack["pack_name"] for pack in pair[0].client.get("/api/packs/contributor/Priced/").json()["items"]]
    collections = [pair[0].client.get(f"/api/packs/?id={i}").json()["pack"]["collection_name"] for i in case.pack_ids]
    for number in range(2, TIMES):
        client = Operator(pair[number % 2].client)
        client.send("PATCH", "/api/cases/update-cases/", {"data": {case.name: {"price": number}}})
        assert [told["case"]["price"] for told in priced.news()] == [number] * 2
        chances = (number / 100, 1 - number / 100)
        table = [
            {"pack_name": name, "collection_name": collection, "chance": chance}
            for name, collection, chance in zip(names, collections, chances, strict=True)
        ]
        client.send("PATCH", "/api/cases/update-chances/", {"data": {case.name: table}})
        assert [[item["chance"] for item in told["items"]] for told in rows.news()] == [list(chances)] * 2
        floor = 1 + number / 1000
        client.send("PATCH", "/api/packs/update-stickers-price/", {"packs_data": {collections[0]: {names[0]: floor}}})
        shown = [told["items"][0] for told in floors.news()]
        assert [pack["floor_price"] for pack in shown] == [floor] * 2
        assert [pack["cases"][0]["chance"] for pack in shown] == [chances[0]] * 2
        priced.news()


def test_the_stock_is_read_at_once(pair: Pair, operator: Operator) -> None:
    """An opening at one process is seen at the other by the very next reader, to the last sticker and back."""
    pack_id = operator.new_pack(TIMES, contributor="Stocked")
    case, player = operator.new_case([(pack_id, 1)]), operator.new_player("100")
    counts = Watch(pair, "/api/packs/contributor/Stocked/")
    status, listed = f"/api/cases/?name={case.name}", "/api/cases/?pagination=true&limit=100"
    for left in range(TIMES - 1, -1, -1):
        client = pair[left % 2].client
        opened = client.post(case.path("/open"), json={"telegram_id": player.telegram_id}, headers=player.headers())
        assert opened.status_code == 200, opened.text
        assert [told["items"][0]["in_stock_count"] for told in counts.news()] == [left] * 2
        for api in pair:
            told = api.client.get(status).json()["case"]["status"]
            assert told == ("active" if left else "out_of_stickers")
    for number in (1, 2, 3):
        assert all(case.name not in {one["name"] for one in page(api.client, listed)} for api in pair)
        operator.add_units(pack_id, [1000 + number])
        assert [told["items"][0]["in_stock_count"] for told in counts.news()] == [1] * 2
        for api in pair:
            assert api.client.get(status).json()["case"]["status"] == "active"
            assert case.name in {one["name"] for one in page(api.client, listed)}
        client = pair[number % 2].client
        client.post(case.path("/open"), json={"telegram_id": player.telegram_id}, headers=player.headers())
        assert [told["items"][0]["in_stock_count"] for told in counts.news()] == [0] * 2


def page(client: httpx.Client, path: str) -> Any:
    """Every item of every page."""
    items = []
    while path:
        told = client.get(path).json()
        items += told["items"]
        path = told["next"]
    return items


def test_readers_in_a_crowd_never_see_an_older_price_than_was_acknowledged(
    pair: Pair, ports: list[int], operator: Operator
) -> None:
    case = new_case(operator, "Crowd")
    acknowledged = [1.0]
    seen: list[tuple[float, float]] = []

    async def write(line: Line) -> None:
        for number in range(2, 80):
            body = json.dumps({"data": {case.name: {"price": number}}}).encode()
            assert (await line.ask(Ask("PATCH", "/api/cases/update-cases", AS_SERVICE, body))).status == 200
            acknowledged[0] = float(number)

    async def watch(line: Line, writing: asyncio.Task[None]) -> None:
        ask, known = Ask("GET", f"/api/cases/?name={case.name.replace(' ', '%20')}"), 0.0
        while not writing.done():
            least = acknowledged[0]
            answer = await line.ask(ask)
            if answer.status == 200:
                known = answer.json()["case"]["price"]
            seen.append((least, known))
            ask = Ask("GET", ask.target, {"If-None-Match": answer.headers["etag"]})

    async def run() -> None:
        lines = [await Line.open(ports[number % 2]) for number in range(9)]
        writing = asyncio.create_task(write(lines[0]))
        await asyncio.gather(writing, *(watch(line, writing) for line in lines[1:]))
        await asyncio.gather(*(line.close() for line in lines))

    asyncio.run(run())
    late = [(least, known) for least, known in seen if known < least]
    assert not late, f"{len(late)} of {len(seen)} reads were older than what had been acknowledged: {late[:5]}"
    assert len({known for _, known in seen}) > 10

"""The fairness page in a real browser, on the running API; and its verifier held against `stickercase verify`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.api_processes import Pair, Tell
from support.browsers import INSECURE_HOST, MISSING, Browser, Page, browser_found
from support.draw_records import Opinion, opinion_of_verify, vector, vectors
from support.players import Operator, Player

MODULES = ("strict_json.js", "record.js", "replay.js", "elements.js", "picture.js", "outcome.js", "words.js", "page.js")
CHECK, FIELD = "button.primary", "#source"
Bytes = Sequence[bytes]

VERIFY_ALL = """
(async (encoded) => {
  const { verify } = await import("/fairness/replay.js");
  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const opinion = ({ verdict, checks = [] }) => [verdict, checks.filter((each) => !each.held).map((each) => each.step)];
  return Promise.all(encoded.map(async (text) => opinion(await verify(bytesOf(text)))));
})(%s)
"""
SHAPE_OF_WORDS = """
import("/fairness/words.js").then(({ LANGUAGES }) => {
  const shape = (value) => typeof value !== "object" ? typeof value
    : Object.fromEntries(Object.keys(value).sort().map((name) => [name, shape(value[name])]));
  return Object.values(LANGUAGES).map(shape);
})
"""


# --- without a browser


@pytest.mark.parametrize("path", ["/fairness", "/fairness/"])
def test_the_page_is_served_under_a_strict_policy(pair: Pair, path: str) -> None:
    answer = pair[0].client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["", "page.css", *MODULES])
def test_what_has_not_changed_is_not_sent_again(pair: Pair, name: str) -> None:
    kinds = {"": "text/html", "css": "text/css", "js": "text/javascript"}
    first, second = (api.client.get(f"/fairness/{name}") for api in pair)
    assert first.headers["content-type"] == f"{kinds[name.rpartition('.')[2]]}; charset=utf-8"
    etag = first.headers["etag"]
    assert second.headers["etag"] == etag
    assert "no-cache" in first.headers["cache-control"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = pair[0].client.get(f"/fairness/{name}", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert pair[0].client.get(f"/fairness/{name}", headers={"If-None-Match": '"other"'}).content == first.content


@pytest.mark.parametrize("name", ["none.js", "..", "%2e%2e", "index.htm", "page.js.map", "%00"])
def test_there_is_nothing_else(pair: Pair, name: str) -> None:
    answer = pair[0].client.get(f"/fairness/x/../{name}" if name == ".." else f"/fairness/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for this module; where there is none, the tests that need it say so loudly."""
    path = browser_found()
    if path is None:
        pytest.skip(MISSING)
    with Browser(path) as running:
        yield running


@pytest.fixture
def house(pair: Pair) -> str:
    """The address of the page."""
    return f"http://127.0.0.1:{pair[0].port}/fairness"


@pytest.fixture
def page(browser: Browser, house: str) -> Iterator[Page]:
    """The page, open; afterwards the browser has had nothing to complain about."""
    with browser.page() as opened:
        opened.open(house)
        yield opened
        assert opened.complaints == []


def opinions_of_page(page: Page, contents: Bytes) -> list[Opinion]:
    """What the page's verifier says of these."""
    encoded = [base64.b64encode(content).decode() for content in contents]
    told = page.evaluate(VERIFY_ALL % json.dumps(encoded))
    return [Opinion(verdict, tuple(failed)) for verdict, failed in told]


def checked(page: Page, text: str) -> str:
    """Paste it, press the button; the verdict."""
    page.evaluate("document.querySelector('#result').replaceChildren()")
    page.paste(FIELD, text)
    page.click(CHECK)
    page.until("document.querySelector('#result #verdict')")
    return str(page.evaluate("document.querySelector('#result').dataset.verdict"))


def failed_steps(page: Page) -> list[str]:
    """The steps that the page marks as failed."""
    found = "[...document.querySelectorAll('#result li.failed[data-step]')].map((line) => line.dataset.step)"
    return list(page.evaluate(found))


def drawn(client: httpx.Client, operator: Operator, *, reveal: bool = True) -> tuple[Player, str]:
    """Somebody who has played once, and the id of their draw."""
    case, player = operator.simple_case(), operator.new_player("9")
    body = {"telegram_id": player.telegram_id}
    opened = client.post(case.path("/open"), json=body, headers=player.headers())
    if reveal:
        rotate(client, player)
    return player, str(opened.json()["fairness"]["draw_id"])


def rotate(client: httpx.Client, player: Player) -> None:
    """Reveal the server seed."""
    assert client.post(player.path("/fairness/rotate"), headers=player.headers()).status_code == 200


def public(client: httpx.Client, draw_id: str) -> dict[str, Any]:
    """The record as the API gives it."""
    return dict(client.get(f"/api/draws/{draw_id}").json())


def test_the_page_says_of_every_vector_what_is_due(page: Page) -> None:
    said = opinions_of_page(page, [each.text.encode() for each in vectors()])
    assert {each.name: opinion for each, opinion in zip(vectors(), said, strict=True)} == {
        each.name: each.due for each in vectors()
    }


@pytest.mark.parametrize("name", ["the record alone, without its envelope", "an upgrade that lost"])
def test_page_and_command_agree_whatever_byte_is_changed(page: Page, tell: Tell, name: str) -> None:
    """One byte replaced, put in or left out, everywhere; what comes out need not be UTF-8."""
    content = vector(name).text.encode()
    changed = [
        content[:at] + put + content[at + gone :]
        for at in range(len(content))
        for put, gone in ((bytes([content[at] ^ 1]), 1), (b"0", 1), (b'"', 0), (b"\xff", 1), (b"", 1))
    ]
    said = opinions_of_page(page, changed)
    due = [opinion_of_verify(each) for each in changed]
    differing = [(text, here, there) for text, here, there in zip(changed, said, due, strict=True) if here != there]
    assert not differing, differing[:3]
    verdicts = [opinion.verdict for opinion in due]
    tell(f"{len(changed)} changes: " + ", ".join(f"{verdicts.count(each)} {each}" for each in sorted(set(verdicts))))
    assert set(verdicts) == {"fair", "unfair", "damaged"}


def test_a_row_begins_where_the_one_before_it_ends(page: Page) -> None:
    """No draw can be made to fall on an edge, so the function is asked itself: widths 0, 2, 0, 3, rolls 0 to 5."""
    rows = page.evaluate(
        "import('/fairness/replay.js').then(({ rowOf }) => [0n, 1n, 2n, 3n, 4n, 5n].map((roll) =>"
        " Number(rowOf([0n, 2n, 0n, 3n].map((tickets) => ({ tickets })), roll))))"
    )
    assert rows == [2, 2, 4, 4, 4, 5]


def test_a_live_draw_is_replayed_by_its_address(page: Page, pair: Pair, operator: Operator, house: str) -> None:
    _, draw_id = drawn(pair[1].client, operator)
    record = public(pair[1].client, draw_id)["draw"]
    page.open(f"{house}#{draw_id}")
    page.until("document.querySelector('#result .fair')")
    assert page.evaluate("document.querySelector('#verdict').innerText").split() == ["✓", "FAIR"]
    shown = page.evaluate("document.querySelector('#result').textContent")
    message = f"case|{record['table_id']}|{record['client_seed']}|{record['nonce']}"
    for value in (
        record["server_seed"],
        record["server_seed_hash"],
        message,
        f"{record['roll']:,}",
        record["case_name"],
    ):
        assert value in shown
    page.until("document.querySelector('#result').textContent.includes('Collection')")  # the packs by their names
    assert page.evaluate("document.querySelectorAll('tr.won').length") == 1
    won = page.evaluate("document.querySelector('tr.won').cells[0].textContent")
    assert won == str(record["row"]) == page.evaluate("document.querySelector('rect.won').dataset.row")


def upgraded(client: httpx.Client, operator: Operator, times: int) -> list[str]:
    """The ids of so many draws of upgrades, all revealed."""
    pack_id, _ = operator.new_pack(20, "2"), operator.new_pack(20, "3")
    case, player = operator.new_case([(pack_id, 1.0)]), operator.new_player(str(times))
    me, draw_ids = {"telegram_id": player.telegram_id}, []
    for _ in range(times):
        client.post(case.path("/open"), json=me, headers=player.headers())
        [item, *_] = client.get(player.path("/inventory"), headers=player.headers()).json()["inventory"]
        asked = me | {"id": item["id"]}
        [offer, *_] = client.get("/api/upgrade/check", params=asked, headers=player.headers()).json()["items"]
        wish = me | {"user_liq_ids": [item["id"]], "upgrade_liq_id": offer["id"]}
        told = client.post("/api/upgrade/upgrade", json=wish, headers=player.headers()).json()
        draw_ids.append(told["fairness"]["draw_id"])
    rotate(client, player)
    return draw_ids


def test_live_upgrades_are_replayed(page: Page, pair: Pair, operator: Operator, house: str) -> None:
    for draw_id in upgraded(pair[0].client, operator, 4):
        answer = pair[1].client.get(f"/api/draws/{draw_id}")
        assert opinion_of_verify(answer.content) == Opinion("fair")
        page.open(f"{house}#{draw_id}")
        page.until(f"document.querySelector('{FIELD}').value === '{draw_id}'")  # not the one before
        page.until("document.querySelector('#result .fair')")
        came_up = ["win", "lose"][answer.json()["draw"]["row"] - 1]
        assert page.evaluate("document.querySelector('tr.won').cells[1].textContent").startswith(came_up)


def test_an_id_may_be_pasted(page: Page, pair: Pair, operator: Operator, house: str) -> None:
    _, draw_id = drawn(pair[0].client, operator)
    for text in (draw_id, f"  {draw_id}\n", f"{house}#{draw_id}", f"https://elsewhere.example/api/draws/{draw_id}/"):
        page.open(house)
        page.paste(FIELD, text)
        page.click(CHECK)
        page.until("document.querySelector('#result .fair')")
        assert page.evaluate("location.hash") == f"#{draw_id}"


def test_a_tampered_draw_is_not_fair_and_the_page_says_where(page: Page, pair: Pair, operator: Operator) -> None:
    _, draw_id = drawn(pair[0].client, operator)
    record = public(pair[0].client, draw_id)
    assert checked(page, json.dumps(record)) == "fair"
    assert failed_steps(page) == []
    record["draw"]["roll"] += 1
    assert checked(page, json.dumps(record)) == "unfair"
    assert failed_steps(page) == ["roll"]
    assert page.evaluate("document.querySelector('#verdict').innerText").split(maxsplit=1) == ["✗", "NOT FAIR"]
    assert str(record["draw"]["roll"]) in page.evaluate("document.querySelector('li.failed[data-step]').innerText")


def test_an_unrevealed_draw_can_be_checked_once_it_is_revealed(page: Page, pair: Pair, operator: Operator) -> None:
    player, draw_id = drawn(pair[0].client, operator, reveal=False)
    page.paste(FIELD, draw_id)
    page.click(CHECK)
    page.until("document.querySelector('#result .secret')")
    assert "CANNOT BE CHECKED YET" in page.text
    assert page.evaluate("document.querySelectorAll('#result [data-step]').length") == 0
    rotate(pair[1].client, player)
    page.click(CHECK)
    page.until("document.querySelector('#result .fair')")


def test_a_file_may_be_opened(page: Page, tmp_path: Path) -> None:
    (tmp_path / "draw.json").write_text(vector("an upgrade that won").text)
    page.choose_files("#file", [tmp_path / "draw.json"])
    page.until("document.querySelector('#result .fair')")
    (tmp_path / "draw.json").write_bytes(b"\xff\xfe")
    page.choose_files("#file", [tmp_path / "draw.json"])
    page.until("document.querySelector('#result .damaged')")
    assert "no UTF-8" in page.text


def test_what_the_house_cannot_answer_is_said(page: Page, pair: Pair, house: str) -> None:
    page.open(f"{house}#{'0' * 64}-0")
    page.until("document.querySelector('#verdict')?.innerText === 'There is no draw with this id.'")
    page.evaluate("window.fetch = () => Promise.reject(new TypeError('no network'))")
    page.click(CHECK)
    page.until("document.querySelector('#verdict').innerText.includes('there was no answer')")
    page.evaluate("window.fetch = async () => new Response('{}', { status: 503 })")
    page.click(CHECK)
    page.until("document.querySelector('#verdict').innerText.includes('status 503')")
    page.paste(FIELD, " ")
    page.click(CHECK)
    page.until("document.querySelector('#verdict').innerText.includes('Paste')")


@pytest.mark.parametrize("name", ["the rules' own vector, nonce 1", "a server seed that is not revealed yet"])
def test_a_house_that_answers_with_another_draw_is_found_out(page: Page, name: str) -> None:
    text = vector(name).text
    other = json.loads(text)["draw"]["server_seed_hash"] + "-7"
    page.evaluate(f"window.fetch = async () => new Response({json.dumps(text)})")
    page.paste(FIELD, other)
    page.click(CHECK)
    page.until("document.querySelector('#result .unfair')")
    assert "the draw that was asked for" in page.text


def test_a_narrow_row_is_magnified(page: Page) -> None:
    bars = "document.querySelectorAll('.picture').length"
    assert checked(page, vector("the rules' own vector, nonce 0").text) == "fair"
    assert page.evaluate(bars) == 1
    assert checked(page, vector("a row of a quarter of a percent came up").text) == "fair"
    assert page.evaluate(bars) == 2
    width = "[...document.querySelectorAll('rect.won')].map((row) => row.getBoundingClientRect().width)"
    small, large = page.evaluate(width)
    assert small >= 1
    assert large > 10 * small


def test_a_roll_outside_the_table_is_shown(page: Page) -> None:
    short = json.loads(vector("the rules' own vector, nonce 0").text)["draw"]
    short["table"] = [{"pack_id": 2, "tickets": 1}]
    assert checked(page, json.dumps(short)) == "unfair"
    assert "where the table has no row" in page.text
    assert page.evaluate("document.querySelectorAll('rect.won').length") == 0


@pytest.mark.parametrize(
    ("languages", "verdict", "other"), [("ru-RU,en", "ЧЕСТНО", "FAIR"), ("de-DE,en", "FAIR", "ЧЕСТНО")]
)
def test_both_languages(browser: Browser, house: str, languages: str, verdict: str, other: str) -> None:
    with browser.page(languages) as page:
        page.open(house)
        assert checked(page, vector("an upgrade that won").text) == "fair"
        assert verdict in page.text.split()
        first = page.evaluate("document.documentElement.lang")
        page.click(f"[data-language={'ru' if first == 'en' else 'en'}]")
        page.until(f"document.querySelector('#verdict').innerText.includes('{other}')")
        assert page.evaluate("document.documentElement.lang") != first
        assert page.evaluate("document.querySelectorAll('[aria-pressed=true]').length") == 1
        assert page.complaints == []


def test_no_word_is_missing_in_either_language(page: Page) -> None:
    english, russian = page.evaluate(SHAPE_OF_WORDS)
    assert english == russian
    steps = {step for each in vectors() for step in each.due.failed}
    assert steps < set(english["checks"])
    codes = page.evaluate(
        "import('/fairness/replay.js').then(async ({ verify }) => { const codes = []; for (const text of "
        f"{json.dumps([each.text for each in vectors() if each.due.verdict == 'damaged'])}"
        ") codes.push((await verify(text)).damage.code); return codes; })"
    )
    assert len(set(codes)) >= 9
    assert set(codes) <= set(english)


def test_a_hostile_record_stays_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    record = json.loads(vector("the rules' own vector, nonce 0").text)["draw"]
    record |= dict.fromkeys(("game", "client_seed", "draw_id", "case_name", "table_id", "server_seed_hash", "at"), evil)
    record["table"] = [{"name": evil, "tickets": 5}]
    assert checked(page, json.dumps(record)) == "unfair"
    assert page.evaluate("document.querySelectorAll('#result img, #result script').length") == 0
    assert evil in page.text


def test_nothing_comes_from_elsewhere(page: Page, pair: Pair, operator: Operator, house: str) -> None:
    _, draw_id = drawn(pair[0].client, operator)
    page.open(f"{house}#{draw_id}")
    page.until("document.querySelector('#result .fair')")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert {f"{house}/{name}" for name in (*MODULES, "page.css")} < set(loaded)
    assert [name for name in loaded if not name.startswith(house.removesuffix("/fairness"))] == []


def test_without_a_secure_context_one_sentence_says_so(browser: Browser, pair: Pair) -> None:
    with browser.page() as page:
        page.open(f"http://{INSECURE_HOST}:{pair[0].port}/fairness")
        page.until("document.querySelector('#insecure').offsetHeight > 0")
        assert "only over https or on localhost" in page.text
        assert page.evaluate("document.querySelector('#ask').offsetHeight") == 0


@pytest.mark.parametrize("languages", ["en", "ru"])
def test_it_fits_a_small_phone(browser: Browser, house: str, languages: str) -> None:
    with browser.page(languages) as page:
        page.resize(320, 640, phone=True)
        page.open(house)
        for name in ("forty rows", "one byte changed: the draw id", "a server seed that is not revealed yet"):
            checked(page, vector(name).text)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_what_is_seen_can_be_heard(page: Page) -> None:
    """The names that the browser gives to screen readers."""
    checked(page, vector("the rules' own vector, nonce 0").text)
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    named = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
    assert ("textbox", "A draw's id, or its public record (JSON)") in named
    assert ("button", "Check") in named
    assert ("image", "A bar of all tickets. The roll lies at 97.23% of its length, in row 3.") in named
    assert [name for role, name in named if role in ("button", "image", "textbox", "link") and not name] == []
    assert page.evaluate("document.querySelector('[role=status]').textContent") == "FAIR"
    assert page.evaluate("document.activeElement.id") == "result"

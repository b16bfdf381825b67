"""What operators do at the command line, on a real database: done once, checked whole, logged under their name."""

from __future__ import annotations

import io
import json
import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stickercase.domain.fairness import SeedPair
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Profile
from stickercase.domain.stock.floors import Floor, Quarantined
from stickercase.domain.stock.packs import Pack, PackStatus
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.wallet.addresses import parse_address
from stickercase.entrypoints.cli.demo import stock_demo
from stickercase.entrypoints.cli.unit_files import read_units
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import Settings
from stickercase.ports.reading import LogWish
from support.buckets import bucket
from support.command_line import Run, inside
from support.databases import copied_database, name_of
from support.fingerprints import fingerprint
from support.picture_files import SVG, jpeg, png

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ME = f"service:command-line/{pwd.getpwuid(os.getuid()).pw_name}"
WALLET = "UQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPuwA"
PLAYER = 100000001


@pytest.fixture(scope="module")
def stocked(database_url: str, template_database: str) -> Iterator[str]:
    """The demo catalogue in a database that nobody changes."""
    with copied_database(database_url, template_database) as url:
        container = make_container(Settings(database_url=url))
        stock_demo(container)
        _hang_up(container)
        yield url


@pytest.fixture
def url(stocked: str, database_url: str) -> Iterator[str]:
    """A copy of it."""
    with copied_database(database_url, name_of(stocked)) as copy:
        yield copy


@pytest.fixture
def house(url: str) -> Iterator[Container]:
    """The container on the copy."""
    container = make_container(Settings(database_url=url))
    yield container
    _hang_up(container)


def _hang_up(container: Container) -> None:
    for engine in (container.engine(), container.reading_engine()):
        engine.dispose()


@pytest.fixture
def run(url: str, tmp_path: Path) -> Any:
    """Runs a command on it, in a folder of the test's own."""

    def running(*words: str, **settings: str) -> Run:
        return inside(*words, cwd=tmp_path, database_url=url, data_dir=str(tmp_path / "data"), **settings)

    return running


def said(run: Run, status: int = 0) -> str:
    """What a command printed when it ended with this status."""
    assert run.returncode == status, (run.returncode, run.stdout, run.stderr)
    assert "Traceback" not in run.stderr
    return run.stdout if status == 0 else run.stderr


def newest(house: Container, count: int = 1) -> list[tuple[str, str]]:
    """The newest lines of the log: who and what."""
    return [(line.who, line.action) for line in house.office().log(LogWish(), count, None)[1]]


def free_of(house: Container, pack_id: int) -> int:
    return int(house.reading().shelf()[1][pack_id])


# --- stock


def test_units_are_added_once_however_often_the_file_is_given(run: Any, house: Container, tmp_path: Path) -> None:
    """12,345 units take two batches; the first of them alone was added before a crash."""
    (tmp_path / "all.csv").write_text("number\n" + "".join(f"{n}\n" for n in range(1000, 13_345)))
    (tmp_path / "some.csv").write_text("number\n" + "".join(f"{n}\n" for n in range(1000, 11_000)))
    assert "added 10,000, known before 0;" in said(run("stock", "add", "1", "some.csv"))
    assert "added 2,345, known before 10,000;" in said(run("stock", "add", "1", "all.csv"))
    before = free_of(house, 1)
    assert "added 0, known before 12,345;" in said(run("stock", "add", "1", "all.csv"))
    assert before == free_of(house, 1) == 300 + 12_345
    assert newest(house, 2) == [(ME, "add_units")] * 2
    assert all(not report.breaches for report in house.audits().audit())


def test_units_keep_the_address_of_their_nft(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(f"\ufeffnumber,nft_address\r\n7,{WALLET}\r\n8,\r\n\r\n")
    found = [(unit.number, unit.nft_address) for unit in read_units(path)]
    assert found == [(7, parse_address(WALLET).raw), (8, None)]


def test_a_wrong_file_adds_nothing_and_tells_the_lines(run: Any, url: str, tmp_path: Path) -> None:
    before = fingerprint(url)
    wrong = {
        "number\n1\n2\n1\n": ["units.csv:4", "stands in line 2"],
        "number\n1\n-2\n": ["units.csv:3", "'-2'"],
        "number\n1\n1.5\n\n٣\n": ["units.csv:3", "units.csv:5"],
        f"number\n{2**53}\n": ["units.csv:2"],
        "number\n" + "9" * 5000 + "\n": ["units.csv:2"],
        "number\n1,2\n": ["units.csv:2: 2 columns"],
        "number,nft_address\n5\n": ["units.csv:2: 1 columns"],
        f"number,nft_address\n5,{WALLET[:-1]}B\n": ["units.csv:2", "checksum"],
        f"number,nft_address\n5,{WALLET}\n6,{parse_address(WALLET).raw}\n": ["units.csv:3", "the NFT of line 2"],
        "number,price\n5,6\n": ["units.csv:1", "heading"],
        "1\n2\n": ["units.csv:1", "heading"],
        "": ["units.csv:1", "heading"],
        "number\n": ["no unit"],
        'number\n"1\n': ["no CSV"],
    }
    for text, words in wrong.items():
        (tmp_path / "units.csv").write_text(text)
        told = said(run("stock", "add", "1", "units.csv"), 2)
        assert [word for word in words if word not in told] == [], (text[:40], told)
    (tmp_path / "units.csv").write_bytes(b"number\n\xff\n")
    assert "UTF-8" in said(run("stock", "add", "1", "units.csv"), 2)
    assert "cannot be read" in said(run("stock", "add", "1", "gone.csv"), 2)
    (tmp_path / "many.csv").write_text("number\n" + "x\n" * 500)
    assert "and 490 more" in said(run("stock", "add", "1", "many.csv"), 2)
    assert fingerprint(url) == before


def test_a_pack_is_meant_by_id_or_name(run: Any, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("number\n5000\n")
    for words in ("2", "gold BONE", "DOGS Rewards / Gold bone"):
        assert "DOGS Rewards / Gold bone has 41 free" in said(run("stock", "add", words, "units.csv"))
    for words in ("Cook", "404", "DOGS OG / Gold bone", ""):
        assert "There " in said(run("stock", "add", words, "units.csv"), 2)


def test_low_stock_is_an_exit_status(run: Any, house: Container) -> None:
    assert said(run("stock", "low")) == "no pack has fewer than 10 free units\n"
    new = json.loads(said(run("stock", "list", "--json")))[1]
    assert (new["id"], new["free"], new["owned"], new["leaving"], new["price_status"]) == (2, 40, 0, 0, "reliable")
    low = run("stock", "low", "--under", "41", "--json")
    assert low.returncode == 1
    assert [(one["id"], one["free"], one["cases"], one["stops"]) for one in json.loads(low.stdout)] == [
        (2, 40, ["Sigma Case"], False)
    ]


def test_a_pack_that_stops_a_case_is_named(run: Any, house: Container) -> None:
    bare = Pack(0, "Bare", "Nowhere", "x", 5 * NANO, "", PackStatus.ACTIVE)
    pack_id = int(house.add_pack(Caller("service:t"), bare, lambda made: b"%d" % made.id).answer)
    house.edit_case(Caller("service:t"), "Sigma Case", CaseChange(items=[(pack_id, 1.0)]), lambda _: b"")
    low = run("stock", "low")
    assert low.returncode == 1
    assert "STOPS Sigma Case" in low.stdout


# --- cases


def night(tmp_path: Path, text: str = "") -> str:
    path = tmp_path / "night.toml"
    path.write_text(text or (EXAMPLES / "night.toml").read_text())
    return path.name


def test_a_dry_run_and_a_no_change_nothing(run: Any, url: str, tmp_path: Path) -> None:
    name, before = night(tmp_path), fingerprint(url)
    for words in (
        ("cases", "add", name),
        ("cases", "edit", "Sigma Case", "--price", "100"),
        ("cases", "deactivate", "Sigma Case"),
        ("players", "adjust", str(PLAYER), "5", "--reason", "x"),
        ("players", "block", str(PLAYER)),
    ):
        assert "dry run: nothing is changed" in said(run(*words, "--dry-run"))
        with Path(os.devnull).open() as nobody, pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", nobody)
            assert run(*words).returncode == 130, words
    assert fingerprint(url) == before


def test_a_question_is_answered_at_a_terminal(run: Any, house: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    for word, status in (("n", 130), ("", 130), ("y", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{word}\n"))
        assert run("players", "block", str(PLAYER)).returncode == status
        assert house.reading().player(PLAYER)[0].blocked is (word == "y")
    assert newest(house) == [(ME, "block")]


def test_a_case_is_put_on_sale_from_a_file(run: Any, house: Container, tmp_path: Path) -> None:
    name = night(tmp_path)
    told = said(run("cases", "add", name, "--yes", "--key", "one"))
    assert "18.35 %" in told, "the fee at the floors of the shelf"
    case = house.reading().shelf()[0].cases["Night Case"]
    assert (case.price_nano, case.base_fee, [row.pack_id for row in case.odds.rows]) == (20 * NANO, 20.0, [27, 28, 29])
    assert [row.chance for row in case.odds.rows] == [0.3, 0.6, 0.1]
    assert newest(house) == [(ME, "add_case")]
    assert "done before" in said(run("cases", "add", name, "--yes", "--key", "one"))
    assert "already is a case" in said(run("cases", "add", name, "--yes"), 1)
    night(tmp_path, (EXAMPLES / "night.toml").read_text().replace("Night Case", "Night / Day"))
    assert "without a slash" in said(run("cases", "add", name, "--yes"), 1)
    night(tmp_path, (EXAMPLES / "night.toml").read_text().replace("price = 20", "price = 21"))
    assert "Idempotency-Key" in said(run("cases", "add", name, "--yes", "--key", "one"), 1)


def test_a_case_with_packs_that_are_not_there_is_refused(run: Any, url: str, tmp_path: Path) -> None:
    before, text = fingerprint(url), (EXAMPLES / "night.toml").read_text()
    for old, new, words in (
        ("Ice Pengu", "Hot Pengu", "not on the shelf: Pudgy Penguins / Hot Pengu"),
        ('pack = "Ice Pengu"\ncollection = "Pudgy Penguins"', 'pack = "Cook"', "More than one collection"),
        ('pack = "Ice Pengu"\ncollection = "Pudgy Penguins"', 'pack = "Blue Pengu"', "A pack has one row"),
        ("chance = 0.1", "chance = 0.2", "rows"),
        ("price = 20", "price = 0", "price"),
    ):
        assert text != text.replace(old, new)
        assert words in said(run("cases", "add", night(tmp_path, text.replace(old, new)), "--yes"), 2)
    assert fingerprint(url) == before


def test_a_case_is_changed_by_file_and_by_option(run: Any, house: Container, tmp_path: Path) -> None:
    said(run("cases", "add", night(tmp_path), "--yes"))
    text = (EXAMPLES / "night.toml").read_text()
    name = night(tmp_path, text.replace("chance = 0.1", "chance = 0.2").replace("chance = 0.3", "chance = 0.2"))
    told = said(run("cases", "edit", "Night Case", name, "--price", "25.5", "--yes"))
    assert all(words in told for words in ("20 TON", "25.5 TON", "now", "then"))
    case = house.reading().shelf()[0].cases["Night Case"]
    assert (case.price_nano, [row.chance for row in case.odds.rows]) == (25_500_000_000, [0.2, 0.6, 0.2])
    said(run("cases", "deactivate", "Night Case", "--yes"))
    assert "Night Case         inactive" in said(run("cases", "list"))
    said(run("cases", "activate", "Night Case", "--yes"))
    [line, *_] = house.office().log(LogWish(subject=f"case:{case.id}"), 9, None)[1]
    assert (line.before["status"], line.after["status"], line.who) == ("inactive", "active", ME)
    listed = {one["case"]: one for one in json.loads(said(run("cases", "list", "--json")))}
    assert (listed["Night Case"]["status"], listed["Night Case"]["price_nano"]) == ("active", 25_500_000_000)


def test_a_change_that_makes_no_sense_is_refused(run: Any, url: str, tmp_path: Path) -> None:
    before, name = fingerprint(url), night(tmp_path)
    for words in (
        ["edit", "Sigma Case"],
        ["edit", "Sigma Case", name],
        ["edit", "Nope", "--price", "5"],
        ["edit", "Sigma Case", "--price", "0"],
        ["edit", "Sigma Case", "--price", "-5"],
        ["edit", "Sigma Case", "--base-fee", "100"],
        ["edit", "Sigma Case", "--base-fee", "nan"],
        ["activate", "Nope"],
        ["show", "Nope"],
    ):
        said(run("cases", *words, *([] if words[0] == "show" else ["--yes"])), 2)
    assert fingerprint(url) == before


def test_a_case_that_costs_the_house_is_allowed_and_said_loudly(run: Any, house: Container) -> None:
    told = said(run("cases", "edit", "Sigma Case", "--price", "70", "--yes"))
    assert "WARNING: Sigma Case gives back 72.7780303 TON on average and costs 70 TON." in told
    assert "ruin certain" in told
    assert house.reading().shelf()[0].cases["Sigma Case"].price_nano == 70 * NANO
    assert "WARNING" not in said(run("cases", "edit", "Sigma Case", "--price", "91", "--yes"))


# --- players


def test_a_balance_is_adjusted_once_under_its_key(run: Any, house: Container) -> None:
    words = ("players", "adjust", str(PLAYER), "-7.5", "--reason", "counted twice", "--yes")
    for told in ("the balance is 992.5 TON\n", "the balance is 992.5 TON (it was done before, under this key)\n"):
        assert said(run(*words, "--key", "t-1")).endswith(told)
    assert said(run(*words)).endswith("the balance is 985 TON\n")
    assert newest(house, 2) == [(ME, "adjust")] * 2
    shown = said(run("players", "show", str(PLAYER)))
    assert "counted twice" in shown
    assert "985 TON" in shown


def test_what_the_house_refuses_leaves_no_trace(run: Any, url: str) -> None:
    before = fingerprint(url)
    for words, status in (
        (("adjust", str(PLAYER), "-1000.1", "--reason", "x", "--yes"), 1),
        (("adjust", str(PLAYER), "0", "--reason", "x", "--yes"), 1),
        (("adjust", str(PLAYER), "5", "--reason", "  ", "--yes"), 1),
        (("adjust", str(PLAYER), "5", "--yes"), 2),
        (("adjust", str(PLAYER), "x", "--reason", "x", "--yes"), 2),
        (("adjust", str(PLAYER), "1e-12", "--reason", "x", "--yes"), 2),
        (("adjust", "404", "5", "--reason", "x", "--yes"), 2),
        (("block", "404", "--yes"), 2),
        (("show", "404"), 2),
        (("block", str(PLAYER), "--yes", "--key", "a b"), 2),
    ):
        said(run("players", *words), status)
    assert fingerprint(url) == before


def test_a_player_is_blocked_and_free_again(run: Any, house: Container) -> None:
    for verb, blocked in (("block", True), ("block", True), ("unblock", False)):
        said(run("players", verb, str(PLAYER), "--yes"))
        assert house.reading().player(PLAYER)[0].blocked is blocked
    assert [action for _, action in newest(house, 2)] == ["unblock", "block"]


# --- the log


def test_the_log_is_chosen_from(run: Any) -> None:
    said(run("players", "block", str(PLAYER), "--yes"))
    said(run("players", "unblock", str(PLAYER), "--yes"))

    def found(*words: str) -> list[str]:
        return [line["action"] for line in json.loads(said(run("log", "--json", *words)))]

    assert found("--who", ME) == ["unblock", "block"]
    assert found("--subject", "player:2") == ["unblock", "block", "adjust"]
    assert found("--subject", "player:2", "--limit", "1") == ["unblock"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (found("--since", later), len(found("--since", "1d", "--limit", "1000"))) == ([], 76)
    told = said(run("log", "--limit", "2"))
    assert f"{ME}  unblock  player:2  blocked True → False" in told
    assert "2 of 76 lines" in told
    assert len(found("--since", "0001-01-01T00:00+14:00", "--limit", "1000")) == 76
    for wrong in ("yesterday", "5", "5y", "999999d"):
        said(run("log", "--since", wrong), 2)


def test_nobodys_words_move_the_cursor_or_forge_a_line(run: Any, house: Container) -> None:
    """Names come from Telegram, reasons from whoever has a token; a terminal would obey them."""
    profile = Profile(5, "Eve\x1b[2J\u202e", "Line\n2026-05-04T10:00:00Z  service:boss  adjust", language="en\r")
    with house.transactions()() as tx:
        tx.players.create(profile, SeedPair(0, b"5" * 32, "eve", 0, b"6" * 32), house.clock().now())
    said(run("players", "adjust", "5", "3", "--reason", "gift\n\x1b]0;x\x07", "--yes"))
    told = [said(run("players", "block", "5", "--yes")), said(run("players", "show", "5")), said(run("log"))]
    for text in told:
        assert "\N{REPLACEMENT CHARACTER}" in text
        assert all(letter.isprintable() for line in text.split("\n") for letter in line)
    assert not [line for line in "\n".join(told).split("\n") if line.startswith("2026-05-04T10:00:00Z")]


def test_every_command_that_changes_something_says_who_did_it(run: Any, house: Container) -> None:
    price_of_cook = house.reading().floors()[1].price_nano
    waiting = Floor(price_of_cook, house.clock().now(), Quarantined(90 * NANO, house.clock().now(), "a feed"))
    with house.transactions()() as tx:
        tx.floors.write({1: waiting})
    said(run("prices", "reject", "1", "90"))
    said(run("deliveries", "pause", "the shop is odd"))
    said(run("deliveries", "resume"))
    said(run("prices", "sync", "--seconds", "1"), 1)
    wanted = ["start_sync", "resume_deliveries", "pause_deliveries", "reject_price"]
    assert newest(house, len(wanted)) == [(ME, action) for action in wanted]


# --- pictures


def test_a_picture_is_put_and_logged(run: Any, house: Container, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(64, 64))
    (tmp_path / "b.png").write_bytes(png(64, 64))
    for what, name, file in (("case", "Sigma Case", "a.jpg"), ("pack", "gold bone", "b.png")):
        url = said(run("pictures", "put", what, name, file)).split()[-1]
        assert url.startswith(f"/media/{what}s/")
        kept = tmp_path / "data" / "pictures" / url.removeprefix("/media/")
        assert kept.read_bytes() == (tmp_path / file).read_bytes()
        assert newest(house) == [(ME, "put_picture")]
    assert house.reading().shelf()[0].cases["Sigma Case"].image_url.startswith("/media/cases/1-")


def test_what_is_no_picture_is_refused(run: Any, url: str, tmp_path: Path) -> None:
    before = fingerprint(url)
    (tmp_path / "a.svg").write_bytes(SVG)
    (tmp_path / "a.png").write_bytes(png())
    said(run("pictures", "put", "case", "Sigma Case", "a.svg"), 1)
    said(run("pictures", "put", "case", "Nope", "a.png"), 1)
    said(run("pictures", "put", "pack", "Nope", "a.png"), 2)
    said(run("pictures", "put", "case", "Sigma Case", "gone.png"), 2)
    with bucket() as held:
        held.trouble = 500
        keys = {"s3_access_key": "k", "s3_secret_key": "hush-hush"}
        told = said(run("pictures", "put", "case", "Sigma Case", "a.png", s3_bucket="b", s3_url=held.url, **keys), 2)
    assert "store of pictures" in told
    assert "hush-hush" not in told
    assert fingerprint(url) == before

"""Which cases an analyst's command is about: those of a database by name, or those of case files without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from stickercase.entrypoints.cli.demo import demo_catalogue
from support.case_files import (
    SIGMA,
    SIGMA_FEE,
    TABLE_ID,
    answer,
    sentence,
    with_row,
    written,
)
from support.command_line import command, inside
from support.databases import copied_database

# --- where cases come from


def test_a_case_of_the_database_is_the_one_on_sale(shop: str, tmp_path: Path) -> None:
    run = command(
        "simulate",
        "Sigma Case",
        "--openings",
        "1_000_000_000",
        "--seed",
        "7",
        "--json",
        cwd=tmp_path,
        database_url=shop,
    )
    told = answer(run)
    assert (told["case"], told["table_id"], told["price_nano"]) == ("Sigma Case", TABLE_ID, 90_500_000_000)
    assert (told["openings"], told["seed"]) == (1_000_000_000, 7)
    assert told["fee_measured"] == SIGMA_FEE
    assert [row["pack"] for row in told["rows"]] == ["Gold bone", "Not Cap", "Extra Eyes"]


def test_a_case_file_needs_no_database_and_says_the_same(shop: str, tmp_path: Path) -> None:
    arguments = ["--openings", "1_000_000", "--seed", "7", "--json"]
    on_sale = answer(inside("simulate", "Sigma Case", *arguments, cwd=tmp_path, database_url=shop))
    in_file = answer(inside("simulate", written(tmp_path, SIGMA), *arguments, cwd=tmp_path))
    # The packs of a file are numbered by its rows, so its table has a name of its own.
    assert {**in_file, "table_id": TABLE_ID} == on_sale
    assert in_file["table_id"] != TABLE_ID


def test_toml_is_read_like_json(tmp_path: Path) -> None:
    rows = "\n".join(
        f'[[rows]]\npack = "{row["pack"]}"\ncollection = "{row["collection"]}"\nfloor = {row["floor"]}\nchance = {row["chance"]!r}'
        for row in SIGMA["rows"]
    )
    (tmp_path / "case.toml").write_text(f'name = "Sigma Case"\nprice = 90.5\nbase_fee = 20.0\n{rows}\n')
    runs = [inside("risk", path, "--json", cwd=tmp_path) for path in ("case.toml", written(tmp_path, SIGMA))]
    assert answer(runs[0]) == answer(runs[1])


@pytest.mark.parametrize(
    "arguments",
    [["simulate", "Sgima Case"], ["risk", "Sgima Case"], ["rebalance", "--dry-run", "Sigma Case", "Sgima Case"]],
)
def test_an_unknown_case_is_told_the_known_ones(arguments: list[str], shop: str, tmp_path: Path) -> None:
    names = [case.name for case in demo_catalogue().cases]
    assert len(names) > 5
    sentence(inside(*arguments, cwd=tmp_path, database_url=shop), "'Sgima Case'", *names)


@pytest.mark.parametrize("arguments", [["simulate", "Sigma Case"], ["risk", "Sigma Case"], ["rebalance", "--dry-run"]])
def test_no_database_is_one_sentence(arguments: list[str], tmp_path: Path) -> None:
    sentence(inside(*arguments, cwd=tmp_path), "There is no database", "STICKERCASE_DATABASE_URL")
    away = "postgresql://nobody:hush-hush@127.0.0.1:1/nothing"
    assert "hush-hush" not in sentence(inside(*arguments, cwd=tmp_path, database_url=away))


def test_a_database_that_was_never_migrated_is_one_sentence(database_url: str, tmp_path: Path) -> None:
    with copied_database(database_url) as url:
        sentence(inside("risk", "Sigma Case", cwd=tmp_path, database_url=url), "migrate")


# --- case files that cannot be used


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], ["should be an object", "name, price, base_fee, rows"]),
        ({**SIGMA, "colour": "red"}, ["colour: ", "unknown"]),
        ({key: value for key, value in SIGMA.items() if key != "price"}, ["price: ", "missing"]),
        ({**SIGMA, "name": ""}, ["name: ", "name"]),
        ({**SIGMA, "name": "a\x1b[2J"}, ["name: ", "one line"]),
        ({**SIGMA, "name": 7}, ["name: "]),
        ({**SIGMA, "price": 0}, ["price: ", "more than nothing"]),
        ({**SIGMA, "price": -1}, ["price: ", "not negative"]),
        ({**SIGMA, "price": "0.1234567891"}, ["price: ", "at most 9 decimals"]),
        ({**SIGMA, "price": "1e30"}, ["price: ", "at most 10^18"]),
        ({**SIGMA, "price": "much"}, ["price: ", "decimal number"]),
        ({**SIGMA, "price": None}, ["price: ", "decimal number"]),
        ({**SIGMA, "price": True}, ["price: "]),
        ({**SIGMA, "price": float("nan")}, ["price: ", "finite"]),
        ({**SIGMA, "base_fee": 100}, ["base_fee: ", "below 100"]),
        ({**SIGMA, "base_fee": "20"}, ["base_fee: ", "number from 0 to 100"]),
        ({**SIGMA, "rows": []}, ["rows: ", "1 to 500"]),
        ({**SIGMA, "rows": [{}] * 501}, ["rows: ", "1 to 500"]),
        ({**SIGMA, "rows": {"a": 1}}, ["rows: ", "1 to 500"]),
        ({**SIGMA, "rows": ["a"]}, ["rows[0]: ", "should be an object"]),
        ({**SIGMA, "rows": [{"pack": "a", "chance": 1}]}, ["rows[0].floor: ", "missing"]),
        (with_row(SIGMA, 2, floor=None), ["rows[2].floor: ", "decimal number"]),
        (with_row(SIGMA, 2, floor=-0.5), ["rows[2].floor: ", "not negative"]),
        (with_row(SIGMA, 2, flour=1), ["rows[2].flour: ", "unknown", "pack, collection, floor, chance"]),
        (with_row(SIGMA, 1, chance=1.5), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance=-0.1), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance=float("inf")), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance=float("nan")), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance="0.05"), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance=False), ["rows[1].chance: ", "number from 0 to 1"]),
        (with_row(SIGMA, 1, chance=0.06), ["rows: ", "sum"]),
        (with_row(SIGMA, 2, pack="NOT cap"), ["rows[2].pack: ", "a row already"]),
    ],
)
def test_a_case_file_that_cannot_be_used_names_the_field(document: object, words: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, document)
    told = sentence(inside("risk", path, cwd=tmp_path), *words)
    assert told.startswith(f"stickercase: {path}: {words[0] if words[0].endswith(': ') else ''}")


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("case.json", b"{", "no JSON"),
        ("case.json", b"[" * 100_000, "no JSON"),
        ("case.json", b"9" * 5000, "no JSON"),
        ("case.json", b'{"name": "a", "name": "b"}', "twice"),
        ("case.toml", b"name = ", "no TOML"),
        ("case.toml", b'name = "a"\nname = "b"', "no TOML"),
        ("case.json", b"\xff\xfe", "UTF-8"),
        ("case.toml", None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    name: str, content: bytes | None, word: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for arguments in (["simulate"], ["risk"], ["rebalance", "--dry-run"]):
        sentence(inside(*arguments, name, cwd=tmp_path), f"{name}: ", word)

"""`rebalance --dry-run` and `risk` as an analyst runs them, and the pictures of all three commands."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stickercase.domain.cases.least_change import LeastChange
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.cases.rebalancing import Action, rebalance
from stickercase.domain.cases.tiered import Tiered
from stickercase.domain.money import NANO
from stickercase.entrypoints.cli.demo import demo_catalogue
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import read_settings
from support.case_files import (
    CERTAIN,
    COIN,
    DEARER,
    HUGE_PRIZE,
    IMPOSSIBLE,
    SIGMA,
    SIGMA_FEE,
    TABLE_ID,
    answer,
    sentence,
    text,
    written,
)
from support.command_line import command, inside

# --- rebalance --dry-run


def test_rebalance_shows_every_case_on_sale_and_changes_nothing(shop: str, tmp_path: Path) -> None:
    reading = make_container(replace(read_settings({}), database_url=shop)).reading()
    before, _ = reading.shelf()
    told = answer(command("rebalance", "--dry-run", "--json", cwd=tmp_path, database_url=shop))
    assert [each["case"] for each in told["cases"]] == [case.name for case in demo_catalogue().cases]
    assert (told["dry_run"], told["policy"]) == (True, "tiered")
    assert told["cases"][0] | {"rows": None} == {
        "case": "Sigma Case",
        "action": "kept",
        "reason": "the fee is within its band",
        "base_fee": 20.0,
        "price_before_nano": 90_500_000_000,
        "price_after_nano": 90_500_000_000,
        "fee_before": SIGMA_FEE,
        "fee_after": SIGMA_FEE,
        "feasible_fees": None,
        "table_id_before": TABLE_ID,
        "table_id_after": TABLE_ID,
        "rows": None,
    }
    after, _ = reading.shelf()
    assert after == before


def test_cases_are_named_in_the_order_asked_for(shop: str, tmp_path: Path) -> None:
    named = ["Pengu Case", written(tmp_path, DEARER, "dearer.json"), "Sigma Case", "Pengu Case"]
    told = answer(inside("rebalance", "--dry-run", "--json", *named, cwd=tmp_path, database_url=shop))
    assert [each["action"] for each in told["cases"]] == ["kept", "re-weighted", "kept"]
    shown = text(inside("rebalance", "--dry-run", *named, cwd=tmp_path, database_url=shop))
    assert "chance %" not in shown
    assert "chance %" in text(inside("rebalance", "--dry-run", "-v", *named, cwd=tmp_path, database_url=shop))


@pytest.mark.parametrize("policy", ["tiered", "least_change"])
def test_a_dry_run_is_what_the_domain_computes(policy: str, tmp_path: Path) -> None:
    table = odds_table((number, row["chance"]) for number, row in enumerate(DEARER["rows"], 1))
    floors = {1: 18_900 * NANO, 2: 560 * NANO, 3: 3_413_000_000}
    expected = rebalance(90_500_000_000, 20, table, floors, Tiered() if policy == "tiered" else LeastChange())
    assert expected.action is Action.REWEIGHTED
    assert expected.table is not None
    arguments = ["rebalance", "--dry-run", "--policy", policy, written(tmp_path, DEARER)]
    (told,) = answer(inside(*arguments, "--json", cwd=tmp_path))["cases"]
    assert (told["action"], told["reason"], told["fee_after"]) == ("re-weighted", expected.reason, expected.fee)
    assert [row["chance_after"] for row in told["rows"]] == [row.chance for row in expected.table.rows]
    assert [row["tickets_after"] for row in told["rows"]] == [row.tickets for row in expected.table.rows]
    assert [row["chance_before"] for row in told["rows"]] == [row.chance for row in table.rows]
    assert told["table_id_after"] == expected.table.table_id
    assert told["feasible_fees"] == list(expected.feasible_fees or ())
    shown = text(inside(*arguments, cwd=tmp_path))
    assert f"Sigma Case re-weighted 90.5 90.5 12.1714 20 {expected.reason}" in shown
    assert f"Not Cap DOGS OG 560 5.17986 {expected.table.rows[1].chance * 100:.6g} -" in shown


def test_a_moved_price_and_a_case_without_a_way_say_why(tmp_path: Path) -> None:
    even = {
        **COIN,
        "name": "Even",
        "price": 100,
        "rows": [{"pack": "a", "floor": 90, "chance": 0.3}, {"pack": "b", "floor": 90, "chance": 0.7}],
    }
    hopeless = {**COIN, "name": "Hopeless", "price": 100, "rows": [{"pack": "a", "floor": 1, "chance": 1}]}
    paths = [written(tmp_path, document, f"{document['name']}.json") for document in (even, hopeless)]
    told = answer(inside("rebalance", "--dry-run", "--json", *paths, cwd=tmp_path))["cases"]
    assert [(each["action"], each["price_after_nano"]) for each in told] == [
        ("repriced", 111_500_000_000),
        ("deactivated", 100 * NANO),
    ]
    shown = text(inside("rebalance", "--dry-run", *paths, cwd=tmp_path))
    assert "Even repriced 100 111.5 10 19.2825 at 100 TON the rows leave no choice of chances" in shown
    assert "Hopeless deactivated 100 100 99 99 the rows leave no choice" in shown


def test_rebalance_without_dry_run_is_refused(tmp_path: Path) -> None:
    sentence(inside("rebalance", written(tmp_path, SIGMA), cwd=tmp_path), "--dry-run")
    run = inside("rebalance", "--dry-run", "--policy", "greedy", written(tmp_path, SIGMA), cwd=tmp_path)
    assert (run.returncode, "least_change" in run.stderr) == (2, True)


# --- risk


def test_risk_shows_the_figures_of_the_rules(shop: str, tmp_path: Path) -> None:
    told = answer(command("risk", "Sigma Case", "--json", cwd=tmp_path, database_url=shop))
    assert told["lundberg_exponent"] == pytest.approx(3.205e-5, rel=1e-4)
    assert told["bankroll"] == pytest.approx(143_700, rel=2e-4)
    assert (told["verdict"], told["probability"], told["largest_liability"]) == ("ruin bounded", 0.01, 18809.5)
    shown = text(inside("risk", "Sigma Case", cwd=tmp_path, database_url=shop))
    assert "Lundberg exponent 3.2053e-05 per TON\n" in shown
    assert "return to player 80.417713% of the price\n" in shown
    assert "hit rate 5.429864% of openings" in shown
    assert "standard deviation 947.28 TON an opening\n" in shown
    assert "bankroll for 1 % 143,675 TON" in shown
    assert "far from tight when one prize dwarfs the price" in shown


def test_how_far_from_tight_is_said_beside_the_figure(tmp_path: Path) -> None:
    path = written(tmp_path, HUGE_PRIZE)
    told = answer(inside("risk", path, "--probability", "0.001", "--json", cwd=tmp_path))
    assert 0 < told["ruin_probability_at_least"] < 0.001 / 50
    shown = text(inside("risk", path, "--probability", "0.001", cwd=tmp_path))
    assert f"the truth is at least {told['ruin_probability_at_least']:.3%}" in shown
    assert f"bankroll for 0.1 % {told['bankroll']:,.0f} TON" in shown


@pytest.mark.parametrize(
    ("document", "verdict", "bankroll", "words"),
    [(CERTAIN, "ruin certain", None, "none is enough"), (IMPOSSIBLE, "ruin impossible", 0, "0 TON: no opening loses")],
)
def test_certain_and_impossible_ruin(
    document: dict[str, Any], verdict: str, bankroll: float | None, words: str, tmp_path: Path
) -> None:
    path = written(tmp_path, document)
    told = answer(inside("risk", path, "--json", cwd=tmp_path))
    assert (told["verdict"], told["bankroll"], told["lundberg_exponent"]) == (verdict, bankroll, None)
    shown = text(inside("risk", path, cwd=tmp_path))
    assert f"verdict {verdict}\n" in shown
    assert f"bankroll for 1 % {words}" in shown


@pytest.mark.parametrize("probability", ["0", "-0.1", "1.1", "nan", "x"])
def test_a_probability_that_is_none_is_refused(probability: str, tmp_path: Path) -> None:
    run = inside("risk", written(tmp_path, SIGMA), "--probability", probability, cwd=tmp_path)
    assert (run.returncode, run.stdout, "Traceback" in run.stderr) == (2, "", False)


# --- pictures


PICTURES = [
    ["simulate", "--openings", "1_000"],
    ["simulate", "--bankroll", "1_000", "--openings", "1_000", "--paths", "5"],
    ["rebalance", "--dry-run"],
]
BEGINNINGS = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}


@pytest.mark.parametrize(("arguments", "kind"), list(zip(PICTURES, BEGINNINGS, strict=True)))
def test_a_picture_is_drawn_beside_the_table(arguments: list[str], kind: str, tmp_path: Path) -> None:
    command_name, *options = arguments
    run = inside(command_name, written(tmp_path, DEARER), *options, "--plot", f"out.{kind}", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, f"the picture is in out.{kind}\n")
    assert "Sigma Case" in run.stdout
    assert (tmp_path / f"out.{kind}").read_bytes().startswith(BEGINNINGS[kind])


@pytest.mark.parametrize("arguments", PICTURES)
def test_without_matplotlib_a_picture_is_refused_in_one_sentence(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "stickercase.adapters.plots.matplotlib_plots", raising=False)
    command_name, *options = arguments
    path = written(tmp_path, SIGMA)
    sentence(inside(command_name, path, *options, "--plot", "out.png", cwd=tmp_path), "stickercase[simulation]")
    assert not (tmp_path / "out.png").exists()
    assert inside(command_name, path, *options, cwd=tmp_path).returncode == 0


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "out.png").symlink_to(tmp_path / "gone" / "out.png")
    run = inside("rebalance", "--dry-run", written(tmp_path, SIGMA), "--plot", "out.png", cwd=tmp_path)
    assert (run.returncode, "Traceback" in run.stderr) == (2, False)
    assert "out.png cannot be written" in run.stderr


def test_a_picture_has_room_for_twelve_cases(tmp_path: Path) -> None:
    paths = [written(tmp_path, {**SIGMA, "name": f"Case {n}"}, f"{n}.json") for n in range(13)]
    sentence(inside("rebalance", "--dry-run", *paths, "--plot", "out.png", cwd=tmp_path), "12", "13")


def test_the_commands_are_listed(tmp_path: Path) -> None:
    listed = inside("--help", cwd=tmp_path).stdout
    for name in ("simulate", "risk", "rebalance"):
        assert f"\n  {name} " in listed, name

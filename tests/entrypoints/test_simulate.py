"""`simulate`, as an analyst runs it: counts, paths of a bankroll, and how far a long one is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from stickercase.domain.money import NANO
from support.api_processes import STICKERCASE, environment
from support.case_files import (
    CERTAIN,
    COIN,
    IMPOSSIBLE,
    SIGMA,
    SIGMA_FEE,
    answer,
    text,
    written,
)
from support.command_line import command, inside

# --- simulate: counts


def test_the_table_of_counts_adds_up(tmp_path: Path) -> None:
    told = answer(
        inside(
            "simulate", written(tmp_path, SIGMA), "--openings", "1_000_000_000", "--seed", "7", "--json", cwd=tmp_path
        )
    )
    rows = told["rows"]
    assert sum(row["drawn"] for row in rows) == 1_000_000_000
    assert [row["expected"] for row in rows] == pytest.approx([row["chance"] * 1e9 for row in rows])
    assert all(abs(row["deviations"]) < 5 for row in rows)
    assert told["revenue_nano"] == 10**9 * 90_500_000_000
    assert told["payout_nano"] == sum(row["drawn"] * row["floor_nano"] for row in rows)
    assert told["profit_nano"] == told["revenue_nano"] - told["payout_nano"]
    assert told["fee_drawn"] == told["profit_nano"] / told["revenue_nano"] * 100
    assert told["fee_deviations"] == pytest.approx(
        (told["fee_drawn"] - SIGMA_FEE) / (947.28 / 90.5 / 1e9**0.5 * 100), rel=1e-4
    )


def test_people_read_the_same_figures(tmp_path: Path) -> None:
    arguments = ["simulate", written(tmp_path, SIGMA), "--openings", "1_000_000_000", "--seed", "7"]
    told, shown = answer(inside(*arguments, "--json", cwd=tmp_path)), text(command(*arguments, cwd=tmp_path))
    assert f"Sigma Case at 90.5 TON: 1,000,000,000 openings, seed 7, {told['dice']}\n" in shown
    for row in told["rows"]:
        away = re.escape(f"{row['deviations']:+.2f}")
        pattern = rf"{row['pack']} {row['collection']} \S+ \S+ {row['expected']:,.1f} {row['drawn']:,} {away} σ\n"
        assert re.search(pattern, shown), pattern
    assert "revenue 90,500,000,000 TON\n" in shown
    assert f"payout {round(told['payout_nano'] / NANO):,} TON\n" in shown
    assert f"fee {told['fee_drawn']:.6g} % drawn, 19.5823 % measured" in shown


def test_a_simulation_without_a_seed_shows_the_one_that_repeats_it(tmp_path: Path) -> None:
    path = written(tmp_path, SIGMA)
    first, second = (text(inside("simulate", path, cwd=tmp_path)) for _ in range(2))
    assert first != second
    seed = re.search(r"seed (\d+)", first)
    assert seed is not None
    assert text(inside("simulate", path, "--seed", seed[1], cwd=tmp_path)) == first


def test_a_case_without_chance_has_no_deviations(tmp_path: Path) -> None:
    one = {**COIN, "rows": [{"pack": "only", "floor": "0.8", "chance": 1}, {"pack": "never", "floor": 5, "chance": 0}]}
    told = answer(inside("simulate", written(tmp_path, one), "--openings", "1000", "--json", cwd=tmp_path))
    assert [row["drawn"] for row in told["rows"]] == [1000, 0]
    assert [row["deviations"] for row in told["rows"]] == [None, None]
    assert told["fee_deviations"] is None
    assert told["fee_drawn"] == pytest.approx(20)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--openings", "0"],
        ["--openings", str(10**15 + 1)],
        ["--openings", "many"],
        ["--seed", "-1"],
        ["--bankroll", "-1"],
        ["--bankroll", "1_"],
        ["--bankroll", "nan"],
        ["--paths", "5"],
        ["--bankroll", "1", "--paths", "0"],
        ["--plot", "out.gif"],
        ["--plot", "nowhere/out.png"],
        ["--nope"],
        ["other.toml"],
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], tmp_path: Path) -> None:
    run = inside("simulate", written(tmp_path, SIGMA), *arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout, "Traceback" in run.stderr) == (2, "", False)
    assert "Error: " in run.stderr


# --- simulate: paths


def test_paths_of_a_bankroll_are_summed_up(tmp_path: Path) -> None:
    arguments = [
        "simulate",
        written(tmp_path, COIN),
        "--bankroll",
        "3",
        "--paths",
        "2_000",
        "--openings",
        "1000",
        "--seed",
        "1",
    ]
    told = answer(inside(*arguments, "--json", cwd=tmp_path))
    assert (told["bankroll_nano"], told["paths"], told["verdict"]) == (3 * NANO, 2000, "ruin bounded")
    ends, lows = ([each[name] for each in told["quantiles"]] for name in ("end_nano", "low_nano"))
    assert ends == sorted(ends)
    assert lows == sorted(lows)
    assert all(low <= 3 * NANO for low in lows)
    assert all(end % NANO == 0 for end in ends)
    # The gambler's ruin is known exactly, and is the lower of the two bounds.
    truth = (0.4 / 0.6) ** 4
    assert told["ruin_probability_at_least"] == pytest.approx(truth)
    assert told["ruin_probability_at_most"] == pytest.approx((0.4 / 0.6) ** 3)
    assert told["ruin_frequency"] == told["ruined"] / 2000
    assert told["ruin_frequency_error"] == pytest.approx((truth * (1 - truth) / 2000) ** 0.5, rel=0.1)
    assert abs(told["ruin_frequency"] - truth) < 5 * told["ruin_frequency_error"]
    shown = text(inside(*arguments, cwd=tmp_path))
    assert f"ruined {told['ruined']:,} of 2,000 paths: {told['ruin_frequency']:.4%}" in shown
    assert f"Lundberg bound at most {(0.4 / 0.6) ** 3:.4%}, over openings without end" in shown
    assert "far from tight when one prize dwarfs the price" in shown
    assert f"50% {round(ends[3] / NANO):,} {round(lows[3] / NANO):,}" in shown


@pytest.mark.parametrize(
    ("document", "verdict", "ruined"), [(CERTAIN, "ruin certain", True), (IMPOSSIBLE, "ruin impossible", False)]
)
def test_paths_without_a_bound_say_why(document: dict[str, Any], verdict: str, ruined: bool, tmp_path: Path) -> None:
    arguments = [
        "simulate",
        written(tmp_path, document),
        "--bankroll",
        "2",
        "--openings",
        "2000",
        "--seed",
        "1",
        "--paths",
        "20",
    ]
    shown = text(inside(*arguments, cwd=tmp_path))
    assert f"verdict {verdict}, over openings without end" in shown
    assert "Lundberg" not in shown
    told = answer(inside(*arguments, "--json", cwd=tmp_path))
    assert (told["lundberg_exponent"], told["ruined"] > 10) == (None, ruined)
    assert told["ruin_probability_at_most"] == float(ruined)


def watched(arguments: list[str], cwd: Path) -> tuple[str, str]:
    """Standard output, and what a person at a terminal sees of standard error."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [STICKERCASE, *arguments], env=environment(), cwd=cwd, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        out = process.stdout.read() if process.stdout else ""
    seen = b""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            part = os.read(ours, 65536)
        except OSError:  # nobody holds the other end any more
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return out, seen.decode()


def test_a_long_simulation_shows_how_far_it_is_to_a_person_and_to_nobody_else(tmp_path: Path) -> None:
    path = written(tmp_path, COIN)
    long = ["simulate", path, "--bankroll", "100", "--openings", "1_000_000", "--paths", "6", "--seed", "1"]
    out, seen = watched(long, tmp_path)
    assert "simulating" in seen
    assert "100%" in seen
    assert out == command(*long, cwd=tmp_path).stdout
    assert "simulating" not in out
    short = [*long[:-3], "1", "--seed", "1"]
    assert watched(short, tmp_path)[1] == ""

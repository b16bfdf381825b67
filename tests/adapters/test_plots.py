"""Pictures are drawn of whatever was computed, without a warning; where matplotlib is missing, a sentence says so."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot

from stickercase.adapters.dice import StandardDice
from stickercase.adapters.plots import plots
from stickercase.domain.cases.odds import odds_table
from stickercase.domain.cases.risk import measure_risk
from stickercase.domain.cases.simulation import PricedTable, priced_table, simulate_bankroll, simulate_counts
from stickercase.ports.failures import ExtraMissing

SIGMA = priced_table(90.5, [(18900, 0.0025), (430.52, 0.051798642533936665), (3.413, 0.9457013574660634)])
ONE = priced_table(2, [(1, 1.0)])
SOME_NEVER = priced_table(5, [(0, 0.0), (1, 0.3), (9, 0.0), (4, 0.7)])
MANY = priced_table(5, [(n, (1 + n % 7) / 1994) for n in range(500)])
FAIR = priced_table(1, [(2, 0.5), (0, 0.5)])
TABLES = {"sigma": SIGMA, "one row": ONE, "some never": SOME_NEVER, "many": MANY, "fair": FAIR}
some_tables = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """A picture that does not fit its page, or a value that cannot be drawn, is a warning of matplotlib's."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # What earlier tests have left to the collector, which may come at any time, is none of the picture's.
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def names(table: PricedTable) -> list[str]:
    return [f"pack {n} of a collection" for n in range(len(table.widths))]


def drawn(path: Path) -> None:
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    assert 5_000 < path.stat().st_size < 400_000


@some_tables
@pytest.mark.parametrize("openings", [1, 10**9])
def test_results(table: PricedTable, openings: int, tmp_path: Path) -> None:
    dice = StandardDice(1)
    fees = [simulate_counts(table, openings, dice).fee for _ in range(50)]
    counts = simulate_counts(table, openings, dice)
    plots().results(tmp_path / "out.png", "Title", names(table), table, counts, fees)
    drawn(tmp_path / "out.png")


@some_tables
@pytest.mark.parametrize(("openings", "paths", "bankroll"), [(1, 1, 0), (3000, 1, 10), (500, 40, 20), (300, 3, 10**8)])
def test_bankrolls(table: PricedTable, openings: int, paths: int, bankroll: int, tmp_path: Path) -> None:
    walked = simulate_bankroll(table, openings, bankroll * 10**9, StandardDice(1), paths=paths, points=100)
    plots().bankroll(tmp_path / "out.png", "Title", walked, measure_risk(table.price, table.rows))
    drawn(tmp_path / "out.png")


def test_chances(tmp_path: Path) -> None:
    pairs = [
        ([1.0], [1.0]),
        ([0.5, 0.5, 0.0], [0.2, 0.7, 0.1]),
        ([0.9, 0.1], [1.0, 0.0]),
        ([1 / 500] * 500, [n / 124_750 for n in range(500)]),
    ]
    cases = [
        (
            f"Case {len(before)}",
            [f"pack {n}" for n in range(len(before))],
            *(odds_table(enumerate(c)) for c in (before, after)),
        )
        for before, after in pairs
    ]
    plots().chances(tmp_path / "out.png", "Title", cases)
    drawn(tmp_path / "out.png")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_numbers_make_the_same_file(kind: str, tmp_path: Path) -> None:
    table = odds_table([(1, 0.25), (2, 0.75)])
    for name in ("one", "two"):
        plots().chances(tmp_path / f"{name}.{kind}", "Title", [("Case", ["a", "b"], table, table)])
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_nothing_global_is_touched(tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    plots().chances(tmp_path / "out.png", "Title", [("Case", ["a"], odds_table([(1, 1.0)]), odds_table([(1, 1.0)]))])
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_without_matplotlib_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "stickercase.adapters.plots.matplotlib_plots", raising=False)
    with pytest.raises(ExtraMissing, match=r"pip install 'stickercase\[simulation\]'"):
        plots()


def test_a_broken_matplotlib_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "stickercase.adapters.plots.matplotlib_plots", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"matplotlib\.figure"):
        plots()

"""Plots with matplotlib. Nothing global is touched: no window, no state of pyplot, the user's style is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter
from numpy.typing import NDArray

from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.cases.risk import Risk
from stickercase.domain.cases.simulation import BankrollPath, Counts, PricedTable
from stickercase.domain.fairness import GRID
from stickercase.domain.money import NANO, ton

INK, FAINT, GRID_LINE = "#22303c", "#7a8794", "#e6eaee"
BLUE, RED, GREEN = "#2f6db5", "#c8453b", "#2e8b57"
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID_LINE,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fontsize": 8.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "stickercase",
}
DOTS_PER_INCH = 100
TIMELESS: dict[str, Any] = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""The kinds of file that a picture can be, and what is left out so that the same numbers make the same file."""
MOST_ROWS = 40
"""Rows of one table that can still be told apart."""

MOST_RUINED = 40
"""Paths on their way to ruin that are drawn."""

Floats = NDArray[np.float64]


class MatplotlibPlots:
    """Each method writes one picture to ``path``, as PNG, SVG or PDF by its suffix. Raises OSError."""

    def results(
        self, path: Path, title: str, labels: Sequence[str], table: PricedTable, counts: Counts, fees: Sequence[float]
    ) -> None:
        """What was drawn beside what was expected, and where its fee lies among ``fees`` of repetitions (percent)."""
        with rc_context(STYLE):
            figure = Figure(figsize=(10, 4.6), layout="constrained")
            left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
            _deviations(left, labels, table, counts)
            _histogram(right, table, counts, fees)
            _save(figure, path, title)

    def bankroll(self, path: Path, title: str, paths: Sequence[BankrollPath], risk: Risk) -> None:
        """The fan of bankrolls, and below it how many were ruined by when, beside the bounds for ever."""
        with rc_context(STYLE):
            figure = Figure(figsize=(9, 6.6), layout="constrained")
            upper, lower = figure.subplots(2, 1, height_ratios=(2.3, 1), sharex=True)
            _fan(upper, paths)
            _ruins(lower, paths, risk)
            _save(figure, path, title)

    def chances(self, path: Path, title: str, cases: Sequence[tuple[str, Sequence[str], OddsTable, OddsTable]]) -> None:
        """Chances before and after, a panel for each ``(name, labels of the rows, before, after)``."""
        heights = [min(len(labels), MOST_ROWS) * 0.26 + 0.75 for _, labels, _, _ in cases]
        with rc_context(STYLE):
            figure = Figure(figsize=(8.5, sum(heights) + 0.6), layout="constrained")
            panels = figure.subplots(len(cases), 1, height_ratios=heights, squeeze=False)[:, 0]
            for axes, (name, labels, before, after) in zip(panels, cases, strict=True):
                _dumbbells(axes, name, labels, before, after)
            panels[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)
            panels[-1].set_xlabel("chance, logarithmic")
            _save(figure, path, title)


def _save(figure: Figure, path: Path, title: str) -> None:
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5, fontweight="bold")
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata=TIMELESS[path.suffix.lower()])


def _deviations(axes: Axes, labels: Sequence[str], table: PricedTable, counts: Counts) -> None:
    """How far each row's count is from the expected one, in standard deviations."""
    away = [
        ((count - counts.openings * p) / (counts.openings * p * (1 - p)) ** 0.5 if 0 < p < 1 else 0.0, label)
        for count, width, label in zip(counts.counts, table.widths, labels, strict=True)
        for p in [width / GRID]
        if width
    ]
    shown = sorted(away, key=lambda pair: -abs(pair[0]))[:MOST_ROWS] if len(away) > MOST_ROWS else away
    places = range(len(shown))
    axes.axvspan(-2, 2, color=BLUE, alpha=0.08, lw=0)
    axes.axvline(0, color=FAINT, lw=1)
    axes.hlines(places, 0, [deviation for deviation, _ in shown], color=BLUE, lw=1.5)
    axes.plot([deviation for deviation, _ in shown], places, "o", color=BLUE, ms=5)
    axes.set_yticks(places, [label for _, label in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    reach = max(3.2, *(abs(deviation) * 1.15 for deviation, _ in shown))
    axes.set_xlim(-reach, reach)
    axes.set_title("Drawn less expected, by row")
    axes.set_xlabel("standard deviations; 95 % of counts lie in the band")


def _histogram(axes: Axes, table: PricedTable, counts: Counts, fees: Sequence[float]) -> None:
    """The fees of repetitions, with this one and the measured one marked."""
    measured = 1 - sum(w * f for w, f in zip(table.widths, table.floors_nano, strict=True)) / GRID / table.price_nano
    axes.hist(fees, bins=min(60, ceil(len(fees) ** 0.5)), color=BLUE, alpha=0.45, lw=0)
    axes.axvline(measured * 100, color=INK, lw=1.5, label=f"measured {measured * 100:.5g} %")
    axes.axvline(counts.fee, color=RED, lw=1.5, ls=(0, (4, 2)), label=f"this run {counts.fee:.5g} %")
    axes.set_title(f"The fee of {len(fees):,} runs of {counts.openings:,} openings")
    axes.set_xlabel("percent of the revenue that the house keeps")
    axes.set_ylabel("runs")
    axes.margins(y=0.22)
    axes.legend(loc="upper left", ncols=2)


def _fan(axes: Axes, paths: Sequence[BankrollPath]) -> None:
    openings = np.array(paths[0].openings, float)
    bankrolls: Floats = np.array([path.bankroll_nano for path in paths], float) / NANO
    for low, high, alpha in ((1, 99, 0.13), (5, 95, 0.16), (25, 75, 0.25)):
        below, above = np.percentile(bankrolls, [low, high], axis=0)
        label = f"{low}–{high} % of {len(paths):,} paths" if len(paths) > 1 else None
        axes.fill_between(openings, below, above, color=BLUE, alpha=alpha, lw=0, label=label)
    axes.plot(openings, np.median(bankrolls, axis=0), color=BLUE, lw=2, label="median")
    _until_ruin(axes, openings, [(path, row) for path, row in zip(paths, bankrolls, strict=True)])
    axes.axhline(0, color=RED, lw=1.2)
    axes.set_title("Bankroll")
    axes.set_ylabel("TON")
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.legend(loc="upper left")


def _until_ruin(axes: Axes, openings: Floats, rows: Sequence[tuple[BankrollPath, Floats]]) -> None:
    """The paths that were ruined, each up to its ruin: what follows would need money that is not there."""
    ruined = [(path.ruined_at, row) for path, row in rows if path.ruined_at is not None]
    for ruined_at, row in ruined[:MOST_RUINED]:
        kept = openings < ruined_at
        axes.plot([*openings[kept], ruined_at], [*row[kept], 0], color=RED, lw=0.7, alpha=0.5)
    ends = [ruined_at for ruined_at, _ in ruined]
    if ends:
        axes.plot(ends, [0] * len(ends), "x", color=RED, ms=5, mew=1.2, label=f"ruined: {len(ends):,}", clip_on=False)


def _ruins(axes: Axes, paths: Sequence[BankrollPath], risk: Risk) -> None:
    bankroll, length = ton(paths[0].bankroll_nano[0]), paths[0].length
    ruins = sorted(path.ruined_at for path in paths if path.ruined_at is not None)
    parts = [i / len(paths) for i in range(len(ruins) + 1)]
    axes.step([0, *ruins, length], [*parts, parts[-1]], where="post", color=RED, lw=1.8, label="ruined so far")
    bound = risk.ruin_probability_bound(bankroll)
    axes.axhline(bound, color=INK, lw=1.2, ls=(0, (4, 2)), label=f"Lundberg: at most {bound * 100:.3g} % for ever")
    if risk.lundberg_exponent is not None:
        least = risk.ruin_probability_at_least(bankroll)
        label = f"the truth: {least * 100:.3g} to {bound * 100:.3g} %"
        axes.axhspan(least, bound, color=INK, alpha=0.07, lw=0, label=label)
    axes.set_ylim(0, max(bound, parts[-1], 1e-9) * 1.5)
    axes.set_xlim(0, length)
    axes.set_title("Part of the paths that were ruined")
    axes.set_xlabel("openings")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{part:.2%}" if bound < 0.1 else f"{part:.0%}"))
    axes.legend(loc="upper left", ncols=3)


def _dumbbells(axes: Axes, name: str, labels: Sequence[str], before: OddsTable, after: OddsTable) -> None:
    rows = [
        (label, old.tickets / GRID, new.tickets / GRID)
        for label, old, new in zip(labels, before.rows, after.rows, strict=True)
        if old.tickets or new.tickets
    ]
    rows.sort(key=lambda row: -abs(row[2] - row[1]))
    shown = sorted(rows[:MOST_ROWS], key=lambda row: row[1])
    places = range(len(shown))
    old, new = [row[1] for row in shown], [row[2] for row in shown]
    for place, (_, was, now) in enumerate(shown):
        axes.plot([was, now], [place, place], color=GREEN if now > was else RED, lw=2.2, alpha=0.55)
    axes.plot(old, places, "o", color="white", markeredgecolor=INK, ms=6, label="before")
    axes.plot(new, places, "o", color=BLUE, ms=5, label="after")
    for place, (_, was, now) in enumerate(shown):
        axes.annotate(_change(was, now), (1.02, place), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8.5)
    axes.set_xscale("log")
    axes.set_yticks(places, [row[0] for row in shown])
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda chance, _: f"{chance * 100:g} %" if chance <= 1 else ""))
    axes.set_title(name)


def _change(was: float, now: float) -> str:
    if was == now:
        return f"{was * 100:.4g} %"
    return f"{was * 100:.4g} → {now * 100:.4g} %" + (f"   × {now / was:.4g}" if was else "")

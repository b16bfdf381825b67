"""Paths of a bankroll over many openings, as `simulate --bankroll` shows them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import click

from stickercase.domain.cases.risk import Risk, Verdict
from stickercase.domain.cases.simulation import (
    BankrollPath,
    Progress,
    Walks,
    quantile,
    ruin_frequency,
    simulate_bankroll,
)
from stickercase.domain.money import ton
from stickercase.entrypoints.cli.case_files import PricedCase
from stickercase.entrypoints.cli.shared import draw, echo_json
from stickercase.entrypoints.cli.tables import pairs, price_words, rounded_tons, table, tons
from stickercase.entrypoints.container import Container

PATHS, POINTS = 200, 400
"""Paths when nothing is said, and the points of each that a picture needs."""

LONG_OPENINGS = 5_000_000
"""Openings of all paths from which on a bar on standard error shows how far it is."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FAR_FROM_TIGHT = "The bound is far from tight when one prize dwarfs the price"


@dataclass(frozen=True, slots=True)
class Setup:
    """A simulation as it was asked for; ``dice`` names the kind, since each throws differently for one seed."""

    priced: PricedCase
    openings: int
    seed: int
    dice: str

    @property
    def title(self) -> str:
        """What is simulated, and how to repeat it."""
        return f"{price_words(self.priced.case)}: {self.openings:,} openings, seed {self.seed}, {self.dice}"

    def words(self) -> dict[str, object]:
        """The same for machines."""
        case = self.priced.case
        named = {"case": case.name, "price_nano": case.price_nano, "table_id": case.odds.table_id}
        return named | {"openings": self.openings, "seed": self.seed, "dice": self.dice}


def simulate_paths(
    container: Container, setup: Setup, dice: Walks, bankroll_nano: int, count: int, as_json: bool, plot: Path | None
) -> None:
    """Simulate ``count`` paths and show what became of them."""
    with _bar(setup.openings * count) as on_progress:
        paths = simulate_bankroll(
            setup.priced.table,
            setup.openings,
            bankroll_nano,
            dice,
            paths=count,
            points=POINTS,
            on_progress=on_progress,
        )
    risk = setup.priced.risk
    if as_json:
        echo_json(_words(setup, paths, risk))
    else:
        click.echo(_text(setup, paths, risk))
    if plot:
        title = f"{setup.title}, from {tons(bankroll_nano)} TON"
        draw(plot, lambda path: container.plots().bankroll(path, title, paths, risk))


@contextmanager
def _bar(total: int) -> Iterator[Progress | None]:
    """A bar for somebody who watches and would wait long enough to wonder."""
    if total < LONG_OPENINGS or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label="simulating", file=sys.stderr) as bar:
        yield lambda done, _: bar.update(done - bar.pos)


def _words(setup: Setup, paths: Sequence[BankrollPath], risk: Risk) -> dict[str, object]:
    bankroll_nano = paths[0].bankroll_nano[0]
    return setup.words() | {
        "bankroll_nano": bankroll_nano,
        "paths": len(paths),
        "quantiles": [
            {"part": part, "end_nano": end, "low_nano": low}
            for part, end, low in zip(QUANTILES, _ends(paths), _lows(paths), strict=True)
        ],
        "ruined": sum(path.ruined_at is not None for path in paths),
        "ruin_frequency": ruin_frequency(paths),
        "ruin_frequency_error": _error(paths),
        "verdict": risk.verdict.value,
        "lundberg_exponent": risk.lundberg_exponent,
        "ruin_probability_at_most": risk.ruin_probability_bound(ton(bankroll_nano)),
        "ruin_probability_at_least": risk.ruin_probability_at_least(ton(bankroll_nano)),
    }


def _text(setup: Setup, paths: Sequence[BankrollPath], risk: Risk) -> str:
    rows = [
        (f"{part:.0%}", rounded_tons(end), rounded_tons(low))
        for part, end, low in zip(QUANTILES, _ends(paths), _lows(paths), strict=True)
    ]
    bankroll = f"{len(paths):,} paths of a bankroll of {tons(paths[0].bankroll_nano[0])} TON"
    columns = table(("of the paths", "end at most, TON", "fall to at most, TON"), rows)
    return f"{setup.title}\n{bankroll}\n\n{columns}\n\n{pairs(_ruin(paths, risk))}"


def _ruin(paths: Sequence[BankrollPath], risk: Risk) -> list[tuple[str, str]]:
    """How many were ruined, beside what is known of it for openings without end."""
    ruined = sum(path.ruined_at is not None for path in paths)
    happened = (
        f"{ruined:,} of {len(paths):,} paths: {ruin_frequency(paths):.4%}, with a standard error of {_error(paths):.4%}"
    )
    bankroll = ton(paths[0].bankroll_nano[0])
    known = f"{risk.verdict.value}, over openings without end"
    if risk.verdict is Verdict.BOUNDED:
        known = f"at most {risk.ruin_probability_bound(bankroll):.4%}, over openings without end"
        at_least = f"{risk.ruin_probability_at_least(bankroll):.4%}"
        return [
            ("ruined", happened),
            ("Lundberg bound", known),
            ("", f"{FAR_FROM_TIGHT}: the truth is at least {at_least}."),
        ]
    return [("ruined", happened), ("verdict", known)]


def _ends(paths: Sequence[BankrollPath]) -> list[int]:
    return [quantile((path.bankroll_nano[-1] for path in paths), part) for part in QUANTILES]


def _lows(paths: Sequence[BankrollPath]) -> list[int]:
    return [quantile((path.low_nano for path in paths), part) for part in QUANTILES]


def _error(paths: Sequence[BankrollPath]) -> float:
    """The standard error of the ruin frequency."""
    part = ruin_frequency(paths)
    return sqrt(part * (1 - part) / len(paths))

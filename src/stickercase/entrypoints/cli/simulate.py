"""`simulate`: what many openings of a case come to, and what they do to a bankroll."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import click

from stickercase.domain.cases.simulation import MAX_OPENINGS, Binomials, Counts, simulate_counts
from stickercase.domain.fairness import GRID
from stickercase.domain.money import ton
from stickercase.entrypoints.cli.bankrolls import PATHS, Setup, simulate_paths
from stickercase.entrypoints.cli.cases import gathered_one
from stickercase.entrypoints.cli.shared import draw, echo_json, json_option, labels, plot_option, ton_amount
from stickercase.entrypoints.cli.tables import pack_words, pairs, rounded_tons, table, tons
from stickercase.entrypoints.container import Container

REPETITIONS = 1000
"""How often a simulation is repeated to draw how its fee is distributed."""


@click.command()
@click.argument("case")
@click.option(
    "--openings",
    type=click.IntRange(1, MAX_OPENINGS),
    default=1_000_000,
    show_default=True,
    help="How many; underscores may group the digits.",
)
@click.option("--seed", type=click.IntRange(0), help="Repeats a simulation; without it a fresh one is taken and shown.")
@click.option(
    "--bankroll",
    metavar="TON",
    callback=ton_amount,
    help="Simulate paths of a bankroll of so many TON instead of counts.",
)
@click.option("--paths", type=click.IntRange(1), help=f"How many paths of the bankroll.  [default: {PATHS}]")
@json_option
@plot_option
def simulate(
    case: str,
    openings: int,
    seed: int | None,
    bankroll: int | None,
    paths: int | None,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Simulate openings of CASE: the name of a case, or a case file (.toml, .json) with no database at all.

    Without --bankroll it draws how often each row comes up: a billion openings cost as much as a hundred. With it,
    every single opening is drawn, and each path tells how low the bankroll fell and when it was ruined.
    """
    if paths is not None and bankroll is None:
        raise click.UsageError("--paths is for paths of a bankroll: give --bankroll as well.")
    container, priced = gathered_one(case)
    if plot:
        container.plots()  # what is missing for the picture is better said before a long simulation than after
    seed = secrets.randbelow(10**9) if seed is None else seed
    dice = container.dice(seed)
    setup = Setup(priced, openings, seed, type(dice).__name__)
    if bankroll is None:
        _simulate_counts(container, setup, dice, as_json, plot)
    else:
        simulate_paths(container, setup, dice, bankroll, paths or PATHS, as_json, plot)


def _simulate_counts(container: Container, setup: Setup, dice: Binomials, as_json: bool, plot: Path | None) -> None:
    table = setup.priced.table
    counts = simulate_counts(table, setup.openings, dice)
    if as_json:
        echo_json(_words(setup, counts))
    else:
        click.echo(_text(setup, counts))
    if plot:
        fees = [simulate_counts(table, setup.openings, dice).fee for _ in range(REPETITIONS)]
        names = labels(setup.priced.packs)
        draw(plot, lambda path: container.plots().results(path, setup.title, names, table, counts, fees))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row's count beside what was expected of it; ``away`` in standard deviations, None where there is none."""

    expected: float
    count: int
    away: float | None


def _drawn(setup: Setup, counts: Counts) -> list[Drawn]:
    return [
        _row(setup.openings, width, count)
        for width, count in zip(setup.priced.table.widths, counts.counts, strict=True)
    ]


def _row(openings: int, width: int, count: int) -> Drawn:
    expected, deviation = openings * width / GRID, sqrt(openings * width * (GRID - width)) / GRID
    return Drawn(expected, count, (count - expected) / deviation if deviation else None)


def _fee_away(setup: Setup, counts: Counts) -> float | None:
    """How far the fee drawn is from the one measured, in standard deviations."""
    table, risk = setup.priced.table, setup.priced.risk
    deviation = risk.standard_deviation / ton(table.price_nano) / sqrt(setup.openings) * 100
    return (counts.fee - setup.priced.current_fee) / deviation if deviation else None


def _words(setup: Setup, counts: Counts) -> dict[str, object]:
    rows = zip(setup.priced.packs, setup.priced.case.odds.rows, _drawn(setup, counts), strict=True)
    return setup.words() | {
        "rows": [
            {
                "pack": pack.pack_name,
                "collection": pack.collection_name,
                "floor_nano": pack.floor_nano,
                "chance": row.chance,
                "tickets": row.tickets,
                "expected": drawn.expected,
                "drawn": drawn.count,
                "deviations": drawn.away,
            }
            for pack, row, drawn in rows
        ],
        "revenue_nano": counts.revenue_nano,
        "payout_nano": counts.payout_nano,
        "profit_nano": counts.profit_nano,
        "fee_measured": setup.priced.current_fee,
        "fee_drawn": counts.fee,
        "fee_deviations": _fee_away(setup, counts),
    }


def _text(setup: Setup, counts: Counts) -> str:
    headings = ("pack", "collection", "floor TON", "chance %", "expected", "drawn", "off by")
    priced = setup.priced
    rows = [
        (
            *pack_words(pack),
            tons(pack.floor_nano),
            f"{row.chance * 100:.6g}",
            f"{drawn.expected:,.1f}",
            f"{drawn.count:,}",
            _sigmas(drawn.away),
        )
        for pack, row, drawn in zip(priced.packs, priced.case.odds.rows, _drawn(setup, counts), strict=True)
    ]
    figures = [
        ("revenue", f"{rounded_tons(counts.revenue_nano)} TON"),
        ("payout", f"{rounded_tons(counts.payout_nano)} TON"),
        ("kept", f"{rounded_tons(counts.profit_nano)} TON"),
        (
            "fee",
            f"{counts.fee:.6g} % drawn, {priced.current_fee:.6g} % measured, {_sigmas(_fee_away(setup, counts))}",
        ),
    ]
    return f"{setup.title}\n\n{table(headings, rows, left=(0, 1))}\n\n{pairs(figures)}"


def _sigmas(away: float | None) -> str:
    return "0" if away is None else f"{away:+.2f} σ"

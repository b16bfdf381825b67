"""`risk`: what a case can cost the house, computed and not sampled."""

from __future__ import annotations

from math import isfinite

import click

from stickercase.domain.cases.risk import Risk, Verdict
from stickercase.entrypoints.cli.bankrolls import FAR_FROM_TIGHT
from stickercase.entrypoints.cli.case_files import PricedCase
from stickercase.entrypoints.cli.cases import gathered_one
from stickercase.entrypoints.cli.shared import echo_json, json_option
from stickercase.entrypoints.cli.tables import pairs, price_words


def part_of_one(_: click.Context, __: click.Parameter, probability: float) -> float:
    """A probability that a bankroll can be planned for."""
    if not 0 < probability <= 1:  # NaN fails every comparison
        raise click.BadParameter(f"a probability lies above 0 and is at most 1, and {probability:g} does not.")
    return probability


@click.command()
@click.argument("case")
@click.option(
    "--probability",
    type=float,
    callback=part_of_one,
    default=0.01,
    show_default=True,
    help="The probability of ruin to plan the bankroll for.",
)
@json_option
def risk(case: str, probability: float, as_json: bool) -> None:
    """Show the risk of CASE: the name of a case, or a case file (.toml, .json) with no database at all."""
    _, priced = gathered_one(case)
    if as_json:
        echo_json(_words(priced, priced.risk, probability))
    else:
        click.echo(f"{price_words(priced.case)}\n\n{pairs(_lines(priced.risk, probability))}")


def _words(priced: PricedCase, risk: Risk, probability: float) -> dict[str, object]:
    bankroll = risk.bankroll_for(probability)
    finite = isfinite(bankroll)
    return {
        "case": priced.case.name,
        "price_nano": priced.case.price_nano,
        "table_id": priced.case.odds.table_id,
        "return_to_player": risk.return_to_player,
        "hit_rate": risk.hit_rate,
        "standard_deviation": risk.standard_deviation,
        "largest_liability": risk.largest_liability,
        "lundberg_exponent": risk.lundberg_exponent,
        "verdict": risk.verdict.value,
        "probability": probability,
        "bankroll": bankroll if finite else None,
        "ruin_probability_at_least": risk.ruin_probability_at_least(bankroll) if finite else None,
    }


def _lines(risk: Risk, probability: float) -> list[tuple[str, str]]:
    exponent = "none" if risk.lundberg_exponent is None else f"{risk.lundberg_exponent:.5g} per TON"
    return [
        ("return to player", f"{risk.return_to_player:.6%} of the price"),
        ("hit rate", f"{risk.hit_rate:.6%} of openings drop at least the price"),
        ("standard deviation", f"{risk.standard_deviation:,.2f} TON an opening"),
        ("largest liability", f"{risk.largest_liability:,.9g} TON, the dearest floor less the price"),
        ("Lundberg exponent", exponent),
        ("verdict", risk.verdict.value),
        *_bankroll(risk, probability),
    ]


def _bankroll(risk: Risk, probability: float) -> list[tuple[str, str]]:
    name, bankroll = f"bankroll for {probability * 100:g} %", risk.bankroll_for(probability)
    if risk.verdict is Verdict.IMPOSSIBLE:
        return [(name, "0 TON: no opening loses")]
    if risk.verdict is Verdict.CERTAIN:
        return [(name, "none is enough: the case pays its price or more on average")]
    at_least = risk.ruin_probability_at_least(bankroll)
    return [
        (name, f"{bankroll:,.0f} TON, by Lundberg's bound"),
        ("", f"{FAR_FROM_TIGHT}: with it, the truth is at least {at_least:.3%}."),
    ]

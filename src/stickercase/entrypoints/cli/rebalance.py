"""`rebalance --dry-run`: what a rebalance would change and why, changing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from stickercase.domain.cases.odds import OddsTable
from stickercase.domain.cases.policies import Policy
from stickercase.domain.cases.rebalancing import POLICIES, Rebalanced, rebalance
from stickercase.entrypoints.cli.case_files import BadInput, PricedCase
from stickercase.entrypoints.cli.cases import gathered
from stickercase.entrypoints.cli.shared import draw, echo_json, json_option, labels, plot_option
from stickercase.entrypoints.cli.tables import pack_words, price_words, table, tons

MOST_PICTURED = 12


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case and what a rebalance would make of it."""

    priced: PricedCase
    result: Rebalanced

    @property
    def name(self) -> str:
        """The case's name."""
        return self.priced.case.name

    @property
    def before(self) -> OddsTable:
        """The odds table as it is."""
        return self.priced.case.odds

    @property
    def after(self) -> OddsTable:
        """The odds table as it would be."""
        return self.result.table or self.before


@click.command("rebalance")
@click.argument("cases", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
@click.option("--policy", type=click.Choice(sorted(POLICIES)), default="tiered", show_default=True)
@click.option(
    "-v", "--verbose", is_flag=True, help="The chances of each case before and after, not of a single one only."
)
@json_option
@plot_option
def rebalance_cases(
    cases: tuple[str, ...], dry_run: bool, policy: str, verbose: bool, as_json: bool, plot: Path | None
) -> None:
    """Show what a rebalance of CASES would change and why.

    Each is the name of a case, or a case file (.toml, .json) with no database at all; without any, all cases on sale.
    """
    if not dry_run:
        raise BadInput(
            "`rebalance` publishes nothing: give --dry-run. What publishes is a sync: `stickercase prices sync`."
        )
    container, gathered_cases = gathered(cases)
    proposals = [Proposal(priced, _rebalanced(priced, POLICIES[policy])) for priced in gathered_cases]
    if plot:
        _check_pictured(proposals)
        container.plots()  # what is missing for the picture is better said before the table than after
    if as_json:
        echo_json({"dry_run": True, "policy": policy, "cases": [_words(proposal) for proposal in proposals]})
    else:
        click.echo(_text(proposals, policy, verbose or len(proposals) == 1))
    if plot:
        pictured = [(each.name, labels(each.priced.packs), each.before, each.after) for each in proposals]
        draw(plot, lambda path: container.plots().chances(path, f"Chances before and after, policy {policy}", pictured))


def _rebalanced(priced: PricedCase, policy: Policy) -> Rebalanced:
    case = priced.case
    return rebalance(case.price_nano, case.base_fee, case.odds, priced.floors_nano, policy)


def _check_pictured(proposals: Sequence[Proposal]) -> None:
    if not 1 <= len(proposals) <= MOST_PICTURED:
        raise BadInput(
            f"A picture has room for 1 to {MOST_PICTURED} cases, not {len(proposals)}: name those that matter."
        )


def _words(proposal: Proposal) -> dict[str, object]:
    case, result = proposal.priced.case, proposal.result
    return {
        "case": case.name,
        "action": result.action.value,
        "reason": result.reason,
        "base_fee": case.base_fee,
        "price_before_nano": case.price_nano,
        "price_after_nano": result.price_nano,
        "fee_before": proposal.priced.current_fee,
        "fee_after": result.fee,
        "feasible_fees": result.feasible_fees,
        "table_id_before": proposal.before.table_id,
        "table_id_after": proposal.after.table_id,
        "rows": [
            {
                "pack": pack.pack_name,
                "collection": pack.collection_name,
                "floor_nano": pack.floor_nano,
                "chance_before": before.chance,
                "chance_after": now.chance,
                "tickets_before": before.tickets,
                "tickets_after": now.tickets,
            }
            for pack, before, now in zip(proposal.priced.packs, proposal.before.rows, proposal.after.rows, strict=True)
        ],
    }


def _text(proposals: Sequence[Proposal], policy: str, with_rows: bool) -> str:
    headings = ("case", "action", "price TON", "after", "fee %", "after", "why")
    lines = [_line(proposal) for proposal in proposals]
    parts = [
        f"dry run of the policy {policy}: nothing is changed",
        table(headings, lines, left=(0, 1, 6)) if lines else "no case is on sale",
    ]
    return "\n\n".join([*parts, *(_rows(proposal) for proposal in proposals if with_rows)])


def _line(proposal: Proposal) -> tuple[str, ...]:
    case, result = proposal.priced.case, proposal.result
    fee_after = "—" if result.fee is None else f"{result.fee:.6g}"
    fees = f"{proposal.priced.current_fee:.6g}", fee_after
    return proposal.name, result.action.value, tons(case.price_nano), tons(result.price_nano), *fees, result.reason


def _rows(proposal: Proposal) -> str:
    case = proposal.priced.case
    headings = ("pack", "collection", "floor TON", "chance %", "after", "change")
    rows = [
        (
            *pack_words(pack),
            tons(pack.floor_nano),
            f"{before.chance * 100:.6g}",
            f"{now.chance * 100:.6g}",
            f"{(now.chance - before.chance) * 100:+.6f}" if now.chance != before.chance else "",
        )
        for pack, before, now in zip(proposal.priced.packs, proposal.before.rows, proposal.after.rows, strict=True)
    ]
    return f"{price_words(case)}, promised fee {case.base_fee:g} %\n{table(headings, rows, left=(0, 1))}"

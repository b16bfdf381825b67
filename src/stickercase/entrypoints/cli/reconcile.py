"""`reconcile`: the house held against itself and against what its vendors say, now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
import msgspec

from stickercase.domain.use_cases.reconcile import SPAN
from stickercase.domain.use_cases.reports import FiledReport, Progress, Report, Verdict
from stickercase.entrypoints.cli.acting import acting
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.cli.tables import table
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.http.operators_of_reports import report_wire

STATUS = {Verdict.WELL: 0, Verdict.FINDINGS: 1, Verdict.UNCHECKED: 2}
SAID = {
    Verdict.WELL: "all is well",
    Verdict.FINDINGS: "NOT all is well",
    Verdict.UNCHECKED: "nothing was found, and NOT everything could be checked",
}
BAR = 30


@click.command("reconcile")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=SPAN.days,
    show_default=True,
    help="How far back vendors are asked about invoices and deliveries.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def reconcile_house(days: int, as_json: bool) -> None:
    """Hold the house against itself, TonConsole, Giftly and the chain, and file the report.

    Exit status 1 when something does not fit, 2 when nothing was found and not everything could be checked.
    """
    container = make_container(settings_of_running(default_env="development"))
    with _progress() as progress:
        filed: FiledReport = container.reconcile(acting().name, timedelta(days=days), progress)
    if as_json:
        click.echo(msgspec.json.encode(report_wire(filed)).decode())
    else:
        _show(filed.id, filed.report)
    raise click.exceptions.Exit(STATUS[filed.report.verdict])


def _show(number: int, report: Report) -> None:
    rows = [(one.name, f"{one.checked:,}", f"{one.finding_count:,}", one.verdict.value) for one in report.sections]
    click.echo(table(("section", "checked", "findings", "verdict"), rows, left=(0, 3)))
    for section in report.sections:
        for finding in section.findings:
            click.echo(f"FINDING  {section.name}: {finding}")
        if section.finding_count > len(section.findings):
            click.echo(f"FINDING  {section.name}: and {section.finding_count - len(section.findings):,} more")
        if section.unchecked:
            click.echo(f"UNCHECKED  {section.name}: {section.unchecked}")
    click.echo(f"report {number}: {SAID[report.verdict]}")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on the terminal, beside what is printed; nothing where there is none."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return

    def tell(name: str, done: int, total: int) -> None:
        filled = BAR * done // total
        click.echo(f"\r{name:<12}[{'#' * filled}{'-' * (BAR - filled)}] {done:,} of {total:,}", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo(f"\r{'':<70}\r", nl=False, err=True)

"""`audit` and `verify`: what anyone may check for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import click
import msgspec

from stickercase.domain.ledger.laws import LAWS, LawReport, all_held
from stickercase.domain.wallet.reconciliation import Reconciliation
from stickercase.entrypoints.cli.public_record import all_checks, draw_record, read_record
from stickercase.entrypoints.cli.reconciliation import document, reconciled, show
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.container import make_container


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def audit(as_json: bool) -> None:
    """Recompute every law of ledger, stock and draws, and hold the ledger against the hot wallet on the chain.

    Exit status 1 when a law is broken or ledger and chain do not agree, 2 when the chain can't be asked. Without a hot
    wallet in the settings the chain is not asked.
    """
    container = make_container(settings_of_running(default_env="development"))
    reports = container.audits().audit()
    wallet = reconciled(container)
    is_sound = all_held(reports) and not (isinstance(wallet, Reconciliation) and not wallet.is_sound)
    if as_json:
        laws = [{"law": r.law, "checked": r.checked, "breaches": r.breaches} for r in reports]
        is_whole = is_sound and not isinstance(wallet, str)
        click.echo(msgspec.json.encode({"ok": is_whole, "laws": laws, "wallet": document(wallet)}).decode())
    else:
        _show_laws(reports)
        if isinstance(wallet, Reconciliation):
            show(wallet)
    if isinstance(wallet, str):
        click.echo(f"stickercase: {wallet}", err=True)
    if not is_sound or isinstance(wallet, str):
        raise click.exceptions.Exit(2 if is_sound else 1)


def _show_laws(reports: Sequence[LawReport]) -> None:
    for report in reports:
        verdict = "held" if report.breaches == 0 else "BROKEN"
        counts = f"{report.checked:>10} checked{report.breaches:>8} broken"
        click.echo(f"{verdict:<7}{report.law:<24}{counts}  {LAWS[report.law]}")
    click.echo("every law held" if all_held(reports) else "NOT every law held")


@click.command()
@click.argument("record", type=click.File("r", encoding="utf-8"), default="-")
def verify(record: TextIO) -> None:
    """Replay a draw offline from its public record (a file, or standard input).

    RECORD is the JSON of GET /api/draws/{draw_id}. Needs no database and no network. Exit status 0: the draw is what
    its seeds make it; 1: it is not, or the record is damaged; 2: its server seed has not been revealed yet.
    """
    try:
        public = read_record(record.read())
        drawn = draw_record(public)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        click.echo(f"NOT FAIR: this is no public record of a draw ({error})")
        raise click.exceptions.Exit(1) from None
    if drawn.server_seed is None:
        click.echo("cannot be checked yet: the player has not rotated the server seed, so it is still secret", err=True)
        raise click.exceptions.Exit(2)
    checks = all_checks(public, drawn)
    for check in checks:
        click.echo(f"{'ok ' if check.held else 'BAD'}  {check.step}: {check.found}")
        if not check.held:
            click.echo(f"     the record says {check.expected}")
    fair = all(check.held for check in checks)
    click.echo("FAIR: the draw is exactly what its seeds make it" if fair else "NOT FAIR: the record does not replay")
    raise click.exceptions.Exit(0 if fair else 1)

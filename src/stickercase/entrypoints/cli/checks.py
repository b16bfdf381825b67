"""`audit` and `verify`: what anyone may check for themselves."""

from __future__ import annotations

from typing import TextIO

import click
import msgspec

from stickercase.domain.ledger.laws import LAWS, all_held
from stickercase.entrypoints.cli.public_record import all_checks, draw_record, read_record
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.container import make_container


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def audit(as_json: bool) -> None:
    """Recompute every law of ledger, stock and draws; exit status 1 when one is broken."""
    reports = make_container(settings_of_running(default_env="development")).audits().audit()
    if as_json:
        laws = [{"law": r.law, "checked": r.checked, "breaches": r.breaches} for r in reports]
        click.echo(msgspec.json.encode({"ok": all_held(reports), "laws": laws}).decode())
    else:
        for report in reports:
            verdict = "held" if report.breaches == 0 else "BROKEN"
            counts = f"{report.checked:>10} checked{report.breaches:>8} broken"
            click.echo(f"{verdict:<7}{report.law:<24}{counts}  {LAWS[report.law]}")
        click.echo("every law held" if all_held(reports) else "NOT every law held")
    if not all_held(reports):
        raise click.exceptions.Exit(1)


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

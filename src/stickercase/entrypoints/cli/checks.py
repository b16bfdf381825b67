"""`audit` and `verify`: what anyone may check for themselves."""

from __future__ import annotations

from typing import Any, TextIO

import click
import msgspec

from stickercase.domain.fairness import GRID, Check, DrawRecord, replay
from stickercase.domain.ledger.laws import LAWS, all_held
from stickercase.entrypoints.app import make_container
from stickercase.entrypoints.cli.running import settings_of_running


class TicketsRecord(msgspec.Struct):
    """A row of a table in a public record."""

    pack_id: int
    tickets: int


class PublicRecord(msgspec.Struct):
    """A draw as GET /api/draws/{draw_id} shows it."""

    draw_id: str
    game: str
    server_seed_hash: str
    server_seed: str | None
    client_seed: str
    nonce: int
    table_id: str
    table: list[TicketsRecord]
    roll: int
    row: int
    pack_id: int


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
        text = record.read()
        public = _public_record(text)
        drawn = _draw_record(public)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        click.echo(f"NOT FAIR: this is no public record of a draw ({error})")
        raise click.exceptions.Exit(1) from None
    if drawn.server_seed is None:
        click.echo("cannot be checked yet: the player has not rotated the server seed, so it is still secret", err=True)
        raise click.exceptions.Exit(2)
    checks = [*replay(drawn), *_naming(public)]
    for check in checks:
        click.echo(f"{'ok ' if check.held else 'BAD'}  {check.step}: {check.found}")
        if not check.held:
            click.echo(f"     the record says {check.expected}")
    fair = all(check.held for check in checks)
    click.echo("FAIR: the draw is exactly what its seeds make it" if fair else "NOT FAIR: the record does not replay")
    raise click.exceptions.Exit(0 if fair else 1)


def _public_record(text: str) -> PublicRecord:
    document: Any = msgspec.json.decode(text)
    inner = document.get("draw", document) if isinstance(document, dict) else document
    return msgspec.convert(inner, PublicRecord)


def _draw_record(public: PublicRecord) -> DrawRecord:
    if not public.table or any(not 0 <= row.tickets <= GRID for row in public.table):
        raise ValueError("a table has rows of 0 to 2^53 tickets")
    seed = None if public.server_seed is None else bytes.fromhex(public.server_seed)
    if seed is not None and seed.hex() != public.server_seed:
        raise ValueError("a server seed is written in small hexadecimal digits alone")
    return DrawRecord(
        game=public.game,
        server_seed_hash=public.server_seed_hash,
        server_seed=seed,
        client_seed=public.client_seed,
        nonce=public.nonce,
        table_id=public.table_id,
        table=tuple((str(row.pack_id), row.tickets) for row in public.table),
        roll=public.roll,
        row=public.row,
    )


def _naming(public: PublicRecord) -> list[Check]:
    """What the record says of itself beside the draw: its name, and the pack on the row."""
    name = f"{public.server_seed_hash}-{public.nonce}"
    packs = [row.pack_id for row in public.table]
    pack_id = packs[public.row - 1] if 1 <= public.row <= len(packs) else 0
    return [
        Check("draw id", public.draw_id == name, public.draw_id, name),
        Check("pack", public.pack_id == pack_id, str(public.pack_id), str(pack_id)),
    ]

"""`log`: what operators did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import click

from stickercase.entrypoints.cli.acting import working_container
from stickercase.entrypoints.cli.shared import echo_json, json_option
from stickercase.entrypoints.cli.tables import plain
from stickercase.ports.reading import LogLine, LogWish

SPAN = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def since_option(_: click.Context, __: click.Parameter, text: str | None) -> datetime | timedelta | None:
    """A moment (ISO 8601, in UTC unless it says otherwise), or a span before now such as `2h`."""
    if text is None:
        return None
    if span := SPAN.fullmatch(text):
        return timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("a moment such as 2026-05-04T10:00, or a span such as 30m, 2h or 7d.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command("log")
@click.option("--subject", help="Lines about this alone, as `pack:4`, `case:1`, `player:7`.")
@click.option("--who", help="Lines of this one alone, as `service:bot`.")
@click.option("--since", callback=since_option, help="Not older than a moment, or than so long: `2h`.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
@json_option
def log(subject: str | None, who: str | None, since: datetime | timedelta | None, limit: int, as_json: bool) -> None:
    """Show what operators did, newest first."""
    container = working_container()
    try:
        begin = container.clock().now() - since if isinstance(since, timedelta) else since
    except OverflowError:
        raise click.BadParameter("that was before the year 1.", param_hint="--since") from None
    total, lines = container.office().log(LogWish(subject, who, begin), limit, None)
    if as_json:
        echo_json([_words(line) for line in lines])
        return
    for line in lines:
        words = f"{line.who}  {line.action}  {line.subject}  {_changes(line)}"
        click.echo(f"{line.at:%Y-%m-%dT%H:%M:%SZ}  {plain(words)}")
    click.echo(f"{len(lines):,} of {total:,} lines")


def _changes(line: LogLine) -> str:
    before: Mapping[str, object] = line.before or {}
    told = [
        f"{name} {before[name]} → {value}" if name in before else f"{name} {value}"
        for name, value in line.after.items()
        if before.get(name, line) != value
    ]
    return ", ".join(told)


def _words(line: LogLine) -> dict[str, object]:
    return {
        "id": line.id,
        "at": line.at.isoformat(),
        "who": line.who,
        "action": line.action,
        "subject": line.subject,
        "before": None if line.before is None else dict(line.before),
        "after": dict(line.after),
    }

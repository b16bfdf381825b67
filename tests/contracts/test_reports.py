"""Reports of reconciliations are filed once, read as they were, and forgotten when they are old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stickercase.domain.use_cases.reports import FiledReport, Report, Section
from support.clock import NOON
from support.transactions import Interrupted, interrupted
from support.worlds import World

REPORT = Report(
    "service:tests",
    NOON,
    NOON + timedelta(minutes=3),
    [Section("ledger", 9), Section("invoices", 3, 2, ("a", "ünl\N{SNOWMAN}ke"), "TonConsole is away")],
)


def file(world: World, report: Report = REPORT) -> FiledReport:
    with world.transactions() as tx:
        return FiledReport(tx.reports.file(report), report)


def test_reports_are_read_as_they_were_filed_and_newest_first(world: World) -> None:
    assert world.office.reports(5, None) == (0, [])
    filed = [file(world, replace(REPORT, started_by=f"service:{name}")) for name in "abc"]
    assert world.office.reports(5, None) == (3, filed[::-1])
    assert world.office.reports(1, filed[2].id) == (3, [filed[1]])
    assert world.office.reports(5, filed[0].id) == (3, [])


def test_what_is_rolled_back_was_never_filed(world: World) -> None:
    kept = file(world)

    def replaced() -> None:
        with interrupted(world.transactions)() as tx:
            tx.reports.forget(NOON + timedelta(days=1), 9)
            tx.reports.file(REPORT)

    with pytest.raises(Interrupted):
        replaced()
    assert world.office.reports(5, None) == (1, [kept])


def test_old_reports_are_forgotten_oldest_first(world: World) -> None:
    days = [replace(REPORT, finished_at=NOON + timedelta(days=day)) for day in range(4)]
    filed = [file(world, report) for report in days]
    with world.transactions() as tx:
        assert tx.reports.forget(NOON + timedelta(days=3), 2) == 2
    assert world.office.reports(5, None) == (2, [filed[3], filed[2]])
    with world.transactions() as tx:
        assert tx.reports.forget(NOON + timedelta(days=3), 2) == 1
        assert tx.reports.forget(NOON + timedelta(days=3), 2) == 0
    assert world.office.reports(5, None) == (1, [filed[3]])

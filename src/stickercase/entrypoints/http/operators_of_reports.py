"""What operators see of reconciliations."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get

from stickercase.domain.use_cases.reports import FiledReport
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.provided import FromOffice


class SectionWire(msgspec.Struct):
    """A part of a report. `checked` things were held against each other, `finding_count` did not fit.

    `findings` are sentences, at most a hundred. `unchecked` says why not everything could be looked at; it is empty
    when all was. `verdict` is `well`, `findings` or `unchecked`.
    """

    name: str
    verdict: str
    checked: int
    finding_count: int
    findings: list[str]
    unchecked: str


class ReportWire(msgspec.Struct):
    """What one reconciliation found; `verdict` is what its sections come to."""

    id: int
    started_by: str
    started_at: datetime
    finished_at: datetime
    verdict: str
    sections: list[SectionWire]


class ReportsWire(msgspec.Struct):
    """A page of reports, newest first; ``report_count`` counts all that are remembered."""

    status: str
    report_count: int
    reports: list[ReportWire]
    next_cursor: str | None


@get("/reconciliations", sync_to_thread=True, summary="Reconciliations")
def get_reconciliations(office: FromOffice, limit: PageSize = None, cursor: str | None = None) -> ReportsWire:
    """Reports of reconciliations, newest first: the house held against itself and against what its vendors say."""
    size = page_size(limit)
    total, filed = office.reports(size, before(cursor))
    following = after([one.id for one in filed], size)
    return ReportsWire("success", total, [report_wire(one) for one in filed], following)


def report_wire(filed: FiledReport) -> ReportWire:
    """A report as it is shown."""
    report = filed.report
    return ReportWire(
        id=filed.id,
        started_by=report.started_by,
        started_at=report.started_at,
        finished_at=report.finished_at,
        verdict=report.verdict.value,
        sections=[msgspec.convert(section, SectionWire, from_attributes=True) for section in report.sections],
    )


HANDLERS = (get_reconciliations,)

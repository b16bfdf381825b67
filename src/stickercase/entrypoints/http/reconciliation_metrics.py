"""The figures of the newest reconciliation: what was looked at, what did not fit, how long ago that was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from stickercase.domain.use_cases.reports import Section
from stickercase.ports.reading import Office


def of_reconciliations(office: Office, now: datetime) -> Iterator[Metric]:
    """The families as they are now, empty before the first report. Raises ``StoreUnavailable`` before the first."""
    _, newest = office.reports(1, None)
    sections: Sequence[Section] = newest[0].report.sections if newest else ()

    def of_sections(name: str, meaning: str, value: Callable[[Section], float]) -> Metric:
        family = GaugeMetricFamily(f"stickercase_reconciliation_{name}", meaning, labels=["section"])
        for section in sections:
            family.add_metric([section.name], value(section))
        return family

    yield of_sections("checked", "What was held against each other.", lambda section: section.checked)
    yield of_sections("findings", "What did not fit: a person should look.", lambda section: section.finding_count)
    yield of_sections(
        "unchecked", "1 if not everything could be looked at.", lambda section: float(bool(section.unchecked))
    )
    since = GaugeMetricFamily("stickercase_reconciliation_since_seconds", "How long ago the newest report was filed.")
    for filed in newest:
        since.add_metric([], (now - filed.report.finished_at).total_seconds())
    yield since

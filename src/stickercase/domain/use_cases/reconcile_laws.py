"""Reconcile the house with itself: every law, in the sections ledger, stock and draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from stickercase.domain.ledger.laws import LAWS, LawReport
from stickercase.domain.use_cases.reports import Section, section_of

if TYPE_CHECKING:
    from stickercase.ports.audits import Audits

SECTIONS = LEDGER, STOCK, DRAWS = "ledger", "stock", "draws"
"""The names of the sections."""
ABOUT = {
    STOCK: frozenset({"stock_counted", "units_placed", "items_accounted", "deliveries_kept"}),
    DRAWS: frozenset({"nonces_gapless", "draws_replay", "tables_sound", "upgrades_staked"}),
}
"""The laws that are not about money, by section."""


def reconcile_laws(audits: Audits) -> list[Section]:
    """One section each for money, stock and draws. Raises ``StoreUnavailable``."""
    reports = {report.law: report for report in audits.audit()}
    return [_section(name, [law for law in LAWS if section_of_law(law) == name], reports) for name in SECTIONS]


def section_of_law(law: str) -> str:
    """The section that a law is reported in."""
    return next((name for name, laws in ABOUT.items() if law in laws), LEDGER)


def _section(name: str, laws: Sequence[str], reports: Mapping[str, LawReport]) -> Section:
    checked = sum(reports[law].checked for law in laws if law in reports)
    return section_of(name, checked, _findings(laws, reports))


def _findings(laws: Sequence[str], reports: Mapping[str, LawReport]) -> Iterator[str]:
    for law in laws:
        report = reports.get(law)
        if report is None:
            yield f"{law} was not looked at"
        elif report.breaches:
            yield f"{law} is broken {report.breaches} times in {report.checked}: {LAWS[law]}"

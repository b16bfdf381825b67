"""A report: what one reconciliation found, section by section. In words: docs/reconciliation.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

RECONCILE = "reconcile"
"""The kind of the task, and the name of its schedule."""

MOST_TOLD = 100
"""So many findings of a section are kept in words. All are counted."""

Progress = Callable[[str, int, int], object]
"""Hears how far a section is: its name, how many things have been asked about, and of how many."""


class Verdict(StrEnum):
    """What a report comes to. ``UNCHECKED``: nothing was found, and not everything could be looked at."""

    WELL = "well"
    FINDINGS = "findings"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: ``checked`` things were held against each other, ``finding_count`` did not fit.

    ``findings`` are sentences for a person, :data:`MOST_TOLD` at most. ``unchecked`` says why not everything could be
    looked at; it is empty when all was.
    """

    name: str
    checked: int
    finding_count: int = 0
    findings: Sequence[str] = ()
    unchecked: str = ""

    @property
    def verdict(self) -> Verdict:
        """What the section comes to."""
        if self.finding_count:
            return Verdict.FINDINGS
        return Verdict.UNCHECKED if self.unchecked else Verdict.WELL

    @property
    def told(self) -> str:
        """Why a person should look, in one line."""
        counted = f"{self.finding_count} findings" if self.finding_count != 1 else "1 finding"
        first = f": {self.findings[0]}" if self.findings else ""
        unchecked = f"not all was checked: {self.unchecked}" if self.unchecked else ""
        parts = [f"{counted}{first}" if self.finding_count else "", unchecked]
        return f"{self.name}: {'; '.join(filter(None, parts))}"


@dataclass(frozen=True, slots=True)
class Report:
    """What one reconciliation found. ``started_by`` is a caller's name, or says that the schedule did."""

    started_by: str
    started_at: datetime
    finished_at: datetime
    sections: Sequence[Section]

    @property
    def verdict(self) -> Verdict:
        """What all sections come to: a finding outweighs what could not be checked."""
        verdicts = {section.verdict for section in self.sections}
        return next((one for one in (Verdict.FINDINGS, Verdict.UNCHECKED) if one in verdicts), Verdict.WELL)

    @property
    def told(self) -> str:
        """One line for whoever watches over periodic work."""
        unwell = [section.told for section in self.sections if section.verdict is not Verdict.WELL]
        return " | ".join(unwell) or "all is well"


@dataclass(frozen=True, slots=True)
class FiledReport:
    """A report with the number that it is kept under; later ones have greater numbers."""

    id: int
    report: Report


def section_of(name: str, checked: int, findings: Iterable[str], unchecked: str = "") -> Section:
    """A section with these findings, of which the first are kept in words."""
    every = iter(findings)
    told = tuple(islice(every, MOST_TOLD))
    return Section(name, checked, len(told) + sum(1 for _ in every), told, unchecked)

"""A run of the price sync and what is remembered of it: what each source said, what became of each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SYNC = "sync_prices"
"""The kind of its tasks, and the name of its schedule. The id of the task is the id of the run."""

BY_SCHEDULE = "schedule"
"""Who starts a run that no operator asked for."""

MOST_TEXTS, MOST_LETTERS = 20, 200
"""So many texts of one sort are kept of a source, each of so many letters at most."""


class CaseOutcome(StrEnum):
    """What a run did to a case. ``REACTIVATED``: the rebalancer had taken it off sale and could put it back."""

    KEPT = "kept"
    REPUBLISHED = "republished"
    REPRICED = "repriced"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    SKIPPED = "skipped"


QUIET = frozenset({CaseOutcome.KEPT, CaseOutcome.SKIPPED})
"""The outcomes that change nothing."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What a contributor's source said: how many readings, and how many packs or names fared in which way.

    ``alarm`` says why the whole feed was not believed, ``failed`` why there was none; else both are empty. ``texts``
    are sentences for operators, :data:`MOST_TEXTS` of each sort at most.
    """

    contributor: str
    read: int = 0
    changed: int = 0
    quarantined: int = 0
    skipped: int = 0
    unknown: int = 0
    alarm: str = ""
    failed: str = ""
    texts: Sequence[str] = ()

    @property
    def is_well(self) -> bool:
        """Whether the source was heard."""
        return not (self.alarm or self.failed)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """What became of a case and why. Prices in nanotons, fees in percent, None where one cannot be measured."""

    case_id: int
    case_name: str
    outcome: CaseOutcome
    why: str
    price_before_nano: int
    price_after_nano: int
    fee_before: float | None
    fee_after: float | None
    odds_before: int
    odds_after: int


@dataclass(frozen=True, slots=True)
class SyncHead:
    """A run as it began: ``started_by`` is :data:`BY_SCHEDULE` or a caller's name."""

    id: int
    started_by: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """A run with its sources, and how many cases had each outcome.

    ``finished_at`` is None while it goes on, and for ever when it was given up; then only what changed is counted.
    """

    head: SyncHead
    sources: Sequence[SourceLine]
    counts: Mapping[CaseOutcome, int]
    finished_at: datetime | None

    @property
    def is_well(self) -> bool:
        """Whether every source was heard."""
        return all(source.is_well for source in self.sources)


@dataclass(frozen=True, slots=True)
class PriceSync:
    """A run as it is remembered, its cases in ascending id."""

    summary: SyncSummary
    cases: Sequence[CaseLine]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of a case's odds: who or what made it and when.

    ``sync_id`` is the run that published it, and ``fee`` (percent) what the case kept of its price then; both None for
    what a person published, or when the run is no longer remembered.
    """

    odds_id: int
    version: int
    table_id: str
    reason: str
    at: datetime
    sync_id: int | None
    fee: float | None


def said(text: str) -> str:
    """A text of a stranger as it is kept: on one line, readable, not long."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:MOST_LETTERS])

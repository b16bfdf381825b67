"""What the page of metrics says of the newest reconciliation, and what a terminal sees of one that goes on."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from stickercase.domain.use_cases.reports import Report, Section
from stickercase.entrypoints.cli.reconcile import _progress
from stickercase.entrypoints.http.reconciliation_metrics import of_reconciliations
from support.clock import NOON
from support.worlds import World, memory_world


def figures(world: World) -> dict[str, dict[str, float]]:
    """Each family's figure of each section; the age is no section's."""
    families = of_reconciliations(world.office, NOON)
    return {
        family.name.removeprefix("stickercase_reconciliation_"): {
            sample.labels.get("section", ""): sample.value for sample in family.samples
        }
        for family in families
    }


def test_the_newest_report_is_shown() -> None:
    world = memory_world()
    assert figures(world) == {"checked": {}, "findings": {}, "unchecked": {}, "since_seconds": {}}
    old, new = NOON - timedelta(days=1), NOON - timedelta(hours=9)
    sections = [Section("draws", 7), Section("invoices", 5, 2, ("a", "b"), "away")]
    with world.transactions() as tx:
        tx.reports.file(Report("schedule", old, old, [Section("stock", 1)]))
        tx.reports.file(Report("schedule", old, new, sections))
    assert figures(world) == {
        "checked": {"draws": 7, "invoices": 5},
        "findings": {"draws": 0, "invoices": 2},
        "unchecked": {"draws": 0, "invoices": 1},
        "since_seconds": {"": 9 * 3600},
    }


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_bar_goes_to_a_terminal_and_nowhere_else(
    is_terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    with _progress() as progress:
        progress("invoices", 500, 2000)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("invoices    [#######-----------------------] 500 of 2,000" in err) is is_terminal
    assert bool(err) is is_terminal

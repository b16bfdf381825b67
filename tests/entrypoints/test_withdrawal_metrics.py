"""What the page of metrics says of withdrawals that are not over."""

from __future__ import annotations

from datetime import timedelta

from stickercase.entrypoints.http.withdrawal_metrics import of_withdrawals
from stickercase.ports.reading import OpenWithdrawals
from support.clock import NOON
from support.worlds import memory_world


class Lines:
    """A reading in which two withdrawals wait for a person, and one is on its way."""

    def open_withdrawals(self) -> list[OpenWithdrawals]:
        return [
            OpenWithdrawals("awaiting_approval", 2, 350_500_000_000, NOON - timedelta(hours=3)),
            OpenWithdrawals("sent", 1, 5_000_000_000, NOON - timedelta(seconds=20)),
        ]


def figures(lines: object) -> dict[str, dict[str, float]]:
    """Each family's figure of each stage."""
    families = of_withdrawals(lines, NOON)  # type: ignore[arg-type]  # the one method that is asked
    return {
        family.name.removeprefix("stickercase_withdrawals_"): {s.labels["stage"]: s.value for s in family.samples}
        for family in families
    }


def test_each_stage_that_is_not_final_has_its_figures() -> None:
    assert figures(Lines()) == {
        "open": {"awaiting_approval": 2, "held": 0, "sent": 1, "signed": 0},
        "open_ton": {"awaiting_approval": 350.5, "held": 0, "sent": 5, "signed": 0},
        "oldest_open_seconds": {"awaiting_approval": 10_800, "held": 0, "sent": 20, "signed": 0},
    }


def test_an_empty_house_has_zeros() -> None:
    told = figures(memory_world().reading)
    assert {value for family in told.values() for value in family.values()} == {0}
    assert len(told) == 3

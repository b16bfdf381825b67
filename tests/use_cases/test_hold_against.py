"""A vendor is asked about one thing after the other, with rests, not in vain, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from stickercase.domain.ledger.laws import LAWS, LawReport
from stickercase.domain.use_cases.hold_against import IN_VAIN, PATIENCE, hold_against
from stickercase.domain.use_cases.reconcile_laws import reconcile_laws
from stickercase.domain.use_cases.reports import MOST_TOLD, Section, Verdict
from stickercase.ports.failures import TokenRefused, VendorUnavailable
from support.clock import FixedClock


@dataclass
class Asked:
    """Asks about numbers; those in ``away`` are not answered, those in ``wrong`` do not fit."""

    away: set[int] = field(default_factory=set)
    wrong: set[int] = field(default_factory=set)
    clock: FixedClock = field(default_factory=FixedClock)
    rest: Callable[[], object] = lambda: None
    steps: list[str] = field(default_factory=list)
    heard: list[tuple[str, int, int]] = field(default_factory=list)
    failure: type[VendorUnavailable] = VendorUnavailable

    def about(self, count: int) -> Section:
        def mismatch(number: int) -> str | None:
            self.steps.append(f"ask {number}")
            if number in self.away:
                raise self.failure(f"away at {number}")
            return f"{number} is wrong" if number in self.wrong else None

        def rest() -> None:
            self.steps.append("rest")
            self.rest()

        def hear(*told: object) -> None:
            self.heard.append(told)

        return hold_against(self.clock, rest, "numbers", range(count), count, mismatch, hear)


def test_there_is_a_rest_before_every_question() -> None:
    asked = Asked()
    assert asked.about(3) == Section("numbers", 3)
    assert asked.steps == ["rest", "ask 0", "rest", "ask 1", "rest", "ask 2"]
    assert asked.heard == [("numbers", 1, 3), ("numbers", 2, 3), ("numbers", 3, 3)]


def test_a_vendor_that_does_not_answer_in_a_row_is_left_alone() -> None:
    asked = Asked(away={1, 4, 5, 6})
    section = asked.about(100)
    assert len(asked.steps) == 2 * 7
    assert (section.checked, section.unchecked) == (3, "3 of 100 were checked: away at 1")
    assert len(Asked(away=set(range(9))).about(9).unchecked) > 0
    assert IN_VAIN == 3


def test_a_token_that_is_refused_is_not_tried_again() -> None:
    asked = Asked(away=set(range(9)), failure=TokenRefused)
    assert asked.about(9).checked == 0
    assert asked.steps == ["rest", "ask 0"]


def test_it_ends_when_its_time_is_over() -> None:
    asked = Asked()
    asked.rest = lambda: asked.clock.pass_time(seconds=PATIENCE.total_seconds() / 10)
    section = asked.about(100)
    assert section.unchecked == "10 of 100 were checked: the time for it was over"
    assert section.verdict is Verdict.UNCHECKED


def test_all_findings_are_counted_and_the_first_are_told() -> None:
    section = Asked(wrong=set(range(0, 500, 2)), away={1}).about(500)
    assert (section.finding_count, len(section.findings), section.checked) == (250, MOST_TOLD, 499)
    assert section.findings[:2] == ("0 is wrong", "2 is wrong")
    assert section.verdict is Verdict.FINDINGS
    assert section.told.startswith("numbers: 250 findings: 0 is wrong; not all was checked: 499 of 500")


def test_a_law_that_was_left_out_is_a_finding() -> None:
    class HalfAnAudit:
        def audit(self) -> list[LawReport]:
            return [LawReport(law, 10, 0) for law in LAWS if law != "draws_replay"]

    sections = {section.name: section for section in reconcile_laws(HalfAnAudit())}
    assert sum(section.checked for section in sections.values()) == 10 * (len(LAWS) - 1)
    assert sections["draws"].findings == ("draws_replay was not looked at",)
    assert sections["ledger"].verdict is sections["stock"].verdict is Verdict.WELL

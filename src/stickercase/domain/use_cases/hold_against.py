"""Hold many things against what a vendor says of each: one at a time, unhurried, and not for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from stickercase.domain.use_cases.reports import Progress, Section, section_of
from stickercase.ports.failures import TokenRefused, VendorUnavailable

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock

PATIENCE = timedelta(hours=2)
"""So long is a vendor asked for one section. What is newest comes first."""

IN_VAIN = 3
"""After so many failures in a row the vendor is away: each was tried several times already."""

T = TypeVar("T")


def hold_against(
    clock: Clock,
    rest: Callable[[], object],
    name: str,
    things: Iterable[T],
    total: int,
    mismatch: Callable[[T], str | None],
    progress: Progress,
) -> Section:
    """The section ``name`` about ``things``, of which there are ``total``.

    ``mismatch`` asks the vendor about one and says what does not fit; it may raise what vendors' ports raise, which
    ends up in the section and nowhere else. ``rest`` is taken before each question.
    """
    findings: list[str] = []
    checked = skipped = in_a_row = 0
    why, until = "", clock.now() + PATIENCE
    for one in things:
        if clock.now() >= until:
            why = "the time for it was over"
            break
        rest()
        try:
            said = mismatch(one)
        except VendorUnavailable as error:
            why, skipped, in_a_row = why or str(error), skipped + 1, in_a_row + 1
            if in_a_row >= IN_VAIN or isinstance(error, TokenRefused):
                break
            continue
        in_a_row, checked = 0, checked + 1
        findings += [] if said is None else [said]
        progress(name, checked + skipped, max(total, checked + skipped))
    return section_of(name, checked, findings, why and f"{checked} of {max(total, checked)} were checked: {why}")

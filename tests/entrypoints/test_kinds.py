"""The kinds of tasks: how long each is tried."""

from __future__ import annotations

from datetime import timedelta

from stickercase.domain.use_cases.create_invoice import LIFETIME
from stickercase.domain.use_cases.tasks import pause
from stickercase.domain.wallet.invoices import WATCHED_AFTER_EXPIRY
from stickercase.entrypoints.workers.kinds import WATCH_ATTEMPTS


def test_no_outage_ends_the_watch_over_an_invoice() -> None:
    shortest = sum((pause(attempts, 1.0) for attempts in range(1, WATCH_ATTEMPTS)), timedelta())
    assert shortest > LIFETIME + WATCHED_AFTER_EXPIRY

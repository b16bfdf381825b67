"""A vendor that fails or hangs is a 503, and a token that is refused is an error in the log."""

from __future__ import annotations

import asyncio
import json
from threading import Event
from typing import Any

import pytest
from litestar.types import Message
from structlog.testing import capture_logs

from stickercase.entrypoints.http import deposits, errors
from stickercase.entrypoints.http.visits import Visit
from stickercase.ports.failures import AnswerLost, TokenRefused, Unintelligible, VendorUnavailable


async def nobody(_: Message) -> None:
    """Where answers go that nobody reads."""


def a_visit() -> Visit:
    """A request under way."""
    scope: Any = {"method": "GET", "path": "/api/x", "headers": []}
    return Visit(scope, nobody)


@pytest.mark.parametrize("kind", [VendorUnavailable, AnswerLost, TokenRefused, Unintelligible])
def test_a_vendor_s_failure_is_503_and_its_words_stay_in_the_log(kind: type[Exception]) -> None:
    with capture_logs() as logged:
        status, body, headers = errors.failure(kind("TonConsole does not accept STICKERCASE_X"), a_visit())
    assert (status, json.loads(body)["code"], dict(headers)) == (503, "unavailable", {b"retry-after": b"1"})
    assert b"TonConsole" not in body
    [line] = logged
    assert line["log_level"] == ("error" if kind is TokenRefused else "warning")
    assert "STICKERCASE_X" in line["why"]


def test_nobody_waits_for_ever_behind_a_vendor_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deposits, "PATIENCE_SECONDS", 0.2)
    vendor_answers = Event()

    async def crowd() -> None:
        first = [asyncio.create_task(deposits.in_turn(lambda: vendor_answers.wait(20))) for _ in range(4)]
        await asyncio.sleep(0.05)
        late = await asyncio.gather(*[deposits.in_turn(bool) for _ in range(8)], return_exceptions=True)
        assert {type(one) for one in late} == {VendorUnavailable}
        vendor_answers.set()
        assert await asyncio.gather(*first) == [True] * 4
        assert await asyncio.gather(*[deposits.in_turn(bool) for _ in range(8)]) == [False] * 8

    asyncio.run(crowd())

"""A vendor that fails is a 503, and a token that is refused is an error in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from litestar.types import Message
from structlog.testing import capture_logs

from stickercase.entrypoints.http import errors
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

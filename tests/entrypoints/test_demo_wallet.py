"""`wallet`: what it prints is a proof like any other, and only in the demo."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from stickercase.domain.wallet.ownership import Connected, SignedMessage, decide, read_message
from support.command_line import command
from support.ownership import TELEGRAM, situation, verify


@pytest.mark.parametrize("nonce", ["A9cPYa107z5SjmHFwgc01jvcUi34Mg3s", "-9cPYa107z5SjmHFwgc01jvcUi34Mg3s"])
def test_what_it_prints_connects_the_wallet(nonce: str) -> None:
    run = command("wallet", str(TELEGRAM), nonce, env="demo")
    assert run.returncode == 0, run.stderr
    body = json.loads(run.stdout)
    claim = read_message(SignedMessage(body["message"], body["signature"], body["public"]))
    now = datetime.now(UTC)
    decided = decide(situation(nonce, at=now), claim, now, verify)
    assert isinstance(decided.outcome, Connected), decided
    assert decided.outcome.wallet == "v4r2"


def test_it_refuses_elsewhere() -> None:
    run = command("wallet", "5", "A9cPYa107z5SjmHFwgc01jvcUi34Mg3s", env="development")
    assert (run.returncode, run.stdout) == (2, "")
    assert "wallets sign for themselves" in run.stderr

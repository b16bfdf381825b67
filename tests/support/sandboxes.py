"""Sandboxes of outside services for tests, on real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from stickercase.adapters.ton.signatures import SodiumSignatures
from stickercase.domain.wallet.addresses import Address
from stickercase.entrypoints.sandbox.floors import FirstFloor
from stickercase.entrypoints.sandbox.server import Sandbox, Scene
from stickercase.ports.failures import AnswerLost, Unintelligible, VendorUnavailable

TONCONSOLE_TOKEN = "a-tonconsole-token-that-no-message-may-show"
GIFTLY_TOKEN = "a-giftly-token-that-no-message-may-show"
TON_API_KEY = "a-ton-api-key-that-no-message-may-show"
NANO = 10**9
FLOORS = (
    FirstFloor("Sticker Pack", "DOGS OG", "Cook", "5.969"),
    FirstFloor("Sticker Pack", "DOGS OG", "Not Cap", "430.52"),
    FirstFloor("Sticker Pack", "Blum", "Cook", "1.6"),
    FirstFloor("Fuse", "Pudgy Penguins", "Blue Pengu", "7.7"),
)


VENDOR_FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("error", VendorUnavailable),
    ("garbage", Unintelligible),
    ("lost_answer", AnswerLost),
    ("timeout", AnswerLost),
)
"""What can be had go wrong with any call, and the failure that it is. The page of outside services says the same."""


class Sundial:
    """A clock that goes, and can be moved."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_time(self, **span: float) -> None:
        """Move on by a ``timedelta`` of these words."""
        self._ahead += timedelta(**span)


@dataclass
class Outside:
    """A running sandbox, and the hand that controls it."""

    url: str
    port: int
    clock: Sundial
    client: httpx.Client

    @property
    def tonconsole_url(self) -> str:
        return f"{self.url}/tonconsole/api/v1/services/invoices"

    @property
    def giftly_url(self) -> str:
        return f"{self.url}/giftly/api/v1/giftly"

    @property
    def ton_url(self) -> str:
        return f"{self.url}/toncenter/api/v2"

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Tell the outside world what to do."""
        answer = self.client.post(f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def fault(self, service: str, kind: str, count: int = 1, seconds: float | None = None) -> None:
        """Let the next requests to a vendor go wrong."""
        self.control("faults", service=service, kind=kind, count=count, seconds=seconds)

    def state(self) -> dict[str, Any]:
        """All that the sandbox knows."""
        return dict(self.client.get("/control/state").json())


@contextmanager
def outside(
    folder: Path,
    *,
    webhook_url: str = "",
    floors: Sequence[FirstFloor] = FLOORS,
    port: int = 0,
    clock: Sundial | None = None,
    funds: Mapping[Address, int] | None = None,
) -> Iterator[Outside]:
    """A sandbox with its state in ``folder``."""
    clock = clock or Sundial()
    scene = Scene(
        folder=folder,
        port=port,
        tonconsole_token=TONCONSOLE_TOKEN,
        giftly_token=GIFTLY_TOKEN,
        ton_api_key=TON_API_KEY,
        webhook_url=webhook_url,
        floors=floors,
        now=clock.now,
        verify=SodiumSignatures().verify,
        funds=funds or {},
    )
    with (
        Sandbox(scene) as sandbox,
        httpx.Client(base_url=sandbox.url, timeout=30, trust_env=False, verify=False) as client,
    ):
        yield Outside(sandbox.url, sandbox.port, clock, client)


Fault = Callable[[str], None]

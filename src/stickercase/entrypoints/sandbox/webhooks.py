"""Webhooks as TonConsole sends them: a bare POST, unsigned, in a thread of its own, and never again when it fails."""

from __future__ import annotations

import queue
import threading

import httpx
import msgspec
import structlog

from stickercase.entrypoints.sandbox.faults import Faults
from stickercase.entrypoints.sandbox.notebook import Notebook

log = structlog.get_logger(__name__)
SECONDS = 10.0
KEPT = 200


class WebhookNote(msgspec.Struct):
    """A webhook that was sent: of which invoice, with which status, and what came back (0: nothing)."""

    invoice_id: str
    status: str
    answered: int


class Webhooks:
    """Sends to ``url``; to nobody when that is empty."""

    def __init__(self, url: str, notebook: Notebook, faults: Faults) -> None:
        self.url = url
        self._notebook, self._faults = notebook, faults
        self._waiting: queue.SimpleQueue[dict[str, object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sandbox webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send, if there is somebody to send to."""
        if self.url:
            self._thread.start()

    def stop(self) -> None:
        """Send what waits, but no longer than a moment."""
        if self.url:
            self._waiting.put(None)
            self._thread.join(1.0)

    def send(self, body: dict[str, object]) -> None:
        """Send the body, as many times as the faults say. Returns at once."""
        times = self._faults.next_of_webhook()
        for _ in range(times if self.url else 0):
            self._waiting.put(body)

    def _run(self) -> None:
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            while (body := self._waiting.get()) is not None:
                self._note(body, self._sent(client, body))

    def _sent(self, client: httpx.Client, body: dict[str, object]) -> int:
        try:
            return client.post(self.url, json=body).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("sandbox_webhook_failed", why=type(error).__name__)
            return 0

    def _note(self, body: dict[str, object], answered: int) -> None:
        with self._notebook.open() as page:
            kept = page.all(WebhookNote)
            newest = int(kept[-1][0]) if kept else 0
            page.put(f"{newest + 1:09}", WebhookNote(str(body["id"]), str(body["status"]), answered))
            for number, _ in kept[: max(len(kept) + 1 - KEPT, 0)]:
                page.drop(WebhookNote, number)

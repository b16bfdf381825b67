"""One ASGI application over all doors."""

from __future__ import annotations

from litestar.types import Receive, Scope, Send

from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http.api import make_api
from stickercase.entrypoints.http.front import Front
from stickercase.entrypoints.webhooks.tonconsole import TonConsoleDoor, is_webhook


class House:
    """Shows webhooks to their door and everything else to the front."""

    def __init__(self, front: Front, webhooks: TonConsoleDoor) -> None:
        self._front = front
        self._webhooks = webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        door = self._webhooks if is_webhook(scope) else self._front
        await door(scope, receive, send)


def make_app(container: Container) -> House:
    """The application of an ``api`` process."""
    uuid = container.settings().webhook_uuid
    return House(make_api(container), TonConsoleDoor(uuid, container.invoice_named, container.receive_letter))

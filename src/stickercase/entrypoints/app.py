"""One ASGI application over all doors."""

from __future__ import annotations

from litestar.types import ASGIApp, Receive, Scope, Send

from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http.api import make_api
from stickercase.entrypoints.http.front import Front
from stickercase.entrypoints.webhooks.tonconsole import TonConsoleDoor, is_webhook


class House:
    """What stands behind the front: shows webhooks to their door and everything else to the API."""

    def __init__(self, api: ASGIApp, webhooks: TonConsoleDoor) -> None:
        self._api = api
        self._webhooks = webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        door = self._webhooks if is_webhook(scope) else self._api
        await door(scope, receive, send)


def make_app(container: Container) -> Front:
    """The application of an ``api`` process.

    Raises ``StoreUnavailable`` or ``QueueUnavailable`` for an address of a server that is none.
    """
    container.redis()  # whether its address is one is said before anything else is made
    uuid = container.settings().webhook_uuid
    webhooks = TonConsoleDoor(uuid, container.invoice_named, container.receive_letter)
    return make_api(container, lambda api: House(api, webhooks))

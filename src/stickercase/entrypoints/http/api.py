"""The Litestar application, put together from its areas."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.types import Receive, Scope, Send

from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http import (
    cases,
    draws,
    fairness_page,
    health,
    media,
    operators,
    packs,
    selling,
    upgrades,
    users,
)
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.callers import Callers
from stickercase.entrypoints.http.documentation import complete_document
from stickercase.entrypoints.http.errors import HANDLERS
from stickercase.entrypoints.http.lobby import Lobby
from stickercase.entrypoints.http.opening_door import OpeningDoor, is_opening
from stickercase.entrypoints.http.openings import render
from stickercase.entrypoints.http.provided import dependencies
from stickercase.entrypoints.http.requests import MAX_BODY, ApiRequest
from stickercase.entrypoints.http.schema_page import SchemaPage

# Collections of a heap this size cost more than they free; frozen start-up objects are never looked at again.
GC_THRESHOLDS = (50_000, 20, 50)

AREAS = (cases, packs, selling, upgrades, users, draws, operators, health, media, fairness_page)


class Front:
    """Sends openings straight to their door and everything else to Litestar."""

    def __init__(self, api: Litestar, door: OpeningDoor) -> None:
        self.api = api
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if is_opening(scope):
            await self._door(scope, receive, send)
        else:
            await self.api(scope, receive, send)


def make_api(container: Container) -> Front:
    """The API over the container's use cases."""
    settings = container.settings()
    batcher = Batcher(partial(container.open_cases, render))
    callers = Callers(container.identify_player, settings.service_names())
    door = OpeningDoor(callers, Lobby(container.welcome_player), batcher)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        batcher.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        try:
            yield
        finally:
            await batcher.stop()

    api = Litestar(
        route_handlers=[module.router for module in AREAS],
        dependencies=dependencies(container, door),
        exception_handlers=HANDLERS,
        lifespan=[running],
        request_class=ApiRequest,
        request_max_body_size=MAX_BODY,
        state=State({"callers": callers, "public_url": settings.public_url}),
        openapi_config=OpenAPIConfig(
            title="StickerCase",
            version="1",
            description="Cases of sticker packs with published, provably fair odds.",
            openapi_router=Router(
                "/schema", route_handlers=[], before_request=complete_document, include_in_schema=False
            ),
            render_plugins=[SchemaPage()],
        ),
        logging_config=None,
    )
    return Front(api, door)

"""The Litestar application, put together from its areas."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from stickercase.domain.pictures.keys import PACKS
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http import (
    cases,
    deliveries,
    deposits,
    draws,
    fairness_page,
    feeds,
    health,
    manifest,
    media,
    metrics,
    operators,
    packs,
    selling,
    upgrades,
    users,
    wallet,
    withdrawals,
)
from stickercase.entrypoints.http.addresses import Addresses
from stickercase.entrypoints.http.batcher import Batcher
from stickercase.entrypoints.http.callers import Callers
from stickercase.entrypoints.http.cors import Origins
from stickercase.entrypoints.http.documentation import complete_document
from stickercase.entrypoints.http.errors import HANDLERS
from stickercase.entrypoints.http.front import Desk, Front
from stickercase.entrypoints.http.limiter import Limiter
from stickercase.entrypoints.http.lobby import Lobby
from stickercase.entrypoints.http.metrics import Figures, registry_of
from stickercase.entrypoints.http.opening_door import OpeningDoor
from stickercase.entrypoints.http.openings import render
from stickercase.entrypoints.http.provided import dependencies
from stickercase.entrypoints.http.request_log import RequestLog
from stickercase.entrypoints.http.requests import MAX_BODY, ApiRequest
from stickercase.entrypoints.http.schema_page import SchemaPage
from stickercase.entrypoints.http.tally import Tally
from stickercase.entrypoints.http.window import Window

# Collections of a heap this size cost more than they free; frozen start-up objects are never looked at again.
GC_THRESHOLDS = (50_000, 20, 50)

AREAS = (
    cases,
    packs,
    feeds,
    selling,
    upgrades,
    users,
    deliveries,
    draws,
    wallet,
    deposits,
    withdrawals,
    manifest,
    operators,
    health,
    metrics,
    media,
    fairness_page,
)


def make_api(container: Container, among: Callable[[ASGIApp], ASGIApp] = lambda api: api) -> Front:
    """The API over the container's use cases; ``among`` puts it among other doors behind the same front."""
    settings = container.settings()
    desk = Desk(
        callers=Callers(container.identify_player, settings.service_names()),
        addresses=Addresses(settings.proxies()),
        origins=Origins(settings.origins()),
        limiter=Limiter(container.rates(), settings.rate_per_player, settings.rate_per_address),
        tally=Tally(),
        log=RequestLog(),
    )
    batcher = Batcher(partial(container.open_cases, render))
    window = Window(container.reading())
    door = OpeningDoor(Lobby(container.welcome_player), batcher, desk.tally)
    figures = Figures(
        tally=desk.tally,
        limiter=desk.limiter,
        batcher=batcher,
        shelves=container.reading(),
        prices=container.reading(),
        work=container.work(),
        withdrawals=container.reading(),
        office=container.office(),
        now=container.clock().now,
        connections_in_use=container.connections_in_use,
    )

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        batcher.start()
        await desk.limiter.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        try:
            yield
        finally:
            await batcher.stop()
            await desk.limiter.close()

    api = Litestar(
        route_handlers=[module.router for module in AREAS],
        dependencies=dependencies(container, door, registry_of(figures), window),
        exception_handlers=HANDLERS,
        lifespan=[running],
        request_class=ApiRequest,
        request_max_body_size=MAX_BODY,
        state=State(
            {
                "public_url": settings.public_url,
                "testnet": settings.ton_network == "testnet",
                "pack_stub": settings.stub_of(PACKS),
            }
        ),
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
    return Front(among(api), door, desk, window)

"""Whether this process is alive, and whether it can do its work."""

from __future__ import annotations

import msgspec
from litestar import Response, Router, get

from stickercase.entrypoints.http.provided import FromRedis, FromShelves
from stickercase.ports.failures import StoreUnavailable


class AliveWire(msgspec.Struct):
    """A sign of life."""

    status: str


class ReadyWire(msgspec.Struct):
    """What this process needs, and whether each part answers."""

    status: str
    database: bool
    redis: bool


@get("/live", sync_to_thread=False, summary="A sign of life")
def live() -> AliveWire:
    """200 as long as the process answers at all."""
    return AliveWire("success")


@get("/ready", sync_to_thread=True, summary="Whether everything this process needs answers")
def ready(shelves: FromShelves, redis: FromRedis) -> Response[ReadyWire]:
    """200 when database and Redis answer, else 503."""
    database, cache = _answers(shelves), redis.alive()
    all_well = database and cache
    wire = ReadyWire("success" if all_well else "error", database, cache)
    return Response(wire, status_code=200 if all_well else 503)


def _answers(shelves: FromShelves) -> bool:
    try:
        shelves.shelf()
    except StoreUnavailable:
        return False
    return True


router = Router("/health", route_handlers=[live, ready], tags=["health"])

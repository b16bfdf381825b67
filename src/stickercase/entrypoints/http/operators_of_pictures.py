"""What operators do with pictures: give a case or a pack one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256

import msgspec
from anyio import CapacityLimiter, to_thread
from litestar import Response, put

from stickercase.domain.pictures.formats import MAX_BYTES
from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.entrypoints.http.callers import ServiceCaller
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act
from stickercase.entrypoints.http.requests import (
    MAX_ID,
    ApiRequest,
    idempotency_key,
    name_in_path,
    request_hash,
    whole_number,
)

STORE_THREADS = CapacityLimiter(4)
"""Who waits for the store of pictures waits apart: when it hangs, nothing else of this process does."""


class PictureWire(msgspec.Struct):
    """Where a picture is seen from now on."""

    status: str
    image_url: str


@put("/cases/{name:str}/picture", request_max_body_size=MAX_BYTES, summary="Give a case its picture")
async def put_case_picture(request: ApiRequest, name: str, put_case_picture: Act) -> Response[PictureWire]:
    """The body is the picture itself, as JPEG, PNG or WebP of up to 2 MiB and 4096 pixels a side."""
    wanted = name_in_path(name, "case")
    return answer(await _put(request, lambda caller, *picture: put_case_picture(caller, wanted, *picture, _told)))


@put("/packs/{pack_id:str}/picture", request_max_body_size=MAX_BYTES, summary="Give a pack its picture")
async def put_pack_picture(request: ApiRequest, pack_id: str, put_pack_picture: Act) -> Response[PictureWire]:
    """The same for a pack."""
    wanted = whole_number(pack_id, "id", 1, MAX_ID)
    return answer(await _put(request, lambda caller, *picture: put_pack_picture(caller, wanted, *picture, _told)))


async def _put(request: ApiRequest, act: Callable[..., Answered]) -> Answered:
    user: ServiceCaller = request.scope["user"]
    key, body = idempotency_key(request.headers.get("idempotency-key")), await request.body()
    asked = b"" if key is None else request_hash("PUT", request.scope["path"], sha256(body).hexdigest())
    caller = Caller(f"service:{user.name}", key, asked)
    # What the sender says it is must be so; one that says nothing is looked at all the same.
    media_type = request.headers.get("content-type")
    return await to_thread.run_sync(partial(act, caller, body, media_type), limiter=STORE_THREADS)


def _told(url: str) -> bytes:
    return msgspec.json.encode(PictureWire("success", url))


HANDLERS = (put_case_picture, put_pack_picture)

"""Opening a case: the hot path's door."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import MediaType, Response, get, post

from stickercase.domain.money import ton
from stickercase.domain.use_cases.once import Answered
from stickercase.domain.use_cases.open_cases import CaseOpened, Drop
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.domain.use_cases.show_demo import show_demo
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.opening_door import OpenCaseWire
from stickercase.entrypoints.http.packs import PackWire, pack_wire
from stickercase.entrypoints.http.provided import FromDoor, FromMe, FromSeeds, FromShelves
from stickercase.entrypoints.http.requests import ApiRequest


class FairnessWire(msgspec.Struct):
    """What the draw was made with, but for the server seed: that is revealed by a rotation."""

    draw_id: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    table_id: str
    roll: int


class DropWire(msgspec.Struct):
    """One drop of an opening."""

    drop: PackWire
    drop_number: int
    fairness: FairnessWire


class OpenedWire(msgspec.Struct):
    """A single opening; ``balance`` in TON is what is left."""

    status: str
    drop: PackWire
    drop_number: int
    opening_id: int
    balance: float
    fairness: FairnessWire


class OpenedManyWire(msgspec.Struct):
    """An opening with ``count`` above 1."""

    status: str
    drops: list[DropWire]
    opening_id: int
    balance: float


class DemoWire(msgspec.Struct):
    """What a demo opening shows."""

    status: str
    drop: PackWire
    drop_number: int


def draw_id(server_seed_hash: str, nonce: int) -> str:
    """The public name of a draw: the commitment it was made under and its nonce."""
    return f"{server_seed_hash}-{nonce}"


def render(opened: CaseOpened, shelf: Shelf) -> bytes:
    """The answer to an opening, as it is kept under the idempotency key."""
    drops = [_drop_wire(opened, drop, shelf) for drop in opened.drops]
    balance = ton(opened.balance_nano)
    if opened.command.count > 1:
        return msgspec.json.encode(OpenedManyWire("success", drops, opened.opening_id, balance))
    only = drops[0]
    wire = OpenedWire("success", only.drop, only.drop_number, opened.opening_id, balance, only.fairness)
    return msgspec.json.encode(wire)


def _drop_wire(opened: CaseOpened, drop: Drop, shelf: Shelf) -> DropWire:
    draw = drop.draw
    return DropWire(
        drop=pack_wire(shelf, drop.unit.pack_id, drop.in_stock_count),
        drop_number=drop.unit.number,
        fairness=FairnessWire(
            draw_id=draw_id(draw.server_seed_hash, draw.nonce),
            server_seed_hash=draw.server_seed_hash,
            client_seed=draw.client_seed,
            nonce=draw.nonce,
            table_id=opened.case.odds.table_id,
            roll=draw.roll,
        ),
    )


@post("/{name:str}/open", status_code=200, guards=[player_only], summary="Open a case")
async def open_case(
    request: ApiRequest,
    name: str,  # noqa: ARG001  # documents the parameter; the door reads the path
    data: OpenCaseWire,  # noqa: ARG001  # documents the body; the door reads it whole, for the key's sake
    me: FromMe,
    door: FromDoor,
) -> Response[OpenedWire | OpenedManyWire]:
    """Pay for `count` openings, all or nothing, and take the drops into the inventory."""
    key = request.headers.get("idempotency-key")
    raw = None if key is None else key.encode("latin-1")
    return answer(await door.open(me, request.scope["path"], raw, await request.body()))


def answer(answered: Answered, status_code: int = 200) -> Response[Any]:
    """The bytes of an answer as a response; a repeat says that it is one."""
    headers = {"Idempotent-Replayed": "true"} if answered.replayed else {}
    return Response(answered.answer, media_type=MediaType.JSON, headers=headers, status_code=status_code)


@get("/{name:str}/open", sync_to_thread=True, summary="Open a case for show")
def show_demo_opening(name: str, shelves: FromShelves, seeds: FromSeeds) -> DemoWire:
    """The same table, a throw-away seed: moves no money, no unit and no nonce."""
    shelf, free = shelves.shelf()
    _, pack = show_demo(shelf, seeds, name)
    wire = pack_wire(shelf, pack.id, free.get(pack.id, 0))
    return DemoWire("success", wire, shelves.specimen(pack.id))

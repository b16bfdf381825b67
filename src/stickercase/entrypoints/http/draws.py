"""Public draw records: enough to replay a draw offline."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from litestar import Router, get

from stickercase.domain.fairness import DrawRecord
from stickercase.domain.refusal import NotFound, Refused
from stickercase.domain.upgrades.decision import GAME as UPGRADE
from stickercase.entrypoints.http.provided import FromDraws
from stickercase.ports.reading import PublicDraw

HASH = re.compile("[0-9a-f]{64}")
NONCE = re.compile("0|[1-9][0-9]{0,9}")
MAX_NONCE = 2**31 - 1


class TicketsWire(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A row of the table a draw was made from: of a case with its pack, of an upgrade named `win` or `lose`."""

    pack_id: int | None = None
    name: str | None = None
    tickets: int


class DrawWire(msgspec.Struct):
    """A draw. ``row`` counts from 1; ``server_seed`` is hex, null until it is revealed.

    ``game`` is `case` or `upgrade`; of an upgrade ``case_name`` is null, and ``pack_id`` too when it was lost.
    """

    draw_id: str
    game: str
    server_seed_hash: str
    server_seed: str | None
    client_seed: str
    nonce: int
    table_id: str
    table: list[TicketsWire]
    roll: int
    row: int
    pack_id: int | None
    case_name: str | None
    at: datetime


class OneDrawWire(msgspec.Struct):
    """One draw."""

    status: str
    draw: DrawWire


@get("/{draw_id:str}", sync_to_thread=True, summary="The public record of a draw")
def get_draw(draw_id: str, draws: FromDraws) -> OneDrawWire:
    """Everything needed to replay a draw; `stickercase verify` and docs/fairness.md say how."""
    server_seed_hash, _, nonce = draw_id.rpartition("-")
    found = None
    if HASH.fullmatch(server_seed_hash) and NONCE.fullmatch(nonce) and int(nonce) <= MAX_NONCE:
        found = draws.draw(server_seed_hash, int(nonce))
    if found is None:
        raise Refused(NotFound("draw", draw_id[:100]))
    return OneDrawWire("success", _wire(found))


def _wire(draw: PublicDraw) -> DrawWire:
    record = draw.record
    return DrawWire(
        draw_id=f"{record.server_seed_hash}-{record.nonce}",
        game=record.game,
        server_seed_hash=record.server_seed_hash,
        server_seed=None if record.server_seed is None else record.server_seed.hex(),
        client_seed=record.client_seed,
        nonce=record.nonce,
        table_id=record.table_id,
        table=_table(record),
        roll=record.roll,
        row=record.row,
        pack_id=draw.pack_id,
        case_name=draw.case_name,
        at=draw.at,
    )


def _table(record: DrawRecord) -> list[TicketsWire]:
    if record.game == UPGRADE:
        return [TicketsWire(name=label, tickets=tickets) for label, tickets in record.table]
    return [TicketsWire(pack_id=int(label), tickets=tickets) for label, tickets in record.table]


router = Router("/api/draws", route_handlers=[get_draw], tags=["draws"])

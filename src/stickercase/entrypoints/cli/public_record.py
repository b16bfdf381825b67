"""Reading the public record of a draw, strictly: a text that two readers could take in two ways is no record.

The fairness page reads by the same rules (entrypoints/http/static/fairness/record.js); both are held to the same
vectors. In words: docs/fairness.md.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from stickercase.domain.fairness import GRID, Check, DrawRecord, replay

MAX_DEPTH = 32
UPGRADE_ROWS = ["win", "lose"]


class RowRecord(msgspec.Struct):
    """A row of a table in a public record: a case names it by its pack, an upgrade ``win`` or ``lose``."""

    tickets: int
    pack_id: int | None = None
    name: str | None = None

    @property
    def label(self) -> str:
        """What stands for the row in the text that the table id is made from."""
        return str(self.pack_id) if self.name is None else self.name


class PublicRecord(msgspec.Struct):
    """A draw as GET /api/draws/{draw_id} shows it. ``pack_id`` is None where nothing was won."""

    draw_id: str
    game: str
    server_seed_hash: str
    server_seed: str | None
    client_seed: str
    nonce: int
    table_id: str
    table: list[RowRecord]
    roll: int
    row: int
    pack_id: int | None = None


def read_record(text: str) -> PublicRecord:
    """The record in the JSON of GET /api/draws/{draw_id}, or that of its field ``draw`` alone.

    Raises ValueError, ``msgspec.MsgspecError`` or RecursionError for what is none.
    """
    document = _read_json(text)
    public = msgspec.convert(document.get("draw", document) if isinstance(document, dict) else document, PublicRecord)
    if not public.table or any(not 0 <= row.tickets <= GRID for row in public.table):
        raise ValueError("a table has rows of 0 to 2^53 tickets")
    if any((row.pack_id is None) == (row.name is None) for row in public.table):
        raise ValueError("a row of a table has either a pack_id or a name")
    return public


def draw_record(public: PublicRecord) -> DrawRecord:
    """The part that can be replayed. Raises ValueError for a server seed that is not written in small hex digits."""
    seed = None if public.server_seed is None else bytes.fromhex(public.server_seed)
    if seed is not None and seed.hex() != public.server_seed:
        raise ValueError("a server seed is written in small hexadecimal digits alone")
    return DrawRecord(
        game=public.game,
        server_seed_hash=public.server_seed_hash,
        server_seed=seed,
        client_seed=public.client_seed,
        nonce=public.nonce,
        table_id=public.table_id,
        table=tuple((row.label, row.tickets) for row in public.table),
        roll=public.roll,
        row=public.row,
    )


def all_checks(public: PublicRecord, drawn: DrawRecord) -> list[Check]:
    """The replay, and what the record says of itself beside the draw. Raises ValueError as :func:`replay` does."""
    name = f"{public.server_seed_hash}-{public.nonce}"
    return [
        *replay(drawn),
        _rows_are_named(public),
        Check("draw id", public.draw_id == name, public.draw_id, name),
        _pack_of_an_upgrade(public) if public.game == "upgrade" else _pack_of_a_case(public),
    ]


def _rows_are_named(public: PublicRecord) -> Check:
    labels = [row.label for row in public.table]
    by_pack = all(row.name is None for row in public.table)
    held = labels == UPGRADE_ROWS and not by_pack if public.game == "upgrade" else by_pack
    return Check("rows are named as in this game", held, str(True), str(held))


def _pack_of_a_case(public: PublicRecord) -> Check:
    packs = [row.pack_id for row in public.table]
    pack_id = packs[public.row - 1] if 1 <= public.row <= len(packs) else None
    return Check("pack", public.pack_id is not None and public.pack_id == pack_id, str(public.pack_id), str(pack_id))


def _pack_of_an_upgrade(public: PublicRecord) -> Check:
    """The table does not name the pack that was bet on; but there is one exactly when row 1, the win, came up."""
    told, due = (str(there) for there in (public.pack_id is not None, public.row == 1))
    return Check("pack", told == due, told, due)


def _read_json(text: str) -> Any:
    document = msgspec.json.decode(text)
    if _depth(document) > MAX_DEPTH:
        raise ValueError(f"JSON is nested at most {MAX_DEPTH} deep")
    # Of two values with one name msgspec takes the last, and other readers the first: only here are both seen.
    json.loads(text, object_pairs_hook=_each_name_once)
    return document


def _each_name_once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("an object has a name twice")


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)

"""Hear every contributor's source at one time: what each said goes through price hygiene, none spoils another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stickercase.domain.money import ton_text
from stickercase.domain.stock.floors import Floor, FloorSync, matching, synced
from stickercase.domain.stock.packs import Pack
from stickercase.domain.use_cases.perform_task import told
from stickercase.domain.use_cases.price_syncs import MOST_TEXTS, SourceLine, said
from stickercase.ports.feeds import FeedRead

if TYPE_CHECKING:
    from stickercase.ports.feeds import Feeds

Heard = FeedRead | str
"""What a source said, or why it could not be heard."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What follows from what the sources said: the floors that are to be written, and a line of each source."""

    floors: Mapping[int, Floor]
    lines: Sequence[SourceLine]


def hear_sources(feeds: Feeds) -> dict[str, Heard]:
    """Ask every source, by contributor. Never raises for a source; outside of any transaction."""
    return {contributor: _heard(feeds, contributor) for contributor in feeds.contributors()}


def _heard(feeds: Feeds, contributor: str) -> Heard:
    try:
        return feeds.read(contributor)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with one source, the others are heard
        return said(told(error))


def weigh(heard: Mapping[str, Heard], floors: Mapping[int, Floor], packs: Sequence[Pack], at: datetime) -> Hearing:
    """Set what each source says against its own contributor's packs. A source is no authority for another's.

    An alarm stops the source that raised it and no other.
    """
    moved: dict[int, Floor] = {}
    lines = []
    for contributor, read in heard.items():
        if isinstance(read, str):
            lines.append(SourceLine(contributor, failed=read))
            continue
        own = {pack.id: pack for pack in packs if pack.contributor == contributor}
        # A source of no pack of ours has nothing to shrink from.
        sync = synced(floors, matching(read.readings, own.values()), at, whole=bool(own))
        moved |= sync.floors
        lines.append(_line(contributor, read, sync, own))
    return Hearing(moved, lines)


def _line(contributor: str, read: FeedRead, sync: FloorSync, packs: Mapping[int, Pack]) -> SourceLine:
    found = sync.matching
    spoilt = [*read.skipped, *(f"{_name(packs[i])}: named twice with different prices" for i in found.contradicted)]
    unknown = [f"unknown: {collection} / {name}" for collection, name in found.unknown]
    held = [_jump(packs[pack_id], sync) for pack_id in sync.quarantined]
    moved = [_move(packs[pack_id], sync) for pack_id in sync.changed]
    return SourceLine(
        contributor,
        read=sync.read,
        changed=len(sync.changed),
        quarantined=len(sync.quarantined),
        skipped=len(spoilt),
        unknown=len(found.unknown),
        alarm=sync.alarm.why if sync.alarm else "",
        texts=tuple(said(text) for sort in (held, spoilt, unknown, moved) for text in sort[:MOST_TEXTS]),
    )


def _jump(pack: Pack, sync: FloorSync) -> str:
    after = sync.steps[pack.id].after
    assert after is not None, "what was quarantined waits"
    assert after.quarantined is not None, "what was quarantined waits"
    return f"quarantined: {_name(pack)} from {_tons(after.price_nano)} to {_tons(after.quarantined.price_nano)} TON"


def _move(pack: Pack, sync: FloorSync) -> str:
    before, after = sync.steps[pack.id].before, sync.steps[pack.id].after
    assert after is not None, "what was taken is in force"
    return f"{_name(pack)}: {_tons(before.price_nano) if before else 'nothing'} → {_tons(after.price_nano)} TON"


def _tons(amount_nano: int) -> str:
    return ton_text(amount_nano, 9).rstrip("0").rstrip(".")


def _name(pack: Pack) -> str:
    return f"{pack.collection_name} / {pack.pack_name}"

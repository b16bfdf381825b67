"""Price hygiene: what feeds say of floors, and what the house believes of it. Prices in whole nanotons.

A feed is somebody else's word. Every pack has a small state machine, :class:`Floor`; its events are a reading
(:func:`heard`), an operator's word (:func:`accepted`, :func:`rejected`) and time that passes (:func:`doubt`).
In words, with examples: docs/algorithms/price-hygiene.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from stickercase.domain.money import MAX_UNITS, ton_text
from stickercase.domain.refusal import NotFound, PriceUnreliable
from stickercase.domain.stock.packs import Pack, matched_names

JUMP = 3
"""A change by more than this factor, either way, is a jump. Exactly this factor is not."""

STALE_AFTER = timedelta(hours=24)
"""How long a floor lives on its last accepted reading. At exactly this age it is not stale yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed says of one pack. ``source`` names the feed.

    ``price_nano`` is whatever the feed made of it: anything but an int from 1 to 10^18 is skipped and counted.
    """

    collection_name: str
    pack_name: str
    price_nano: object
    source: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A price that jumped, kept aside: ``seen_at`` is the time of the sync that first brought it."""

    price_nano: int
    seen_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Floor:
    """What the house believes of one pack's floor. ``accepted_at`` is when a reading or an operator last said so.

    ``rejected_nano`` is what an operator refused to believe; it is forgotten when a price is accepted again.
    """

    price_nano: int
    accepted_at: datetime
    quarantined: Quarantined | None = None
    rejected_nano: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.price_nano <= MAX_UNITS:
            raise ValueError("a floor is between 0 and 10^18 nanotons")

    @property
    def known_at(self) -> datetime:
        """The time of the newest reading that this state knows of."""
        return self.accepted_at if self.quarantined is None else max(self.accepted_at, self.quarantined.seen_at)


class Doubt(Enum):
    """Why a floor is not to be relied on. ``MISSING``: no price was ever accepted, or it is zero."""

    MISSING = "missing"
    QUARANTINED = "quarantined"
    STALE = "stale"


class Effect(Enum):
    """What a reading did to a floor. The value says why, for people."""

    FIRST = "the first reading takes effect at once"
    KEPT = "the price is the same, and fresh again"
    CHANGED = "a change of at most threefold takes effect at once"
    CONFIRMED = "the reading before it was a jump, and this one confirms it"
    QUARANTINED = "a change of more than threefold waits for the next sync, or for an operator"
    REJECTED = "an operator has rejected this price"
    LATE = "a newer reading is known already"
    SKIPPED = "the price is no whole number of nanotons from 1 to 10^18"


TAKEN = frozenset({Effect.FIRST, Effect.CHANGED, Effect.CONFIRMED})
"""The effects that change the price in force."""


@dataclass(frozen=True, slots=True)
class Step:
    """One reading taken in. ``before`` and ``after`` are None while the pack has no floor at all."""

    before: Floor | None
    after: Floor | None
    effect: Effect


def near(one_nano: int, other_nano: int) -> bool:
    """Whether two prices differ by at most threefold. Zero is near nothing but zero."""
    return max(one_nano, other_nano) <= JUMP * min(one_nano, other_nano)


def usable(price_nano: object) -> int | None:
    """The price when it is one: an int from 1 to 10^18. Everything else, a float as well, is None."""
    return price_nano if type(price_nano) is int and 1 <= price_nano <= MAX_UNITS else None


def heard(floor: Floor | None, reading: Reading, at: datetime) -> Step:
    """Take in what a feed says in the sync of time ``at``; ``floor`` is None for a pack that never had one.

    A quarantined price is confirmed by the next reading when that is of a *later* sync, within threefold of the
    quarantined price and not of the accepted one; the newest reading is then accepted. Never raises for a reading.
    """
    price = usable(reading.price_nano)
    if price is None:
        return Step(floor, floor, Effect.SKIPPED)
    if floor is None:
        return Step(None, Floor(price, at), Effect.FIRST)
    if at < floor.known_at:
        return Step(floor, floor, Effect.LATE)
    if near(price, floor.price_nano):
        return Step(floor, Floor(price, at), Effect.KEPT if price == floor.price_nano else Effect.CHANGED)
    if floor.rejected_nano is not None and near(price, floor.rejected_nano):
        return Step(floor, floor, Effect.REJECTED)
    waiting = floor.quarantined
    if waiting is not None and waiting.seen_at < at and near(price, waiting.price_nano):
        return Step(floor, Floor(price, at), Effect.CONFIRMED)
    return Step(floor, replace(floor, quarantined=Quarantined(price, at, reading.source)), Effect.QUARANTINED)


def accepted(floor: Floor, price_nano: int, at: datetime) -> Floor | NotFound:
    """An operator, who was shown the quarantined ``price_nano``, believes it: it is in force and fresh as of ``at``.

    Refused as ``not_found`` when that price is not, or no longer, in quarantine.
    """
    return _not_waiting(floor, price_nano) or Floor(price_nano, at)


def rejected(floor: Floor, price_nano: int) -> Floor | NotFound:
    """An operator does not believe the quarantined ``price_nano``: it is dropped, and not heard again from a feed.

    The accepted price stays, as old as it is. Refused as ``not_found`` like :func:`accepted`.
    """
    return _not_waiting(floor, price_nano) or replace(floor, quarantined=None, rejected_nano=price_nano)


def _not_waiting(floor: Floor, price_nano: int) -> NotFound | None:
    if floor.quarantined is not None and floor.quarantined.price_nano == price_nano:
        return None
    return NotFound("quarantined price", ton_text(price_nano, 9))


def doubt(floor: Floor | None, now: datetime) -> Doubt | None:
    """Why the floor is not to be relied on at ``now``; None when it is. Quarantine is named before staleness."""
    if floor is None or floor.price_nano == 0:
        return Doubt.MISSING
    if floor.quarantined is not None:
        return Doubt.QUARANTINED
    return Doubt.STALE if now - floor.accepted_at > STALE_AFTER else None


def reliable(floor: Floor | None, now: datetime) -> bool:
    """Whether the pack may be sold back and used in upgrades. Opening goes on either way."""
    return doubt(floor, now) is None


def price_refusal(pack_id: int, floor: Floor | None, now: datetime) -> PriceUnreliable | None:
    """The refusal to sell or upgrade at this floor, if there is a reason for one."""
    why = doubt(floor, now)
    return None if why is None else PriceUnreliable(pack_id, why.value)


@dataclass(frozen=True, slots=True)
class FeedAlarm:
    """A feed that cannot be right as a whole: of ``known`` packs it had a usable price for only ``matched``."""

    known: int
    matched: int
    empty: bool

    @property
    def why(self) -> str:
        """One sentence for an operator."""
        if self.empty:
            return "the feed is empty; nothing was changed"
        return f"the feed has shrunk to {self.matched} of {self.known} known packs; nothing was changed"


@dataclass(frozen=True, slots=True)
class Matching:
    """A feed set against the packs that it should know. Every such pack is in exactly one of the first four.

    ``readings``: its one usable price. ``skipped``: packs whose price is none. ``contradicted``: packs with two
    different prices, or whose names are another pack's too: nobody can say which is meant, so none is used.
    ``missing``: packs that the feed does not name. ``unknown``: (collection, pack) as spelled, of no pack here.
    ``read`` counts the feed's readings.
    """

    readings: Mapping[int, Reading]
    skipped: tuple[int, ...]
    contradicted: tuple[int, ...]
    missing: tuple[int, ...]
    unknown: tuple[tuple[str, str], ...]
    read: int

    @property
    def alarm(self) -> FeedAlarm | None:
        """Set when the feed is empty, or has a usable price for less than half of the packs it should know."""
        known = len(self.readings) + len(self.skipped) + len(self.contradicted) + len(self.missing)
        if self.read and 2 * len(self.readings) >= known:
            return None
        return FeedAlarm(known, len(self.readings), empty=not self.read)


def matching(readings: Sequence[Reading], packs: Iterable[Pack]) -> Matching:
    """Match readings to the packs that the feed should know: NFC and casefold, collection and pack together.

    The order of readings and of packs makes no difference. Never raises for a reading.
    """
    named: dict[tuple[str, str], list[Reading]] = {}
    for reading in readings:
        named.setdefault(matched_names(reading.collection_name, reading.pack_name), []).append(reading)
    owners: dict[tuple[str, str], list[int]] = {}
    for pack in packs:
        owners.setdefault(matched_names(pack.collection_name, pack.pack_name), []).append(pack.id)
    found: dict[int, Reading] = {}
    without: dict[str, list[int]] = {"skipped": [], "contradicted": [], "missing": []}
    for names, pack_ids in owners.items():
        verdict = _verdict(named.get(names, []), len(pack_ids))
        if isinstance(verdict, Reading):
            found[pack_ids[0]] = verdict
        else:
            without[verdict] += pack_ids
    unknown = {(r.collection_name, r.pack_name) for names, rs in named.items() if names not in owners for r in rs}
    skipped, contradicted, missing = (tuple(sorted(pack_ids)) for pack_ids in without.values())
    return Matching(dict(sorted(found.items())), skipped, contradicted, missing, tuple(sorted(unknown)), len(readings))


def _verdict(readings: Sequence[Reading], owners: int) -> Reading | str:
    """The one reading that holds for a pair of names, or which list of :class:`Matching` its packs belong to."""
    if not readings:
        return "missing"
    prices = {usable(reading.price_nano) for reading in readings}
    if len(prices) > 1 or owners > 1:
        return "contradicted"
    return "skipped" if None in prices else min(readings, key=lambda r: (r.source, r.collection_name, r.pack_name))


@dataclass(frozen=True, slots=True)
class FloorSync:
    """One sync of time ``at``: what was read, and what it did to every pack that had a usable price."""

    at: datetime
    matching: Matching
    alarm: FeedAlarm | None
    steps: Mapping[int, Step]

    @property
    def read(self) -> int:
        """How many readings the feed had."""
        return self.matching.read

    @property
    def skipped(self) -> tuple[int, ...]:
        """Packs that the feed names without a price that could be used, ascending."""
        return tuple(sorted((*self.matching.skipped, *self.matching.contradicted)))

    @property
    def changed(self) -> tuple[int, ...]:
        """Packs that have another price in force than before, ascending."""
        return tuple(pack_id for pack_id, step in self.steps.items() if step.effect in TAKEN)

    @property
    def quarantined(self) -> tuple[int, ...]:
        """Packs whose reading was kept aside, ascending."""
        return tuple(pack_id for pack_id, step in self.steps.items() if step.effect is Effect.QUARANTINED)

    @property
    def floors(self) -> dict[int, Floor]:
        """The floors that are to be written: those whose price, freshness or quarantine is another than before."""
        moved = {pack_id: step.after for pack_id, step in self.steps.items() if step.after != step.before}
        return {pack_id: floor for pack_id, floor in moved.items() if floor is not None}

    @property
    def why(self) -> dict[int, str]:
        """One sentence for every pack that the feed should know."""
        words = dict.fromkeys(self.matching.skipped, Effect.SKIPPED.value)
        words |= dict.fromkeys(self.matching.contradicted, "the feed contradicts itself about these names")
        words |= dict.fromkeys(self.matching.missing, "the feed does not name it")
        words |= dict.fromkeys(self.matching.readings, self.alarm.why) if self.alarm else {}
        return dict(sorted((words | {pack_id: step.effect.value for pack_id, step in self.steps.items()}).items()))


def synced(floors: Mapping[int, Floor], found: Matching, at: datetime, *, whole: bool = True) -> FloorSync:
    """Take in one feed at once; ``floors`` are the present ones by pack id, a pack without one is missing there.

    A whole feed that raises an alarm changes nothing. ``whole=False`` is for news of some packs only, which may be
    few. Idempotent: the same sync, of the same ``at``, once more changes nothing at all.
    """
    alarm = found.alarm if whole else None
    heard_of = {} if alarm else found.readings
    steps = {pack_id: heard(floors.get(pack_id), reading, at) for pack_id, reading in heard_of.items()}
    return FloorSync(at, found, alarm, steps)

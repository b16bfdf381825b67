"""Rate limits: per player and per address, counted in a store that all processes share, failing open.

Requests that arrive in the same tick of the event loop share one trip to the store, and one trip is under way at a
time: those that arrive meanwhile share the next. A store that is late or away holds nobody up.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from stickercase.ports.failures import StoreUnavailable
from stickercase.ports.rates import Rates

PATIENCE_SECONDS = 0.02
SECOND_LOOK_SECONDS = 0.005
"""Together, how long a request waits for its count before it passes uncounted.

Only those wait who arrive just as the store falls silent. Less would let requests pass while nothing but the
processor is busy, which is when limits are needed.
"""
PROBE_SECONDS = 0.5
"""How often a store that is away is looked for; no request waits for that."""
WINDOW_SECONDS = 1

Header = tuple[bytes, bytes]
Counts = Mapping[str, int]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests a second for each ``per`` (``player`` or ``address``)."""

    per: str
    most: int


@dataclass(slots=True)
class Verdict:
    """Whether a request may go on (``exceeded`` is None), and the headers that tell its sender what is left."""

    exceeded: Limit | None = None
    headers: tuple[Header, ...] = ()


UNLIMITED = Verdict()


class TooManyRequests(Exception):
    """A limit of requests per second is exceeded; nothing was done."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.per)
        self.limit = limit


@dataclass(slots=True)
class Trip:
    """Requests that are counted together: how often each key is asked for, and who waits for the counts."""

    asked: dict[str, int] = field(default_factory=dict)
    waiting: list[asyncio.Future[Counts | None]] = field(default_factory=list)

    def board(self, keys: list[str]) -> list[tuple[str, int]]:
        """Ask for one more of each key; each key with the place that this one has within the trip, from 1."""
        asked, places = self.asked, []
        for key in keys:
            asked[key] = place = asked.get(key, 0) + 1
            places.append((key, place))
        return places

    def arrive(self, counts: Counts | None) -> None:
        """Tell those who still wait how often each key had been counted before this trip; None: nobody can say."""
        for future in self.waiting:
            if not future.done():
                future.set_result(counts)
        self.waiting.clear()


class Limiter:
    """Says of each request whether it may go on. A limit of 0 is none."""

    def __init__(self, rates: Rates, per_player: int, per_address: int) -> None:
        self._rates = rates
        player, address = Limit("player", per_player), Limit("address", per_address)
        self._of_players = [limit for limit in (player, address) if limit.most]
        self._of_anybody = [limit for limit in (address,) if limit.most]
        self._policy_of_players, self._policy_of_anybody = policy(self._of_players), policy(self._of_anybody)
        self._next = Trip()
        self._travels: asyncio.Task[None] | None = None
        self._looks_out: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._is_late = False
        self.uncounted: Counter[str] = Counter()
        """Requests that passed without being counted, by why: the store was ``late`` or ``away``."""

    @property
    def is_failing_open(self) -> bool:
        """Whether requests pass uncounted because the store is away."""
        return self._looks_out is not None

    async def verdict(self, player_id: int | None, address: str) -> Verdict:
        """Whether a request of this player (a Telegram id; None: nobody in particular) from this address goes on."""
        known = player_id is not None
        limits = self._of_players if known else self._of_anybody
        if not limits or self._passes_uncounted():
            return UNLIMITED
        places = self._next.board(
            [f"{limit.per}:{player_id if limit.per == 'player' else address}" for limit in limits]
        )
        counts = await self._counts()
        if counts is None:
            return UNLIMITED
        left = [limit.most - counts[key] - place for limit, (key, place) in zip(limits, places, strict=True)]
        return judged(limits, left, self._policy_of_players if known else self._policy_of_anybody)

    async def start(self) -> None:
        """Connect ahead, so that no request waits for that."""
        try:
            await self._rates.count({})
        except StoreUnavailable as error:
            self._suspend(Trip(), error)

    async def close(self) -> None:
        """Stop looking for the store, and let go of it."""
        for task in (self._looks_out, self._travels):
            if task is not None:
                task.cancel()
        self._next.arrive(None)
        await self._rates.close()

    def _passes_uncounted(self) -> bool:
        if self._looks_out is None and not self._is_late:
            return False
        self.uncounted["late" if self._looks_out is None else "away"] += 1
        return True

    def _counts(self) -> asyncio.Future[Counts | None]:
        future: asyncio.Future[Counts | None] = asyncio.get_running_loop().create_future()
        self._next.waiting.append(future)
        if self._travels is None:
            # The task begins after the callbacks that are ready now: requests that came together go together.
            self._travels = asyncio.create_task(self._travel())
        return future

    async def _travel(self) -> None:
        """Make trips while somebody waits for one."""
        try:
            while self._next.waiting:
                trip, self._next = self._next, Trip()
                await self._make(trip)
        finally:
            self._travels = None

    async def _make(self, trip: Trip) -> None:
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look_again, trip)
        try:
            counts = await self._rates.count(trip.asked)
            trip.arrive({key: counts[key] - asked for key, asked in trip.asked.items()})
        except Exception as error:  # noqa: BLE001  # whatever it is, requests pass, and the log has it
            self._suspend(trip, error)
        finally:
            self._patience.cancel()
            self._is_late = False
            trip.arrive(None)

    def _look_again(self, trip: Trip) -> None:
        """A timer is late as well when the loop was held up: the answer may lie at hand, unread."""
        self._patience = asyncio.get_running_loop().call_later(SECOND_LOOK_SECONDS, self._lose_patience, trip)

    def _lose_patience(self, trip: Trip) -> None:
        """The store is late: nobody waits any longer, and until it answers nobody begins to."""
        self._is_late = True
        self._let_go("late", trip)

    def _suspend(self, trip: Trip, error: Exception) -> None:
        """The store is away: say so once, and look out for it."""
        self._looks_out = asyncio.create_task(self._look_out())
        self._let_go("away", trip)
        unexpected = None if isinstance(error, StoreUnavailable) else error
        log.warning("limits_suspended", why=str(error), exc_info=unexpected)

    def _let_go(self, why: str, trip: Trip) -> None:
        following, self._next = self._next, Trip()
        for one in (trip, following):
            self.uncounted[why] += len(one.waiting)
            one.arrive(None)

    async def _look_out(self) -> None:
        passed = self.uncounted.total()
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            try:
                await self._rates.count({"probe": 1})
            except Exception as error:  # noqa: BLE001  # it was told when the looking out began
                log.debug("limits_still_suspended", why=str(error))
            else:
                break
        self._looks_out = None
        log.warning("limits_in_force", passed_uncounted=self.uncounted.total() - passed)


def policy(limits: list[Limit]) -> Header:
    """The header ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-11)."""
    items = ", ".join(f'"{limit.per}";q={limit.most};w={WINDOW_SECONDS}' for limit in limits)
    return b"ratelimit-policy", items.encode()


def judged(limits: list[Limit], left: list[int], policies: Header) -> Verdict:
    """The verdict when so much is ``left`` under each limit (below 0: exceeded), with the header ``RateLimit``."""
    exceeded, items = None, ""
    for limit, rest in zip(limits, left, strict=True):
        if rest < 0:
            exceeded, rest = exceeded or limit, 0
        items += f', "{limit.per}";r={rest};t=1' if items else f'"{limit.per}";r={rest};t=1'
    return Verdict(exceeded, (policies, (b"ratelimit", items.encode())))

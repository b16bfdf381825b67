"""Lanes: tasks that wait for one stranger stand in a line of their own, so that nobody else waits for that stranger."""

from __future__ import annotations

from stickercase.domain.use_cases.create_invoice import WATCH
from stickercase.domain.use_cases.deliver_gift import DELIVER
from stickercase.domain.use_cases.fetch_avatar import FETCH
from stickercase.domain.use_cases.payout_task import PAY_OUT
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.domain.use_cases.read_notice import NOTICE
from stickercase.domain.use_cases.reports import RECONCILE

HOUSE = "house"
"""The lane of what needs the house's own servers only, and of every kind that is not named below."""

LANE = {
    WATCH: "invoices",
    NOTICE: "notices",
    DELIVER: "gifts",
    PAY_OUT: "chain",
    SYNC: "floors",
    FETCH: "photos",
    RECONCILE: "books",
}
"""Of kinds that call a vendor, or take long."""

ONE_BY_ONE = frozenset({"chain", "floors", "photos", "books"})
"""Lanes with work of which there is one piece at a time, or that nobody waits for: one thread each is enough."""

LANES = tuple(sorted({HOUSE, *LANE.values()}))


def threads_of_lanes(threads: int) -> dict[str, int]:
    """How many threads a worker has for each lane: ``threads``, or one."""
    return {lane: 1 if lane in ONE_BY_ONE else threads for lane in LANES}


def lane_of(kind: str) -> str:
    """The lane in which tasks of this kind stand."""
    return LANE.get(kind, HOUSE)

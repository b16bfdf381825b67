"""A case: what is sold, at which price, under which odds table and promise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stickercase.domain.cases.odds import OddsTable


class CaseStatus(Enum):
    """``OUT_OF_STICKERS`` is never stored: it is what an active case is while one of its packs has no free unit."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    OUT_OF_STICKERS = "out_of_stickers"


REBALANCER = "rebalance"
"""Who takes a case off sale, and puts it on sale again, when no person does."""


@dataclass(frozen=True, slots=True)
class OffSale:
    """Who took a case off sale, :data:`REBALANCER` or a caller's name, and why, in a sentence for operators."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case as operators set it. ``base_fee`` is the promised fee in percent; ``odds_id`` its table's version.

    ``reported_fee`` is what the price feeder last measured, in percent; it is shown to operators and decides nothing.
    ``off_sale`` says who made an inactive case inactive; None while it is active, or where nobody knows any more.
    """

    id: int
    name: str
    price_nano: int
    base_fee: float
    image_url: str
    status: CaseStatus
    odds_id: int
    odds: OddsTable
    reported_fee: float | None = None
    off_sale: OffSale | None = None

    @property
    def is_tended(self) -> bool:
        """Whether the rebalancer looks after it: it is on sale, or the rebalancer itself took it off."""
        by_rebalancer = self.off_sale is not None and self.off_sale.by == REBALANCER
        return self.status is CaseStatus.ACTIVE or by_rebalancer

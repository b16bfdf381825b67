"""A delivery held against what the shop says of its order, long after both should have ended. In words:
docs/reconciliation.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stickercase.domain.gifts.deliveries import OVERDUE, Delivery, Stage, is_watched
from stickercase.domain.gifts.orders import GiftState, GiftStatus

LEFT_BEHIND = OVERDUE + timedelta(hours=1)
"""So long after its order a delivery has ended, or is unknown: looks at it are ten minutes apart at most."""


def delivery_mismatch(known: Delivery, state: GiftState, now: datetime) -> str | None:
    """What does not fit between a delivery and the state that the shop told after ``known`` was read; None: all fits.

    The shop forgets orders and does not say how they ended. So ``NOT_FOUND`` contradicts nothing that has ended here.
    """
    said = f"and the shop says {state.status.value}"
    is_sent, is_over = state.status is GiftStatus.SENT, state.status.is_final
    match known.stage:
        case Stage.DELIVERED if not (is_sent or state.status is GiftStatus.NOT_FOUND):
            return f"delivery {known.id} is delivered here, {said}"
        case Stage.RETURNED if is_sent:
            return f"delivery {known.id} is returned here, {said}: its player has the unit and the gift"
        case Stage.RETURNED if not is_over:
            return f"delivery {known.id} is returned here, {said}: it may still arrive"
        case Stage.ORDERED if known.began_at is not None and now >= known.began_at + LEFT_BEHIND:
            return f"delivery {known.id} is still ordered here, {said}: nobody looks at it"
        case Stage.UNKNOWN if is_over and state.status is not GiftStatus.NOT_FOUND and not is_watched(known, now):
            return f"delivery {known.id} waits for a person, {said}"
    return None

"""Why the house says no to a delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stickercase.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NotDeliverable(Refusal):
    """The item is the player's, and there is no way to hand it over outside the house."""

    code: ClassVar[str] = "not_deliverable"
    item_id: int


@dataclass(frozen=True, slots=True)
class DeliveryMoved(Refusal):
    """The delivery is ``stage`` by now, where this can't happen."""

    code: ClassVar[str] = "delivery_moved"
    stage: str

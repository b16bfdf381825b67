"""Upgrades that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded


class Upgrades(Protocol):
    """Upgrades within one transaction."""

    def record(self, upgraded: UnitUpgraded) -> None:
        """Keep an upgrade for ever, and count its draw in the player's live seed pair, which must be locked.

        The items and the units are moved by their own ports.
        """
        ...

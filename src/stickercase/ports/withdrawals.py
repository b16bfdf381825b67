"""Withdrawals of TON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.withdrawals import Withdrawal


class Withdrawals(Protocol):
    """Withdrawals within one transaction. Whoever writes one has locked its player's account."""

    def lately(self, player_id: int, since: datetime) -> tuple[int, int]:
        """Nanotons requested after ``since`` and not released: the player's, and all players'.

        Whoever has asked keeps every other transaction from asking until the commit, so that two together stay
        within the limit of the house.
        """
        ...

    def add(self, withdrawal: Withdrawal) -> None:
        """Keep a new withdrawal."""
        ...

    def find(self, withdrawal_id: int) -> Withdrawal | None:
        """The withdrawal of this id, with its attempts."""
        ...

    def write(self, withdrawal: Withdrawal) -> None:
        """Keep what has become of a withdrawal; attempts that are new are kept for ever."""
        ...

    def of_player(self, player_id: int, limit: int) -> Sequence[Withdrawal]:
        """The player's newest withdrawals, newest first."""
        ...

"""Withdrawals, of TON and of units that live on the chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.addresses import Address
    from stickercase.domain.wallet.withdrawals import InLine, Withdrawal


class Withdrawals(Protocol):
    """Withdrawals within one transaction. Whoever writes one has locked its player's account."""

    def lately(self, player_id: int, since: datetime) -> tuple[int, int]:
        """Nanotons requested after ``since`` and not released: the player's, and all players'.

        Whoever has asked keeps every other transaction from asking until the commit, so that two together stay
        within the limit of the house.
        """
        ...

    def add(self, withdrawal: Withdrawal) -> None:
        """Keep a new withdrawal. Raises ``BrokenLaw`` when another of the same item is under way, or has arrived."""
        ...

    def find(self, withdrawal_id: int) -> Withdrawal | None:
        """The withdrawal of this id, with its attempts."""
        ...

    def write(self, withdrawal: Withdrawal) -> None:
        """Keep what has become of a withdrawal; attempts that are new are kept for ever.

        One withdrawal at most is in flight, that is signed or sent. Whoever would make it two gets a ``BrokenLaw``, at
        the latest when the transaction ends.
        """
        ...

    def of_player(self, player_id: int, limit: int) -> Sequence[Withdrawal]:
        """The player's newest withdrawals, newest first."""
        ...

    def in_line(self, wallet: Address) -> InLine:
        """Whose turn it is, and where the counter of the house's ``wallet`` must be. Nothing is locked."""
        ...

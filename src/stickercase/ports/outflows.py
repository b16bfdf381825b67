"""Everything that was ever signed for a withdrawal, for holding it against the chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.withdrawals import Withdrawal


class Outflows(Protocol):
    """Withdrawals as they stood at one instant."""

    def signed(self) -> Sequence[Withdrawal]:
        """Every withdrawal for which a message was ever signed, with all its attempts, by id.

        Raises ``StoreUnavailable``.
        """
        ...

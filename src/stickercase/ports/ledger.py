"""Money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.ledger.transfers import Transfer
    from stickercase.domain.money import Asset


class Ledger(Protocol):
    """The ledger within one transaction."""

    def balance(self, player_id: int, asset: Asset = ...) -> int:
        """A player's balance in the asset's smallest units (TON unless said otherwise), locked until the commit."""
        ...

    def next_cause(self) -> int:
        """A fresh id for something that causes a transfer; later ones are greater."""
        ...

    def post(self, transfer: Transfer) -> None:
        """Write a transfer and move the player's balance by it.

        Raises :class:`~stickercase.ports.failures.BrokenLaw` when the balance would go below zero or the
        (reason, cause) has its transfer already; the transaction can then only be rolled back.
        """
        ...

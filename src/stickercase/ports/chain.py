"""The chain, as far as payouts need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.addresses import Address
    from stickercase.domain.wallet.payouts import WalletState, WalletTransaction


class Chain(Protocol):
    """Shows wallets and takes messages.

    Every method may raise :class:`~stickercase.ports.failures.VendorUnavailable`, or a subclass that says more.
    """

    def wallet(self, address: Address) -> WalletState:
        """The wallet as it was in one block, the newest that can be seen. Also of an account that nobody ever used."""
        ...

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        """The wallet's transactions from ``since`` on (None: all), newest first, none left out up to ``state``.

        What came after that may be there too. Raises ``VendorUnavailable`` rather than leave one out.
        """
        ...

    def nft_owner(self, item: Address) -> Address | None:
        """Whose an NFT is; None: nobody's, or there is none. The block may be older than others that were seen."""
        ...

    def send(self, message: bytes) -> None:
        """Hand a message over. That it was taken says nothing about its landing; the same one lands once at most.

        Raises :class:`~stickercase.ports.failures.MessageRefused` when the wallet does not take it now.
        """
        ...

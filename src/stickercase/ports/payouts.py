"""The house's own wallet: signing payments and transfers of NFTs. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stickercase.domain.wallet.addresses import Address
    from stickercase.domain.wallet.payouts import Order, PayoutMessage


class Payouts(Protocol):
    """Signs for one wallet, whose key nobody else sees.

    What the recipient gets is exactly the amount, and the wallet pays the fees besides. A payment does not bounce: a
    wallet that was never used gets it as well. A transfer does, so that an NFT can refuse it.
    """

    def address(self) -> Address:
        """Where the wallet is."""
        ...

    def sign(self, order: Order, seqno: int, valid_until: datetime) -> PayoutMessage:
        """A message that pays or asks for the transfer. It lands while the wallet's counter is ``seqno``, until a time.

        The same arguments make the same message. With the counter 0 it deploys the wallet, if need be. The time is in
        whole seconds of the chain's time.
        """
        ...

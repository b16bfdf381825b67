"""Hot wallets for tests: one in memory, and real ones before the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stickercase.adapters.memory.chain import MemoryChain
from stickercase.adapters.memory.payouts import MemoryPayouts
from stickercase.adapters.ton.chain import ToncenterChain
from stickercase.adapters.ton.payouts import TonCorePayouts
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.contracts import Network
from stickercase.domain.wallet.payouts import NftTransfer, Payment, PayoutMessage
from stickercase.ports.chain import Chain
from stickercase.ports.payouts import Payouts
from support.sandboxes import NANO, TON_API_KEY, Outside, Sundial, outside

MNEMONIC = (
    "hospital stove relief fringe tongue always charge angry urge sentence again match nerve inquiry senior coconut "
    "label tumble carry category beauty bean road solution"
)
"""Published with the tests of @ton/crypto: everybody's, and so nobody's."""
SECRET_SEED = "9d659a6c2234db7f6e4f977e6e8653b9f5946d557163f31034011375d8f3f97d"
"""The key that @ton/crypto makes of it."""
ANN, BOB = Address(0, b"\xa0" * 32), Address(0, b"\xb0" * 32)
CONFIRM_SECONDS = 5


@dataclass
class Vault:
    """A hot wallet, its chain, somebody who gives it money, and the clock of both."""

    payouts: Payouts
    chain: Chain
    fund: Callable[[Address, int], object]
    mint: Callable[[Address, Address], object]
    clock: Sundial
    outside: Outside | None = None

    @property
    def wallet(self) -> Address:
        return self.payouts.address()

    def balance(self, address: Address) -> int:
        return self.chain.wallet(address).balance_nano

    def sign(
        self, amount_nano: int = NANO, seqno: int | None = None, seconds: int = 60, to: Address = BOB
    ) -> PayoutMessage:
        state = self.chain.wallet(self.wallet)
        until = (state.at + timedelta(seconds=seconds)).replace(microsecond=0)
        return self.payouts.sign(Payment(to, amount_nano, "a payout"), state.seqno if seqno is None else seqno, until)

    def transfer(self, item: Address, to: Address = BOB, query_id: int = 1) -> PayoutMessage:
        """Ask an NFT to be somebody's."""
        state = self.chain.wallet(self.wallet)
        until = (state.at + timedelta(minutes=1)).replace(microsecond=0)
        message = self.payouts.sign(NftTransfer(item, to, query_id), state.seqno, until)
        self.chain.send(message.content)
        self.confirm()
        return message

    def confirm(self) -> None:
        self.clock.pass_time(seconds=CONFIRM_SECONDS + 1)


MakeVault = Callable[[Path], AbstractContextManager[Vault]]


@contextmanager
def memory_vault(_: Path) -> Iterator[Vault]:
    """All in memory."""
    clock = Sundial()
    chain = MemoryChain(clock, timedelta(seconds=CONFIRM_SECONDS))
    yield Vault(MemoryPayouts(Address(0, b"\x01" * 32)), chain, chain.fund, chain.owners.__setitem__, clock)


def toncenter_vault(contract: str) -> MakeVault:
    """A wallet of this contract, and toncenter's adapter before the sandbox."""

    @contextmanager
    def vault(folder: Path) -> Iterator[Vault]:
        with outside(folder) as world:
            world.control("ton", confirm_seconds=CONFIRM_SECONDS)
            yield Vault(
                TonCorePayouts(MNEMONIC, contract, Network.MAINNET),
                ToncenterChain(world.ton_url, TON_API_KEY),
                lambda address, nano: world.control("accounts", address=address.raw, amount=str(nano)),
                lambda item, owner: world.control("nfts", address=item.raw, owner=owner.raw),
                world.clock,
                world,
            )

    return vault


VAULTS: dict[str, MakeVault] = {
    "memory": memory_vault,
    "v4r2": toncenter_vault("v4r2"),
    "v5r1": toncenter_vault("v5r1"),
}

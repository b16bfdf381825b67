"""A chain in memory: messages of :class:`~stickercase.adapters.memory.payouts.MemoryPayouts` wait in it, and land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stickercase.adapters.memory.payouts import MemoryMessage, read_message
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import NftAnswer, NftTransfer, Order, Paid, WalletState, WalletTransaction
from stickercase.ports.clock import Clock
from stickercase.ports.failures import MessageRefused

GAS_NANO = 3_000_000
NFT_GAS_NANO = 10_000_000


@dataclass(frozen=True, slots=True)
class _Account:
    balance_nano: int = 0
    seqno: int = 0
    transactions: tuple[WalletTransaction, ...] = ()


class MemoryChain:
    """Accounts, and messages that wait ``lands_after`` until they land; the chain's time is the clock's.

    ``owners`` are those of the NFTs. What is ``mute`` among these takes requests, does nothing and answers nothing.
    """

    def __init__(self, clock: Clock, lands_after: timedelta = timedelta()) -> None:
        self._clock = clock
        self.lands_after = lands_after
        self.owners: dict[Address, Address] = {}
        self.mute: set[Address] = set()
        self._accounts: dict[Address, _Account] = {}
        self._waiting: dict[str, tuple[datetime, MemoryMessage]] = {}
        self._lt = 0

    def wallet(self, address: Address) -> WalletState:
        self._advance()
        account = self._account(address)
        lt = account.transactions[0].lt if account.transactions else 0
        return WalletState(address, account.balance_nano, account.seqno, lt, self._clock.now())

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        self._advance()
        known = self._account(state.address).transactions
        return [one for one in known if since is None or one.at >= since]

    def nft_owner(self, item: Address) -> Address | None:
        self._advance()
        return self.owners.get(item)

    def send(self, message: bytes) -> None:
        self._advance()
        read, now = read_message(message), self._clock.now()
        self._check(read, now)
        self._waiting.setdefault(read.hash, (now + self.lands_after, read))
        self._advance()

    def fund(self, address: Address, amount_nano: int) -> None:
        """Give an account money out of nowhere."""
        account = self._account(address)
        self._accounts[address] = replace(account, balance_nano=account.balance_nano + amount_nano)

    def forget_waiting(self) -> None:
        """Lose what has not landed, as a node that restarts may."""
        self._waiting.clear()

    def _account(self, address: Address) -> _Account:
        return self._accounts.get(address, _Account())

    def _check(self, message: MemoryMessage, at: datetime) -> None:
        account = self._account(message.wallet)
        if account.balance_nano < GAS_NANO:
            raise MessageRefused("the account has no money to pay for gas with")
        if message.valid_until <= at:
            raise MessageRefused("it has expired")
        if message.seqno != account.seqno:
            raise MessageRefused(f"its seqno is {message.seqno} and the wallet's is {account.seqno}")

    def _advance(self) -> None:
        now = self._clock.now()
        for name, (at, message) in sorted(self._waiting.items(), key=lambda item: item[1][0]):
            if at <= now:
                del self._waiting[name]
                self._land(message, at)

    def _land(self, message: MemoryMessage, at: datetime) -> None:
        try:
            self._check(message, at)
        except MessageRefused:
            return  # It is forgotten without a word, as in a real one.
        account, order = self._account(message.wallet), message.order
        left = account.balance_nano - GAS_NANO
        is_paid = order.amount_nano <= left
        self._lt += 1
        paid = (Paid(_recipient(order), order.amount_nano),) if is_paid else ()
        landed = WalletTransaction(self._lt, at, message.hash, paid)
        left -= order.amount_nano if is_paid else 0
        self._accounts[message.wallet] = _Account(left, account.seqno + 1, (landed, *account.transactions))
        if is_paid:
            self.fund(_recipient(order), order.amount_nano)
            self._ask(message.wallet, order, at)

    def _ask(self, wallet: Address, order: Order, at: datetime) -> None:
        """Let an NFT do as it is told by its owner, and send back what is left; anybody else's request bounces."""
        if not isinstance(order, NftTransfer) or order.item in self.mute:
            return
        is_owner = self.owners.get(order.item) == wallet
        if is_owner:
            self.owners[order.item] = order.new_owner
        self.fund(order.item, -order.amount_nano)
        self.fund(wallet, order.amount_nano - NFT_GAS_NANO)
        self._lt += 1
        answer = NftAnswer(order.item, order.query_id, bounced=not is_owner)
        account = self._account(wallet)
        told = WalletTransaction(self._lt, at, None, (), answer)
        self._accounts[wallet] = replace(account, transactions=(told, *account.transactions))


def _recipient(order: Order) -> Address:
    return order.item if isinstance(order, NftTransfer) else order.address

"""Savers who withdraw, the hot wallet that pays them, and a chain in memory: for one pass after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from stickercase.adapters.memory.chain import MemoryChain
from stickercase.adapters.memory.payouts import MemoryPayouts
from stickercase.domain.money import NANO
from stickercase.domain.players.profile import Player
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.pay_withdrawals import pay_withdrawals
from stickercase.domain.use_cases.request_withdrawal import request_withdrawal
from stickercase.domain.use_cases.tasks import Again, Done
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.ownership import Connected
from stickercase.domain.wallet.withdrawals import Limits, Withdrawal
from stickercase.ports.chain import Chain
from stickercase.ports.transactions import Transactions
from support.worlds import World

HOT = Address(0, b"\x01" * 32)
FEE_NANO = NANO // 20
LIMITS = Limits(NANO, 10**18, FEE_NANO, 10**18, 10**18, approval_above_nano=500 * NANO)
LANDS_AFTER = timedelta(seconds=5)


@dataclass
class PayDesk:
    """A world, and what pays there. Each saver has a wallet of his own, so what arrives says whose it is."""

    world: World
    chain: MemoryChain
    payouts: MemoryPayouts = field(default_factory=lambda: MemoryPayouts(HOT))
    asked: list[tuple[int, Player, Address]] = field(default_factory=list)

    def ask(self, amount_nano: int = 10 * NANO, balance_nano: int | None = None) -> int:
        """A new saver asks for a withdrawal; its id."""
        player = self.world.new_player(balance_nano or amount_nano)
        home = Address(0, player.id.to_bytes(32, "big"))
        with self.world.transactions() as tx:
            tx.ledger.balance(player.id)
            tx.wallets.connect(player.id, Connected(home, "v4r2", bytes(32), self.world.clock.now()))
        answered = request_withdrawal(
            self.world.transactions,
            self.world.clock,
            LIMITS,
            Caller(f"player:{player.id}"),
            player.profile.telegram_id,
            amount_nano,
            lambda begun, _: b"%d" % begun.id,
        )
        self.asked.append((int(answered.answer), player, home))
        return int(answered.answer)

    def make_pass(self, transactions: Transactions | None = None, chain: Chain | None = None) -> Done | Again:
        return pay_withdrawals(
            transactions or self.world.transactions, self.world.clock, self.payouts, chain or self.chain
        )

    def find(self, withdrawal_id: int) -> Withdrawal:
        with self.world.transactions() as tx:
            found = tx.withdrawals.find(withdrawal_id)
        assert found is not None
        return found

    def stages(self) -> list[str]:
        return [self.find(withdrawal_id).stage.value for withdrawal_id, _, _ in self.asked]

    def arrived(self) -> list[int]:
        """What every saver's wallet has, in nanotons."""
        return [self.chain.wallet(home).balance_nano for _, _, home in self.asked]

    def balances(self) -> list[int]:
        return [self.world.balance(player) for _, player, _ in self.asked]

    def drain(self, most: int = 200, until: Callable[[], bool] = lambda: False) -> list[str]:
        """Pass after pass, each when it is due, until nobody is in line; the alarms."""
        alarms = []
        for _ in range(most):
            result = self.make_pass()
            if isinstance(result, Done) and not result.alarm:
                return alarms
            alarms += [result.note] if isinstance(result, Done) else []
            self.world.clock.pass_time(seconds=2)
            if until():
                return alarms
        raise AssertionError(f"still in line after {most} passes: {self.stages()}")


def pay_desk(world: World, hot_nano: int = 1000 * NANO) -> PayDesk:
    """A desk in this world, with so much in the hot wallet."""
    chain = MemoryChain(world.clock, LANDS_AFTER)
    chain.fund(HOT, hot_nano)
    return PayDesk(world, chain)

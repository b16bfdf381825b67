"""A worker that pays withdrawals and dies of it now and then, by SIGKILL, and the scheduler beside it.

``python -m support.payer_program worker|scheduler``. ``PAYER_DEATH`` is the chance to die at a step of a pass: before
and after every commit and every call of the chain. Pauses and leases are short, so that the work of the dead comes
back soon.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from stickercase.adapters.ton.chain import ToncenterChain
from stickercase.domain.use_cases import pay_withdrawals as paying
from stickercase.domain.use_cases import sweep_tasks as sweeping
from stickercase.domain.use_cases.payout_task import PAY_OUT
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Handler
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.payouts import WalletState, WalletTransaction
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import read_settings
from stickercase.entrypoints.workers import kinds
from stickercase.ports.chain import Chain
from stickercase.ports.transactions import Transaction, Transactions
from support.programs import serve

LEASE = timedelta(seconds=1)
CALL_SECONDS = 0.6
SCHEDULES = (Schedule("sweep", timedelta(seconds=0.5)), Schedule("resume_payouts", timedelta(seconds=0.5)))
DEATH = float(os.environ.get("PAYER_DEATH", "0"))


def step() -> None:
    """Perhaps the last one."""
    if random.random() < DEATH:
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(transactions: Transactions) -> Transactions:
    """Transactions around whose commits one may die."""

    @contextmanager
    def begin() -> Iterator[Transaction]:
        with transactions() as tx:
            yield tx
            step()
        step()

    return begin


class MortalChain:
    """A chain around whose calls one may die."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def wallet(self, address: Address) -> WalletState:
        step()
        return self._chain.wallet(address)

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        step()
        return self._chain.transactions(state, since)

    def nft_owner(self, item: Address) -> Address | None:
        step()
        return self._chain.nft_owner(item)

    def send(self, message: bytes) -> None:
        step()
        self._chain.send(message)
        step()


def handlers(container: Container) -> dict[str, Handler]:
    """The product's, with a mortal payer."""
    settings = container.settings()
    chain = MortalChain(ToncenterChain(settings.ton_api_base(), settings.ton_api_key, seconds=CALL_SECONDS))
    transactions, clock, payouts = mortal(container.transactions()), container.clock(), container.payouts()
    pay = Handler(
        lambda task: paying.pay_withdrawals(transactions, clock, payouts, chain, task), lease=LEASE, attempts=10_000
    )
    return kinds.handlers(container) | {PAY_OUT: pay}


def main(what: str) -> None:
    """Run it."""
    paying.FIRST_LOOK = timedelta(seconds=0.1)
    paying.NEXT_LOOK = timedelta(seconds=0.2)
    sweeping.GRACE = timedelta(seconds=0.3)
    serve(what, make_container(read_settings(os.environ)), handlers, SCHEDULES)


if __name__ == "__main__":
    main(sys.argv[1])

"""Deposits and withdrawals of a world's players, without a provider and without a chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from stickercase.domain.players.profile import Player
from stickercase.domain.use_cases.advance_withdrawal import advance_withdrawal
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.request_withdrawal import request_withdrawal
from stickercase.domain.use_cases.settle_invoice import settle_invoice
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.invoices import Invoice, InvoiceStatus, Sighting
from stickercase.domain.wallet.ownership import Connected
from stickercase.domain.wallet.withdrawals import Attempt, Landing, Limits, Look, looked, signed
from support.worlds import World

HOUSE = Address(0, bytes(32))
HOME = Address(0, bytes(range(32)))
_ids = count(1)


def new_invoice(world: World, player: Player, amount_nano: int) -> Invoice:
    """An open invoice of the player."""
    now = world.clock.now()
    made = Invoice(f"invoice-{next(_ids)}", player.id, amount_nano, now, now + timedelta(days=1))
    with world.transactions() as tx:
        tx.ledger.balance(player.id)
        tx.invoices.add(PayableInvoice(made, "https://pay.example/1", HOUSE))
    return made


def deposit(world: World, player: Player, amount_nano: int) -> None:
    """An invoice that was made and paid."""
    made = new_invoice(world, player, amount_nano)
    settle_invoice(world.transactions, world.clock, Sighting(made.id, InvoiceStatus.PAID, amount_nano))


def give_wallet(world: World, player: Player) -> None:
    """Connect a wallet that nobody had to prove."""
    with world.transactions() as tx:
        tx.ledger.balance(player.id)
        tx.wallets.connect(player.id, Connected(HOME, "v4r2", bytes(32), world.clock.now()))


def attempt(message_hash: str, valid_until: datetime, seqno: int = 0, wallet: Address = HOUSE) -> Attempt:
    """A message that nobody signed."""
    return Attempt(message_hash, valid_until, wallet, seqno, f"message {message_hash}".encode())


def withdraw(world: World, player: Player, amount_nano: int) -> None:
    """A withdrawal that was paid, with a fee of one nanoton."""
    give_wallet(world, player)
    limits = Limits(2, 10**18, 1, 10**18, 10**18, 10**18)
    caller, me = Caller(f"player:{player.id}"), player.profile.telegram_id
    render = lambda begun, _: b"%d" % begun.id  # noqa: E731  # one line
    answered = request_withdrawal(world.transactions, world.clock, limits, caller, me, amount_nano, render)
    message_hash = f"{next(_ids):064x}"
    for move in (
        lambda known, at: signed(known, attempt(message_hash, at + timedelta(minutes=1)), at),
        lambda known, at: looked(known, Look(message_hash, Landing.PAID, at)),
    ):
        advance_withdrawal(world.transactions, world.clock, int(answered.answer), move)

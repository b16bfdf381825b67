"""Deposits: an invoice to pay, and asking whether it was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec
from anyio import CapacityLimiter, fail_after, to_thread
from litestar import Router, post

from stickercase.domain.money import ton
from stickercase.domain.use_cases.create_invoice import PayableInvoice
from stickercase.domain.use_cases.settle_invoice import InvoiceSettled
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.looks import Looks
from stickercase.entrypoints.http.provided import FromLobby, FromMe, FromUseCase
from stickercase.entrypoints.http.requests import Amount, ApiRequest, amount_nano
from stickercase.ports.failures import VendorUnavailable

VENDOR_THREADS = CapacityLimiter(4)
"""Who waits for the payment provider waits apart: when it hangs, nothing else of this process does."""
PATIENCE_SECONDS = 10.0
"""So long a request waits for its turn. Those behind a provider that hangs would wait for longer than anybody stays."""

CHECKS: Looks[InvoiceSettled] = Looks()
"""A player who asks all the time takes one turn of four, and not all."""

T = TypeVar("T")


class InvoiceWishWire(msgspec.Struct):
    """How much a player means to deposit, in TON; what comes above it counts as well."""

    amount: Amount | None = None


class InvoiceWire(msgspec.Struct):
    """An invoice. Pay by ``payment_link``, unchanged: a payment to the address alone may be lost."""

    status: str
    message: str
    address_to_pay: str
    invoice_id: str
    payment_link: str
    amount: float
    expires_at: datetime


class DepositedWire(msgspec.Struct):
    """An invoice that is paid. ``status`` is the invoice's; ``new_balance`` in TON."""

    message: str
    status: str
    new_balance: float


async def in_turn(act: Callable[[], T]) -> T:
    """What ``act`` gives, which asks the provider. Raises :class:`VendorUnavailable` when its turn does not come."""
    turn = object()
    try:
        with fail_after(PATIENCE_SECONDS):
            await VENDOR_THREADS.acquire_on_behalf_of(turn)
    except TimeoutError as error:
        raise VendorUnavailable("too many wait for the payment provider") from error
    try:
        return await to_thread.run_sync(act, limiter=CapacityLimiter(1))
    finally:
        VENDOR_THREADS.release_on_behalf_of(turn)


@post(
    "/{telegram_id:str}/create-invoice",
    guards=[player_only],
    status_code=200,
    summary="An invoice for a deposit",
)
async def post_create_invoice(
    request: ApiRequest,
    telegram_id: str,
    me: FromMe,
    lobby: FromLobby,
    create_invoice: FromUseCase,
    data: InvoiceWishWire | None = None,
) -> InvoiceWire:
    """One invoice is open at a time: a repeat shows the same one. The body may be left out."""
    wished_nano = None if data is None else amount_nano(data.amount, "amount")

    def make() -> PayableInvoice:
        meet(telegram_id, me, lobby)
        made: PayableInvoice = create_invoice(me.profile.telegram_id, wished_nano)
        return made

    payable = await in_turn(make)
    invoice = payable.invoice
    return InvoiceWire(
        status="success",
        message="Invoice created",
        address_to_pay=payable.pay_to.friendly(testnet=request.app.state.testnet),
        invoice_id=invoice.id,
        payment_link=payable.payment_link,
        amount=ton(invoice.amount_nano),
        expires_at=invoice.expires_at,
    )


@post(
    "/{telegram_id:str}/check-deposit",
    guards=[player_only],
    status_code=200,
    summary="Whether the invoice is paid",
)
async def post_check_deposit(
    telegram_id: str, me: FromMe, lobby: FromLobby, check_deposit: FromUseCase
) -> DepositedWire:
    """Ask the provider now. 400 `invoice_not_paid` with the invoice's status until it is paid."""

    def check() -> InvoiceSettled:
        meet(telegram_id, me, lobby)
        settled: InvoiceSettled = check_deposit(me.profile.telegram_id)
        return settled

    settled = await CHECKS.share(me.profile.telegram_id, lambda: in_turn(check))
    return DepositedWire("Invoice is paid", settled.invoice.status.value, ton(settled.balance_nano))


router = Router("/api/wallet", route_handlers=[post_create_invoice, post_check_deposit], tags=["wallet"])

"""Withdrawals: TON to the connected wallet, held at once and paid out by a worker."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, Router, get, post

from stickercase.domain.money import ton
from stickercase.domain.wallet.withdrawals import Withdrawal
from stickercase.entrypoints.http.callers import player_only
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromLobby, FromMe, FromWithdrawals
from stickercase.entrypoints.http.requests import Amount, ApiRequest, amount_nano
from stickercase.ports.reading import WithdrawalLine


class WithdrawalWishWire(msgspec.Struct):
    """How much a player wants out, in TON."""

    telegram_id: int | str
    amount: Amount


class WithdrawalWire(msgspec.Struct, kw_only=True):
    """A withdrawal. ``amount`` left the balance; the wallet at ``address`` gets ``paid_amount``, less by ``fee``.

    ``status`` is `awaiting_approval`, `held`, `signed`, `sent`, and at last `confirmed`, `failed`, `expired` or
    `rejected`. ``message_hashes`` name the messages to the chain, oldest first; ``paid_by`` is the one that paid. With
    an ``nft_address`` a unit goes out, ``item_id`` of the inventory, and the amounts are 0.
    """

    id: int
    amount: float
    fee: float
    paid_amount: float
    address: str
    status: str
    requested_at: datetime
    message_hashes: list[str]
    paid_by: str | None
    item_id: int | None
    nft_address: str | None


class RequestedWire(msgspec.Struct):
    """The withdrawal that begins; ``balance`` in TON is what is left."""

    status: str
    withdrawal: WithdrawalWire
    balance: float


class WithdrawalsWire(msgspec.Struct):
    """A page of a player's withdrawals, newest first; ``withdrawal_count`` counts all of them."""

    status: str
    withdrawal_count: int
    withdrawals: list[WithdrawalWire]
    next_cursor: str | None


@post("/withdrawal", guards=[player_only], status_code=200, sync_to_thread=True, summary="Withdraw TON")
def post_withdrawal(
    request: ApiRequest, data: WithdrawalWishWire, me: FromMe, caller: FromCaller, request_withdrawal: Act
) -> Response[RequestedWire]:
    """To the connected wallet: the amount is held at once, and paid out less the fee. Large ones wait for a person."""
    telegram_id = me.named(data.telegram_id)
    wished_nano = amount_nano(data.amount, "amount")
    testnet: bool = request.app.state.testnet

    def render(begun: Withdrawal, balance_nano: int) -> bytes:
        wire = withdrawal_wire(line_of(begun, telegram_id), testnet=testnet)
        return msgspec.json.encode(RequestedWire("success", wire, ton(balance_nano)))

    return answer(request_withdrawal(caller, telegram_id, wished_nano, render))


@get("/{telegram_id:str}/withdrawals", guards=[player_only], sync_to_thread=True, summary="A player's withdrawals")
def get_withdrawals(
    request: ApiRequest,
    telegram_id: str,
    me: FromMe,
    lobby: FromLobby,
    withdrawals: FromWithdrawals,
    limit: PageSize = None,
    cursor: str | None = None,
) -> WithdrawalsWire:
    """Where each of them is, newest first."""
    player_id = meet(telegram_id, me, lobby)
    size = page_size(limit)
    total, lines = withdrawals.withdrawals_of(player_id, size, before(cursor))
    wires = [withdrawal_wire(line, testnet=request.app.state.testnet) for line in lines]
    return WithdrawalsWire("success", total, wires, after([one.id for one in lines], size))


def line_of(withdrawal: Withdrawal, telegram_id: int | None = None) -> WithdrawalLine:
    """A withdrawal as the reading port tells it."""
    return WithdrawalLine(
        withdrawal.id,
        telegram_id,
        withdrawal.address,
        withdrawal.amount_nano,
        withdrawal.fee_nano,
        withdrawal.requested_at,
        withdrawal.stage.value,
        tuple(attempt.message_hash for attempt in withdrawal.attempts),
        withdrawal.paid_by,
        withdrawal.unit,
    )


def withdrawal_wire(line: WithdrawalLine, *, testnet: bool) -> WithdrawalWire:
    """A withdrawal as it is shown, its address in the form that does not bounce."""
    return WithdrawalWire(
        id=line.id,
        amount=ton(line.amount_nano),
        fee=ton(line.fee_nano),
        paid_amount=ton(line.amount_nano - line.fee_nano),
        address=line.address.friendly(testnet=testnet),
        status=line.stage,
        requested_at=line.requested_at,
        message_hashes=list(line.message_hashes),
        paid_by=line.paid_by,
        item_id=None if line.unit is None else line.unit.item_id,
        nft_address=None if line.unit is None else line.unit.nft_address.friendly(bounceable=True, testnet=testnet),
    )


router = Router("/api/wallet", route_handlers=[post_withdrawal, get_withdrawals], tags=["wallet"])

"""What operators do with players: correct a balance, block and unblock."""

from __future__ import annotations

import msgspec
from litestar import Response, post

from stickercase.domain.money import ton
from stickercase.domain.players.profile import MAX_TELEGRAM_ID
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller
from stickercase.entrypoints.http.requests import Amount, amount_nano, spoken, whole_number


class AdjustmentWire(msgspec.Struct):
    """An amount in TON to add (negative: to take away), and why."""

    amount: Amount
    reason: str


class BalanceWire(msgspec.Struct):
    """A player's balance in TON."""

    status: str
    balance: float


class BlockWire(msgspec.Struct):
    """Whether a player is blocked now."""

    status: str
    blocked: bool


@post("/players/{telegram_id:str}/adjust", status_code=200, sync_to_thread=True, summary="Adjust a balance")
def post_adjustment(
    telegram_id: str, data: AdjustmentWire, caller: FromCaller, adjust_balance: Act
) -> Response[BalanceWire]:
    """Correct a player's balance through the ledger, down to zero at most."""
    player = _named(telegram_id)
    nano = amount_nano(data.amount, "amount", signed=True)
    reason = spoken(data.reason, "reason")
    answered = adjust_balance(
        caller, player, nano, reason, lambda left: msgspec.json.encode(BalanceWire("success", ton(left)))
    )
    return answer(answered)


@post("/players/{telegram_id:str}/block", status_code=200, sync_to_thread=True, summary="Block a player")
def post_block(telegram_id: str, caller: FromCaller, block_player: Act) -> Response[BlockWire]:
    """From now on the player reads and withdraws, but does not play."""
    return answer(block_player(caller, _named(telegram_id), True, _block_answer))


@post("/players/{telegram_id:str}/unblock", status_code=200, sync_to_thread=True, summary="Unblock a player")
def post_unblock(telegram_id: str, caller: FromCaller, block_player: Act) -> Response[BlockWire]:
    """Let the player play again."""
    return answer(block_player(caller, _named(telegram_id), False, _block_answer))


def _named(telegram_id: str) -> int:
    return whole_number(telegram_id, "telegram_id", 1, MAX_TELEGRAM_ID)


def _block_answer(blocked: bool) -> bytes:
    return msgspec.json.encode(BlockWire("success", blocked))


HANDLERS = (post_adjustment, post_block, post_unblock)

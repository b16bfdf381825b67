"""What operators do with withdrawals: see which wait for a person, approve and reject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.wallet.withdrawals import Stage, Withdrawal
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromWithdrawals
from stickercase.entrypoints.http.requests import MAX_ID, ApiRequest, whole_number
from stickercase.entrypoints.http.withdrawals import WithdrawalWire, line_of, withdrawal_wire

STAGES = tuple(stage.value for stage in Stage)


class PlayersWithdrawalWire(msgspec.Struct):
    """A withdrawal with its player; ``telegram_id`` is null for one who has none."""

    telegram_id: int | None
    withdrawal: WithdrawalWire


class AllWithdrawalsWire(msgspec.Struct):
    """A page of withdrawals; ``withdrawal_count`` counts all that were asked for."""

    status: str
    withdrawal_count: int
    withdrawals: list[PlayersWithdrawalWire]
    next_cursor: str | None


class ReviewedWire(msgspec.Struct):
    """A withdrawal after an operator's word."""

    status: str
    withdrawal: WithdrawalWire


@get("/withdrawals", sync_to_thread=True, summary="Withdrawals")
def get_all_withdrawals(
    request: ApiRequest,
    withdrawals: FromWithdrawals,
    limit: PageSize = None,
    cursor: str | None = None,
    wanted: Annotated[str | None, Parameter(query="status")] = None,
) -> AllWithdrawalsWire:
    """Newest first; with `status` those in one stage. Those that await approval come oldest first."""
    size = page_size(limit)
    if wanted is not None and wanted not in STAGES:
        raise Refused(InvalidRequest("status", f"one of {', '.join(STAGES)}"))
    total, lines = withdrawals.withdrawals(
        wanted, size, before(cursor), oldest_first=wanted == Stage.AWAITING_APPROVAL.value
    )
    testnet: bool = request.app.state.testnet
    wires = [PlayersWithdrawalWire(line.telegram_id, withdrawal_wire(line, testnet=testnet)) for line in lines]
    return AllWithdrawalsWire("success", total, wires, after([one.id for one in lines], size))


@post("/withdrawals/{withdrawal_id:str}/approve", status_code=200, sync_to_thread=True, summary="Approve a withdrawal")
def post_approval(
    request: ApiRequest, withdrawal_id: str, caller: FromCaller, review_withdrawal: Act
) -> Response[ReviewedWire]:
    """Let a withdrawal that awaits approval go out."""
    wanted = whole_number(withdrawal_id, "id", 1, MAX_ID)
    return answer(review_withdrawal(caller, wanted, True, _told(request)))


@post("/withdrawals/{withdrawal_id:str}/reject", status_code=200, sync_to_thread=True, summary="Reject a withdrawal")
def post_rejection(
    request: ApiRequest, withdrawal_id: str, caller: FromCaller, review_withdrawal: Act
) -> Response[ReviewedWire]:
    """Give the amount or the unit back to the player; possible as long as no message to the chain can be on its way."""
    wanted = whole_number(withdrawal_id, "id", 1, MAX_ID)
    return answer(review_withdrawal(caller, wanted, False, _told(request)))


def _told(request: ApiRequest) -> Callable[[Withdrawal], bytes]:
    testnet: bool = request.app.state.testnet
    return lambda known: msgspec.json.encode(ReviewedWire("success", withdrawal_wire(line_of(known), testnet=testnet)))


HANDLERS = (get_all_withdrawals, post_approval, post_rejection)

"""What operators see of deliveries, and their word about them: how one ended, stars to give, pausing and resuming."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from stickercase.domain.gifts.deliveries import USERNAME, Delivery, Stage, Stars
from stickercase.domain.gifts.orders import LEAST_STARS
from stickercase.domain.gifts.pauses import Pause
from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.openings import answer
from stickercase.entrypoints.http.provided import Act, FromCaller, FromWork
from stickercase.entrypoints.http.requests import MAX_ID, spoken, whole_number

MOST_STARS = 1_000_000


class OperatorDeliveryWire(msgspec.Struct):
    """A delivery with all that helps to decide about it: a unit's (with a player), or stars that an operator gives.

    ``orders`` counts the intentions, the last one at ``began_at``; ``queue_id`` is Giftly's number.
    """

    id: int
    stage: str
    recipient: str
    requested_at: datetime
    orders: int
    began_at: datetime | None
    queue_id: int | None
    ended_at: datetime | None
    why: str
    text: str
    player_id: int | None = None
    item_id: int | None = None
    unit_id: int | None = None
    gift_id: str | None = None
    stars: int | None = None
    reason: str | None = None


class PauseWire(msgspec.Struct):
    """Why no order goes out; from ``retry_at`` on one tries. Null: until an operator resumes."""

    since: datetime
    why: str
    text: str
    retry_at: datetime | None


class DeliveriesWire(msgspec.Struct):
    """A page of deliveries, newest first; ``delivery_count`` counts all of them, ``paused`` is null if none is."""

    status: str
    delivery_count: int
    deliveries: list[OperatorDeliveryWire]
    paused: PauseWire | None
    next_cursor: str | None


class SettledDeliveryWire(msgspec.Struct):
    """One delivery."""

    status: str
    delivery: OperatorDeliveryWire


class PausedWire(msgspec.Struct):
    """The pause in force."""

    status: str
    paused: PauseWire | None


class PauseReasonWire(msgspec.Struct):
    """Why deliveries are paused."""

    reason: str


class StarsWire(msgspec.Struct):
    """Stars for a Telegram username (without `@`), and why."""

    username: str
    stars: int | str
    reason: str


@get("/deliveries", sync_to_thread=True, summary="Deliveries")
def get_deliveries(
    work: FromWork,
    limit: PageSize = None,
    cursor: str | None = None,
    wanted: Annotated[str | None, Parameter(query="status")] = None,
) -> DeliveriesWire:
    """Deliveries, newest first; with `status` those at one stage only. `unknown` ones wait for you."""
    size = page_size(limit)
    stages = [stage.value for stage in Stage]
    if wanted is not None and wanted not in stages:
        raise Refused(InvalidRequest("status", f"one of {', '.join(stages)}"))
    total, found = work.deliveries(wanted, size, before(cursor))
    following = after([one.id for one in found], size)
    pause = pause_wire(work.dispatch().pause)
    return DeliveriesWire("success", total, [delivery_wire(one) for one in found], pause, following)


@post("/deliveries/{delivery_id:str}/delivered", status_code=200, sync_to_thread=True, summary="It has arrived")
def post_delivered(delivery_id: str, caller: FromCaller, settle_delivery: Act) -> Response[SettledDeliveryWire]:
    """Say of an unknown delivery that it has arrived: the unit is gone for good."""
    return answer(settle_delivery(caller, _named(delivery_id), True, _one))


@post("/deliveries/{delivery_id:str}/returned", status_code=200, sync_to_thread=True, summary="It has not arrived")
def post_returned(delivery_id: str, caller: FromCaller, settle_delivery: Act) -> Response[SettledDeliveryWire]:
    """Say of an unknown delivery, or of one not ordered yet, that it does not arrive: the player has the unit again."""
    return answer(settle_delivery(caller, _named(delivery_id), False, _one))


@post("/deliveries/pause", status_code=200, sync_to_thread=True, summary="Pause all deliveries")
def post_pause(data: PauseReasonWire, caller: FromCaller, pause_deliveries: Act) -> Response[PausedWire]:
    """Order no more gifts and stars until an operator resumes."""
    return answer(pause_deliveries(caller, spoken(data.reason, "reason"), _pause))


@post("/deliveries/resume", status_code=200, sync_to_thread=True, summary="Have deliveries go on")
def post_resume(caller: FromCaller, resume_deliveries: Act) -> Response[PausedWire]:
    """Order again, at once: the cause of the pause is mended."""
    return answer(resume_deliveries(caller, _pause))


@post("/stars", status_code=200, sync_to_thread=True, summary="Give stars")
def post_stars(data: StarsWire, caller: FromCaller, order_stars: Act) -> Response[SettledDeliveryWire]:
    """Have Telegram Stars bought for somebody, as soon as a worker gets to it."""
    stars = whole_number(data.stars, "stars", LEAST_STARS, MOST_STARS)
    if not USERNAME.fullmatch(data.username):
        raise Refused(InvalidRequest("username", "5 to 32 of A-Z, a-z, 0-9 and _, without @"))
    return answer(order_stars(caller, data.username, Stars(stars, spoken(data.reason, "reason")), _one))


def delivery_wire(delivery: Delivery) -> OperatorDeliveryWire:
    """A delivery as operators see it."""
    told = {name: value for name, value in asdict(delivery).items() if name not in ("goods", "stage")}
    return OperatorDeliveryWire(**told, stage=delivery.stage.value, **asdict(delivery.goods))


def pause_wire(pause: Pause | None) -> PauseWire | None:
    """The pause as operators see it."""
    return None if pause is None else PauseWire(pause.since, pause.why, pause.text, pause.retry_at)


def _named(delivery_id: str) -> int:
    return whole_number(delivery_id, "id", 1, MAX_ID)


def _one(delivery: Delivery) -> bytes:
    return msgspec.json.encode(SettledDeliveryWire("success", delivery_wire(delivery)))


def _pause(pause: Pause | None) -> bytes:
    return msgspec.json.encode(PausedWire("success", pause_wire(pause)))


HANDLERS = (get_deliveries, post_delivered, post_returned, post_pause, post_resume, post_stars)

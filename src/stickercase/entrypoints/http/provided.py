"""What handlers ask for: use cases and readings, filled in by the container through plain functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from prometheus_client import CollectorRegistry

from stickercase.domain.use_cases.once import Answered, Caller
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.http.callers import PlayerCaller, ServiceCaller
from stickercase.entrypoints.http.lobby import Lobby
from stickercase.entrypoints.http.opening_door import OpeningDoor
from stickercase.entrypoints.http.requests import ApiRequest, idempotency_key, request_hash
from stickercase.entrypoints.http.window import Window
from stickercase.ports.reading import Draws, Office, People, PriceHistory, Prices, Shelves, WithdrawalLines, Work

FromShelves = NamedDependency[SkipValidation[Shelves]]
FromPeople = NamedDependency[SkipValidation[People]]
FromPrices = NamedDependency[SkipValidation[Prices]]
FromPriceHistory = NamedDependency[SkipValidation[PriceHistory]]
FromDraws = NamedDependency[SkipValidation[Draws]]
FromWindow = NamedDependency[SkipValidation[Window]]
FromOffice = NamedDependency[SkipValidation[Office]]
FromPictures = NamedDependency[SkipValidation[Any]]
FromWithdrawals = NamedDependency[SkipValidation[WithdrawalLines]]
FromWork = NamedDependency[SkipValidation[Work]]
FromDoor = NamedDependency[SkipValidation[OpeningDoor]]
FromLobby = NamedDependency[SkipValidation[Lobby]]
FromAudits = NamedDependency[SkipValidation[Any]]
FromClock = NamedDependency[SkipValidation[Any]]
FromSeeds = NamedDependency[SkipValidation[Any]]
FromRedis = NamedDependency[SkipValidation[Any]]
FromMetrics = NamedDependency[SkipValidation[CollectorRegistry]]
FromCaller = NamedDependency[SkipValidation[Caller]]
FromMe = NamedDependency[SkipValidation[PlayerCaller]]
Act = NamedDependency[SkipValidation[Callable[..., Answered]]]
"""A use case with its ports filled in, that answers with the bytes of its answer."""
FromUseCase = NamedDependency[SkipValidation[Callable[..., Any]]]


async def asked(request: ApiRequest, lobby: FromLobby) -> Caller:
    """Who asks, under which idempotency key, for what. A player goes by our id here, as on the hot path."""
    user = request.scope["user"]
    name = f"service:{user.name}" if isinstance(user, ServiceCaller) else f"player:{await lobby.meet(user.profile)}"
    key = idempotency_key(request.headers.get("idempotency-key"))
    body = b"" if key is None else request_hash(request.method, request.scope["path"], await request.plain())
    return Caller(name, key, body)


def me(request: ApiRequest) -> PlayerCaller:
    """The player who calls; the guard has made sure that it is one."""
    user: PlayerCaller = request.scope["user"]
    return user


USE_CASES = (
    "rotate_seed",
    "adjust_balance",
    "block_player",
    "create_invoice",
    "check_deposit",
    "challenge_wallet",
    "connect_wallet",
    "disconnect_wallet",
    "request_withdrawal",
    "review_withdrawal",
    "sell_unit",
    "upgrade_unit",
    "offer_upgrades",
    "put_case_picture",
    "put_pack_picture",
    "take_out_unit",
    "order_stars",
    "settle_delivery",
    "pause_deliveries",
    "resume_deliveries",
    "add_pack",
    "edit_pack",
    "add_units",
    "add_case",
    "edit_case",
    "update_chances",
    "update_prices",
    "update_floors",
    "accept_price",
    "reject_price",
    "start_sync",
    "retry_task",
    "show_avatar",
    "welcome_player",
)


def dependencies(
    container: Container, door: OpeningDoor, metrics: CollectorRegistry, window: Window
) -> dict[str, Provide]:
    """Litestar's dependencies by the names that handlers use."""
    fixed = {
        "shelves": container.reading(),
        "window": window,
        "people": container.reading(),
        "prices": container.reading(),
        "history": container.price_history(),
        "draws": container.reading(),
        "clock": container.clock(),
        "audits": container.audits(),
        "withdrawals": container.reading(),
        "work": container.work(),
        "office": container.office(),
        "seeds": container.seeds(),
        "pictures": container.pictures(),
        "redis": container.redis(),
        "door": door,
        "lobby": door.lobby,
        "metrics": metrics,
        **{name: getattr(container, name) for name in USE_CASES},
    }
    provided = {name: _given(value) for name, value in fixed.items()}
    return {**provided, "caller": Provide(asked), "me": Provide(me, sync_to_thread=False)}


def _given(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)

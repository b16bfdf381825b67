"""Who is calling: proven by a credential, never by the body."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Profile
from stickercase.domain.refusal import Forbidden, Refusal, Refused, Unauthenticated
from stickercase.entrypoints.http.requests import whole_number

MAX_DIGITS = 19
RAW_INIT_DATA_HEADER = b"x-telegram-init-data"
NOBODY = Unauthenticated("send `Authorization: tma <initData>` or `Authorization: Bearer <token>`")
Connection = ASGIConnection[Any, Any, Any, Any]
RawHeaders = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class PlayerCaller:
    """A player, proven by initData; may act for this Telegram id and no other."""

    profile: Profile

    def must_be(self, telegram_id: int) -> None:
        """Raise :class:`Refused` with ``forbidden`` when ``telegram_id`` is somebody else's."""
        if telegram_id != self.profile.telegram_id:
            raise Refused(Forbidden("the initData is another player's"))

    def named(self, telegram_id: int | str) -> int:
        """The Telegram id a body names, which must be the caller's own. Raises :class:`Refused`."""
        number = whole_number(telegram_id, "telegram_id", 1, MAX_TELEGRAM_ID)
        self.must_be(number)
        return number


@dataclass(frozen=True, slots=True)
class ServiceCaller:
    """A bot, feeder or operator tool, proven by its token; the name is for the log."""

    name: str


Caller = PlayerCaller | ServiceCaller | Refusal
"""Who calls, or the refusal that says why it is nobody."""


class Callers:
    """Tells callers by their headers."""

    def __init__(self, identify: Callable[[str], Profile], service_names: Mapping[str, str]) -> None:
        self._identify = identify
        self._tokens = [(sha256(token.encode()).digest(), name) for token, name in service_names.items()]

    def found(self, headers: RawHeaders) -> Caller:
        """Who sent these headers, or why it is nobody: the refusal that an address for callers answers with.

        ``unauthenticated``, or ``forbidden`` for a bot.
        """
        authorization, init_data = headers.get(b"authorization"), headers.get(RAW_INIT_DATA_HEADER)
        if authorization is None and init_data is None:
            return NOBODY
        try:
            return self._of(_text(authorization), _text(init_data))
        except Refused as refused:
            return refused.refusal

    def _of(self, authorization: str, init_data: str) -> PlayerCaller | ServiceCaller:
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == "tma":
            return PlayerCaller(self._identify(credential.strip()))
        if scheme.lower() == "bearer":
            return ServiceCaller(self._service(credential.strip()))
        if init_data:
            return PlayerCaller(self._identify(init_data))
        raise Refused(NOBODY)

    def _service(self, token: str) -> str:
        digest = sha256(token.encode(errors="replace")).digest()
        # Every token is compared, each in constant time: the time taken says nothing about any of them.
        found = [name for known, name in self._tokens if hmac.compare_digest(known, digest)]
        if not found:
            raise Refused(Unauthenticated("the service token is not known"))
        return found[0]


def player(caller: Caller) -> PlayerCaller:
    """The caller as a player. Raises :class:`Refused` when it is nobody, or not a player."""
    if isinstance(caller, PlayerCaller):
        return caller
    raise Refused(
        Forbidden("this is for players, with their initData") if isinstance(caller, ServiceCaller) else caller
    )


def player_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: the caller is a player, kept as ``connection.user``."""
    caller = player(connection.user)
    # Permission comes before form: whose address it is, is looked at before the body and the query are.
    named = str(connection.path_params.get("telegram_id", ""))
    if named.isascii() and named.isdigit() and 0 < int(named[:MAX_DIGITS]) <= MAX_TELEGRAM_ID:
        caller.must_be(int(named[:MAX_DIGITS]))


def service_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: the caller holds a service token."""
    caller: Caller = connection.user
    if isinstance(caller, PlayerCaller):
        raise Refused(Forbidden("this is for operators, with a service token"))
    if not isinstance(caller, ServiceCaller):
        raise Refused(caller)


def _text(header: bytes | None) -> str:
    return "" if header is None else header.decode("latin-1")

"""Every failure as the one error shape: a stable code, one sentence, the right status, no traceback."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.entrypoints.http.callers import PlayerCaller
from stickercase.entrypoints.http.refusals import STATUS, body_of, error_body, status_of
from stickercase.entrypoints.http.requests import ApiRequest
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable

log = structlog.get_logger(__name__)
Answer = Response[bytes]
PATH = re.compile(r" - at `\$\.?([^`]*)`")
SOON = {"Retry-After": "1"}


def refused(request: ApiRequest, error: Refused) -> Answer:
    """A refusal with its own code."""
    body = body_of(error.refusal, _language(request))
    return _answer(body, status_of(error.refusal))


def http_error(request: ApiRequest, error: HTTPException) -> Answer:
    """What Litestar itself refuses: routes, methods, bodies, parameters."""
    if isinstance(error, ValidationException):
        return refused(request, Refused(_invalid(error)))
    code = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}.get(error.status_code)
    if code is None:
        if error.status_code >= 500:
            return unexpected(request, error)
        return refused(request, Refused(InvalidRequest("request", error.detail or "cannot be read")))
    details = {"what": "page", "name": request.scope["path"][:200]} if code == "not_found" else {}
    return _answer(error_body(code, details, _language(request)), STATUS[code], error.headers)


def unavailable(request: ApiRequest, error: StoreUnavailable) -> Answer:
    """A dependency does not answer; nothing happened."""
    log.warning("unavailable", path=request.scope["path"], why=str(error))
    return _answer(error_body("unavailable", {}, _language(request)), 503, SOON)


def outcome_unknown(request: ApiRequest, error: OutcomeUnknown) -> Answer:
    """The answer to a commit was lost."""
    log.error("outcome_unknown", path=request.scope["path"], why=str(error))
    return _answer(error_body("outcome_unknown", {}, _language(request)), 503, SOON)


def unexpected(request: ApiRequest, error: Exception) -> Answer:
    """A fault of ours: the log has the traceback, the caller a number to quote."""
    request_id = uuid4().hex
    log.error("internal_error", path=request.scope["path"], request_id=request_id, exc_info=error)
    return _answer(error_body("internal_error", {"request_id": request_id}, _language(request)), 500)


def _answer(body: dict[str, object], status: int, headers: dict[str, str] | None = None) -> Answer:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers or {})


def _invalid(error: ValidationException) -> InvalidRequest:
    extra: Any = error.extra
    first = extra[0] if isinstance(extra, list) and extra and isinstance(extra[0], dict) else {}
    message = str(first.get("message") or error.detail)
    inner = PATH.search(message)
    key = str(first.get("key") or "body").removeprefix("data.")
    field = inner.group(1) if inner and inner.group(1) else key
    return InvalidRequest(field or "body", PATH.sub("", message).removesuffix("."))


def _language(request: ApiRequest) -> str | None:
    caller = request.scope.get("user")
    return caller.profile.language if isinstance(caller, PlayerCaller) else None


HANDLERS: dict[Any, Any] = {
    Refused: refused,
    HTTPException: http_error,
    StoreUnavailable: unavailable,
    OutcomeUnknown: outcome_unknown,
    Exception: unexpected,
}

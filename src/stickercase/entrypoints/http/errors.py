"""Every failure as the one error shape: a stable code, one sentence, the right status, no traceback."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from stickercase.domain.refusal import InvalidRequest, MethodNotAllowed, NotFound, Refused
from stickercase.entrypoints.http.limiter import WINDOW_SECONDS, TooManyRequests
from stickercase.entrypoints.http.refusals import STATUS, body_of, error_body, status_of
from stickercase.entrypoints.http.requests import ApiRequest, PayloadTooLarge, misfit
from stickercase.entrypoints.http.visits import Visit, visit_of
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable, TokenRefused, VendorUnavailable

log = structlog.get_logger(__name__)
Extra = list[tuple[bytes, bytes]]
SOON: Extra = [(b"retry-after", b"1")]


def failure(error: Exception, visit: Visit) -> tuple[int, bytes, Extra]:
    """Status, body and extra headers of the answer to a request that failed with ``error``."""
    if isinstance(error, Refused):
        visit.code = error.refusal.code
        return status_of(error.refusal), _encoded(body_of(error.refusal, visit.language)), []
    visit.code, details, extra = _told(error, visit)
    return STATUS[visit.code], _encoded(error_body(visit.code, details, visit.language)), extra


def _told(error: Exception, visit: Visit) -> tuple[str, dict[str, object], Extra]:
    if isinstance(error, PayloadTooLarge):
        return "payload_too_large", {}, []
    if isinstance(error, TooManyRequests):
        limit = error.limit
        return "rate_limited", {"per": limit.per, "limit": limit.most, "retry_after": WINDOW_SECONDS}, SOON
    where = {"route": visit.route, "request_id": visit.request_id}
    if isinstance(error, StoreUnavailable):
        log.warning("unavailable", why=str(error), **where)
        return "unavailable", {}, SOON
    if isinstance(error, VendorUnavailable):
        # A token that is refused stays refused until an operator acts.
        tell = log.error if isinstance(error, TokenRefused) else log.warning
        tell("vendor_unavailable", why=str(error), **where)
        return "unavailable", {}, SOON
    if isinstance(error, OutcomeUnknown):
        log.error("outcome_unknown", why=str(error), **where)
        return "outcome_unknown", {}, SOON
    # A fault of ours: the log has the traceback, the caller a number to quote.
    log.error("internal_error", exc_info=error, **where)
    return "internal_error", {"request_id": visit.request_id}, []


def answered(request: ApiRequest, error: Exception) -> Response[bytes]:
    """The same for Litestar's handlers."""
    headers: dict[str, str] = {}
    visit = visit_of(request.scope)
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        error = _own(error, visit.path)
    status, body, extra = failure(error, visit)
    headers |= {name.decode(): value.decode() for name, value in extra}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _own(error: HTTPException, path: str) -> Exception:
    """What Litestar itself refuses (routes, bodies, parameters) as an error of ours."""
    if isinstance(error, ValidationException):
        return Refused(_invalid(error))
    if error.status_code == 404:
        return Refused(NotFound("page", path[:200]))
    if error.status_code == 413:
        return PayloadTooLarge()
    if error.status_code == 405:
        return Refused(MethodNotAllowed())
    if error.status_code < 500:
        return Refused(InvalidRequest("request", error.detail or "cannot be read"))
    return error


def _invalid(error: ValidationException) -> InvalidRequest:
    extra: Any = error.extra
    first = extra[0] if isinstance(extra, list) and extra and isinstance(extra[0], dict) else {}
    message = str(first.get("message") or error.detail)
    if message == "'data'":  # what Litestar says of a body that is not there
        return InvalidRequest("body", "a JSON object is needed")
    key = str(first.get("key") or "body").removeprefix("data.")
    return misfit(message, "body" if key == "data" else key)


def _encoded(body: dict[str, object]) -> bytes:
    return msgspec.json.encode(body)


HANDLERS: dict[Any, Any] = {Exception: answered}

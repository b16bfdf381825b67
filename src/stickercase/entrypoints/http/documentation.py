"""The OpenAPI document beyond what types say: who may call, how it can be refused, and an example of each answer.

Errors come from the one table of codes, so that none can be documented that does not exist. The examples lie in
examples.json; a test performs each of them and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPI,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.routes import HTTPRoute

from stickercase.domain.pictures.formats import PictureKind
from stickercase.entrypoints.http.callers import player_only, service_only
from stickercase.entrypoints.http.documented_headers import document_headers
from stickercase.entrypoints.http.refusals import STATUS, error_body
from stickercase.entrypoints.http.requests import MAX_KEY

JSON = "application/json"
EVERYWHERE = ("invalid_request", "rate_limited", "internal_error", "unavailable")
PLAYING = ("player_blocked",)
STATE: dict[str, tuple[str, ...]] = {
    "open_case": (
        *PLAYING,
        "insufficient_balance",
        "case_inactive",
        "out_of_stickers",
        "odds_changed",
        "price_changed",
        "outcome_unknown",
    ),
    "show_demo_opening": ("case_inactive",),
    "list_cases": ("not_found",),
    "list_packs": ("not_found",),
    "sell_pack": (*PLAYING, "item_not_owned", "price_unreliable", "price_changed", "outcome_unknown"),
    "check_upgrade": ("item_not_owned", "price_unreliable"),
    "upgrade": (*PLAYING, "not_found", "item_not_owned", "price_unreliable", "quote_expired", "outcome_unknown"),
    "get_nonce": ("nonce_exists",),
    "post_create_invoice": ("deposit_too_small",),
    "post_check_deposit": ("invoice_not_paid",),
    "post_connect_wallet": (
        "malformed_proof",
        "nonce_unknown",
        "nonce_foreign",
        "nonce_used",
        "nonce_expired",
        "wrong_network",
        "wrong_domain",
        "wrong_domain_length",
        "proof_too_old",
        "proof_in_future",
        "unknown_wallet_code",
        "wallet_key_may_change",
        "wrong_state_init",
        "wrong_wallet_key",
        "bad_signature",
    ),
    "post_withdrawal": (
        "withdrawal_too_small",
        "withdrawal_too_large",
        "wallet_not_connected",
        "player_daily_limit",
        "house_daily_limit",
        "insufficient_balance",
        "outcome_unknown",
    ),
    "post_approval": ("withdrawal_moved",),
    "post_rejection": ("withdrawal_moved",),
    "post_adjustment": ("balance_too_low",),
    "post_pack": ("already_exists",),
    "patch_pack": ("already_exists",),
    "post_units": ("already_exists",),
    "post_case": ("already_exists", "not_found"),
    "patch_chances": ("unknown_names",),
    "patch_prices": ("unknown_names",),
    "patch_floors": ("unknown_names",),
    "post_withdraw": ("item_not_owned", "not_deliverable", "wallet_not_connected", "outcome_unknown"),
    "post_delivered": ("delivery_moved",),
    "post_returned": ("delivery_moved",),
    "post_retry": ("already_exists", "task_not_set_aside"),
}
"""What an operation refuses beside what every operation of its kind does, by the name of its handler."""

TWICE = {"put_user": ("201", "200"), "ready": ("200", "503")}
"""Operations that answer in the same shape with a second status."""

PICTURED = ("put_case_picture", "put_pack_picture")
"""Operations whose body is a picture as it is, and no JSON."""

KEPT = ("list_cases", "list_case_items", "list_packs", "list_packs_of_contributor")
"""Operations whose answers carry an ETag and may be asked about with If-None-Match."""

NEVER_REFUSED = ("live", "ready")

DETAILS: dict[str, dict[str, object]] = {
    "invalid_request": {"field": "count", "problem": "a whole number from 1 to 10"},
    "insufficient_balance": {"case_price": 90.5, "user_balance": 3.25, "total_price": 90.5},
    "balance_too_low": {"user_balance": 3.25},
    "unauthenticated": {"problem": "the initData is too old"},
    "forbidden": {"problem": "the initData is another player's"},
    "not_found": {"what": "case", "name": "Nope"},
    "unknown_names": {"names": "Nope, DOGS OG / Nope", "cases": ["Nope"], "packs": [["DOGS OG", "Nope"]]},
    "already_exists": {"what": "case", "name": "Sigma Case"},
    "case_inactive": {"case_name": "Sigma Case"},
    "out_of_stickers": {"case_name": "Sigma Case"},
    "odds_changed": {"table_id": "e03cefa1c035ba0011d177075476751649856cf2cf58991c3da6969edd5c3dd4"},
    "price_changed": {"price": 91.0},
    "price_unreliable": {"pack_id": 4, "why": "stale"},
    "item_not_owned": {"item_id": 15},
    "quote_expired": {"why": "price_moved", "table_id": None},
    "malformed_proof": {"field": "proof.signature", "problem": "63 bytes instead of 64"},
    "invoice_not_paid": {"invoice_status": "pending"},
    "nonce_exists": {"seconds_left": 240},
    "wrong_network": {"network": "mainnet"},
    "wrong_domain": {"domain": "elsewhere.example"},
    "unknown_wallet_code": {"code_hash": "9494d1cc8edf12f05671a1a9ba09921096eb50811e1924ec65c3c629fbb80812"},
    "wallet_key_may_change": {"wallet": "WalletTg"},
    "deposit_too_small": {"least": 1.0},
    "withdrawal_too_small": {"least": 1.0},
    "withdrawal_too_large": {"most": 500.0},
    "player_daily_limit": {"left": 6.0},
    "withdrawal_moved": {"stage": "sent"},
    "not_deliverable": {"item_id": 15},
    "delivery_moved": {"stage": "delivered"},
    "rate_limited": {"per": "player", "limit": 20, "retry_after": 1},
    "task_not_set_aside": {"task_id": 7, "state": "done"},
    "internal_error": {"request_id": "0d3a6c0a4b1f4e0a9f4b6c1d2e3f4a5b"},
}
"""An example of each code's details; a code that is missing here has none."""

SECURITY: dict[object, list[dict[str, list[str]]]] = {
    player_only: [{"player": []}, {"playerHeader": []}],
    service_only: [{"service": []}],
}


def complete_document(request: Request[Any, Any, State]) -> None:
    """Before the document is shown for the first time: say all of it. Litestar keeps what it has built."""
    api = request.app
    if not api.state.get("documented"):
        _complete_all(api.openapi_schema, api)
        api.state.documented = True


def _complete_all(document: OpenAPI, api: Litestar) -> None:
    components = document.components or Components()
    components.schemas = {**(components.schemas or {}), "ErrorWire": _error_schema()}
    components.security_schemes = _security_schemes()
    document.components = components
    for path, method, handler in _handlers(api):
        item = (document.paths or {}).get(path)
        operation = None if item is None else getattr(item, method.lower(), None)
        if operation is not None:
            _complete(operation, f"{method} {path}", handler)


def _handlers(api: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in api.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield route.path_format.rstrip("/") or "/", str(method), handler


def _complete(operation: Operation, name: str, handler: HTTPRouteHandler) -> None:
    guards = [guard for layer in handler.ownership_layers for guard in layer.guards or () if guard in SECURITY]
    operation.operation_id = handler.handler_name
    if guards:
        operation.security = SECURITY[guards[0]]
    if handler.handler_name in PICTURED:
        picture = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        file = {"example": Example(summary="the file as it is", value="…")}
        kinds = {kind.value: OpenAPIMediaType(schema=picture, examples=dict(file)) for kind in PictureKind}
        operation.request_body = RequestBody(content=kinds, required=True)
    keyed = (
        handler.handler_name in PICTURED
        or "caller" in handler.parsed_fn_signature.parameters
        or handler.handler_name == "open_case"
    )
    if keyed:
        operation.parameters = [*(operation.parameters or []), _key_header()]
    responses = operation.responses or {}
    responses.pop("400", None)
    if handler.handler_name in TWICE:
        given, also = TWICE[handler.handler_name]
        responses[also] = responses[given]
    if handler.handler_name in KEPT:
        responses["304"] = OpenAPIResponse(description="What If-None-Match names is still so")
    operation.responses = responses
    _exemplify(operation, name)
    if handler.handler_name not in NEVER_REFUSED:
        for status, codes in _refusals(operation, handler, guarded=bool(guards), keyed=keyed).items():
            responses[str(status)] = _refused(codes)
    document_headers(responses)


def _refusals(operation: Operation, handler: HTTPRouteHandler, *, guarded: bool, keyed: bool) -> dict[int, list[str]]:
    """The codes of an operation by their status."""
    codes = [*EVERYWHERE, *STATE.get(handler.handler_name, ())]
    codes += ["unauthenticated", "forbidden"] if guarded else []
    codes += ["idempotency_key_reused"] if keyed else []
    codes += ["payload_too_large"] if operation.request_body else []
    if any(isinstance(given, Parameter) and given.param_in == "path" for given in operation.parameters or ()):
        codes.append("not_found")
    found: dict[int, list[str]] = {}
    for code in STATUS:
        if code in codes:
            found.setdefault(STATUS[code], []).append(code)
    return found


def _refused(codes: list[str]) -> OpenAPIResponse:
    examples: dict[str, Example | Reference] = {
        code: Example(value=error_body(code, DETAILS.get(code, {}), "en")) for code in codes
    }
    media = OpenAPIMediaType(schema=Reference("#/components/schemas/ErrorWire"), examples=examples)
    return OpenAPIResponse(description=f"Refused: {', '.join(codes)}", content={JSON: media})


def _error_schema() -> Schema:
    text = Schema(type=OpenAPIType.STRING)
    return Schema(
        title="ErrorWire",
        description="What every refusal looks like; details of the code stand beside these three.",
        type=OpenAPIType.OBJECT,
        properties={
            "status": Schema(type=OpenAPIType.STRING, enum=["error"]),
            "code": Schema(type=OpenAPIType.STRING, enum=list(STATUS)),
            "message": text,
        },
        required=["status", "code", "message"],
    )


def _security_schemes() -> dict[str, SecurityScheme | Reference]:
    return {
        "player": SecurityScheme(
            type="apiKey", name="Authorization", security_scheme_in="header", description="`tma <initData>`"
        ),
        "playerHeader": SecurityScheme(
            type="apiKey", name="X-Telegram-Init-Data", security_scheme_in="header", description="the initData"
        ),
        "service": SecurityScheme(type="http", scheme="bearer", description="a service token"),
    }


def _key_header() -> Parameter:
    return Parameter(
        name="Idempotency-Key",
        param_in="header",
        required=False,
        description="Repeat the request with the same key to get the same answer without a second effect.",
        schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=MAX_KEY, pattern="^[!-~]+$"),
    )


class DocumentedExample(msgspec.Struct):
    """A request that was made, and how it was answered."""

    operation: str
    path: str
    status: int
    answer: Any
    body: Any = None


@cache
def documented_examples() -> dict[str, DocumentedExample]:
    """The examples by operation, as they are shipped."""
    text = files(__package__).joinpath("examples.json").read_bytes()
    return {example.operation: example for example in msgspec.json.decode(text, type=list[DocumentedExample])}


def _exemplify(operation: Operation, name: str) -> None:
    example = documented_examples().get(name)
    if example is None:
        return
    response = (operation.responses or {}).get(str(example.status))
    if isinstance(response, OpenAPIResponse) and response.content:
        for media in response.content.values():
            media.examples = {"example": Example(summary=example.path, value=example.answer)}
    if isinstance(operation.request_body, RequestBody) and example.body is not None:
        for media in operation.request_body.content.values():
            media.examples = {"example": Example(value=example.body)}

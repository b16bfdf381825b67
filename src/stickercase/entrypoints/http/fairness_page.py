"""The fairness page: a draw replayed in the player's own browser. Plain files, no build, nothing from elsewhere."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from litestar import Response, Router, get

from stickercase.domain.refusal import NotFound, Refused
from stickercase.entrypoints.http.requests import ApiRequest

FOLDER = Path(__file__).with_name("static") / "fairness"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    # Kept, but asked about each time: its files fit only one another.
    "Cache-Control": "public, no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILES = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in KINDS}
ETAGS = {name: f'"{sha256(content).hexdigest()[:32]}"' for name, content in FILES.items()}


@get("/", sync_to_thread=False, include_in_schema=False)
def get_page(request: ApiRequest) -> Response[bytes]:
    """The page."""
    return _file(request, "index.html")


@get("/{name:str}", sync_to_thread=False, include_in_schema=False)
def get_file(request: ApiRequest, name: str) -> Response[bytes]:
    """What the page is made of."""
    if name not in FILES:
        raise Refused(NotFound("page", name[:100]))
    return _file(request, name)


def _file(request: ApiRequest, name: str) -> Response[bytes]:
    headers = {**HEADERS, "ETag": ETAGS[name]}
    if _is_known(request.headers.get("if-none-match", ""), ETAGS[name]):
        return Response(b"", status_code=304, headers=headers, media_type=KINDS[Path(name).suffix])
    return Response(FILES[name], headers=headers, media_type=KINDS[Path(name).suffix])


def _is_known(header: str, etag: str) -> bool:
    """Whether If-None-Match names the content (RFC 9110, 13.1.2: weak comparison)."""
    return header.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}


router = Router("/fairness", route_handlers=[get_page, get_file])

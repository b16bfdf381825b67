"""Pictures: those that the house keeps, the stub where one is missing, and tiles for the demo catalogue."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from hashlib import sha256
from html import escape

from anyio import CapacityLimiter, to_thread
from litestar import Response, Router, get

from stickercase.domain.pictures.keys import FOR_EVER, PLUG, caching, is_key
from stickercase.domain.refusal import NotFound, Refused
from stickercase.entrypoints.http.provided import FromPictures

STORE_THREADS = CapacityLimiter(8)
"""Who waits for the store of pictures waits apart: when it hangs, nothing else of this process does."""

# What is shown was sent by strangers: a browser takes it for the picture that it is said to be, and runs nothing of it.
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
FOR_A_MINUTE = "public, max-age=60"
MAX_NAME = 100


@get("/{name:str}", sync_to_thread=False, include_in_schema=False)
def get_tile(name: str) -> Response[bytes]:
    """An SVG for ``<name>.svg``; the same name always gives the same picture."""
    words = name[:MAX_NAME].removesuffix(".svg").replace("-", " ").split()
    initials = escape("".join(word[0] for word in words[:2]).upper())
    digest = sha256(name.encode()).digest()
    hue, turn = digest[0] * 360 // 256, 30 + digest[1] % 60
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" role="img">'
        f'<defs><linearGradient id="g" gradientTransform="rotate({turn})">'
        f'<stop offset="0" stop-color="hsl({hue} 75% 55%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 50) % 360} 75% 35%)"/></linearGradient></defs>'
        '<rect width="256" height="256" rx="48" fill="url(#g)"/>'
        '<text x="128" y="160" font-family="system-ui,sans-serif" font-size="96" font-weight="700" '
        f'fill="#fff" text-anchor="middle">{initials}</text></svg>'
    )
    return _shown(svg.encode(), "image/svg+xml", FOR_EVER)


@get("/stickercase.png", sync_to_thread=False, include_in_schema=False)
def get_icon() -> Response[bytes]:
    """The app's icon as a PNG, which wallets ask for: a slope from one colour to another."""
    return _shown(_icon(180), "image/png", FOR_EVER)


@get("/{folder:str}/{name:str}", include_in_schema=False)
async def get_picture(folder: str, name: str, pictures: FromPictures) -> Response[bytes]:
    """A picture of a player, a case or a pack; the stub where there is none, never an error."""
    key = f"{folder}/{name}"
    if not is_key(key):
        raise Refused(NotFound("page", f"/media/{key[:MAX_NAME]}"))
    if name == PLUG:
        return _shown(_stub(256), "image/png", caching(key))
    picture = await to_thread.run_sync(pictures.get, key, limiter=STORE_THREADS)
    if picture is None:
        return _shown(_stub(256), "image/png", FOR_A_MINUTE)
    return _shown(picture.body, picture.kind.value, caching(key))


def _shown(body: bytes, media_type: str, lifetime: str) -> Response[bytes]:
    return Response(body, media_type=media_type, headers={**SAFE, "Cache-Control": lifetime})


@cache
def _icon(side: int) -> bytes:
    return _png(side, bytes(part for y in range(side) for x in range(side) for part in _colour(x, y, side)))


@cache
def _stub(side: int) -> bytes:
    """Nobody in particular: one quiet colour."""
    return _png(side, bytes((203, 208, 216)) * side * side)


def _png(side: int, pixels: bytes) -> bytes:
    """A square PNG of 8-bit RGB (ISO/IEC 15948)."""
    rows = b"".join(b"\0" + pixels[start : start + 3 * side] for start in range(0, len(pixels), 3 * side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _colour(x: int, y: int, side: int) -> tuple[int, int, int]:
    part = (x + y) / (2 * side)
    return round(40 + 90 * part), round(110 - 40 * part), round(220 - 40 * part)


router = Router("/media", route_handlers=[get_tile, get_icon, get_picture])

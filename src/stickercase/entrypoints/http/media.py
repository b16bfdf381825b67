"""Pictures of the demo catalogue, drawn on the fly: a coloured tile with the name's initials."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from hashlib import sha256
from html import escape

from litestar import Response, Router, get

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
MAX_NAME = 100


@get("/{name:str}", sync_to_thread=False, include_in_schema=False)
def get_tile(name: str) -> Response[str]:
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
    return Response(svg, media_type="image/svg+xml", headers=FOREVER)


@get("/stickercase.png", sync_to_thread=False, include_in_schema=False)
def get_icon() -> Response[bytes]:
    """The app's icon as a PNG, which wallets ask for: a slope from one colour to another."""
    return Response(_png(180), media_type="image/png", headers=FOREVER)


@cache
def _png(side: int) -> bytes:
    """A square PNG of 8-bit RGB (ISO/IEC 15948)."""
    rows = b"".join(b"\0" + bytes(part for x in range(side) for part in _colour(x, y, side)) for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _colour(x: int, y: int, side: int) -> tuple[int, int, int]:
    part = (x + y) / (2 * side)
    return round(40 + 90 * part), round(110 - 40 * part), round(220 - 40 * part)


router = Router("/media", route_handlers=[get_tile, get_icon])

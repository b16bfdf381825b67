"""Pictures of the demo catalogue, drawn on the fly: a coloured tile with the name's initials."""

from __future__ import annotations

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


router = Router("/media", route_handlers=[get_tile])

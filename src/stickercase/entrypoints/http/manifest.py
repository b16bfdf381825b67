"""TON Connect's manifest: what a wallet shows of this app before it signs for it."""

from __future__ import annotations

import msgspec
from litestar import Router, get

from stickercase.entrypoints.http.requests import ApiRequest


class ManifestWire(msgspec.Struct):
    """What TON Connect asks of an app; the icon is a PNG of 180 pixels."""

    url: str
    name: str
    iconUrl: str  # noqa: N815  # TON Connect's own spelling


@get("/tonconnect-manifest.json", sync_to_thread=False, summary="TON Connect's manifest")
def get_manifest(request: ApiRequest) -> ManifestWire:
    """The app's name, address and icon."""
    base = (request.app.state.public_url or str(request.base_url)).rstrip("/")
    return ManifestWire(base, "StickerCase", f"{base}/media/stickercase.png")


router = Router("/", route_handlers=[get_manifest], tags=["wallet"])

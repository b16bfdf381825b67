"""The shop window: what everybody may read, rendered once for each state of the shop that it depends on.

Nothing is served on the word of a clock. Every answer is held against a glance at the store that began after the
question came, so a change is seen by the next reader in any process.
See docs/decisions/0011-a-glance-for-every-read.md.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from anyio import to_thread
from litestar import MediaType, Response
from litestar.types import Scope, Send

from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.http.glances import Glances
from stickercase.entrypoints.http.requests import ApiRequest
from stickercase.ports.reading import Glance, Shelves

MOST_BYTES = 64 * 1024 * 1024
"""How much of what was rendered is kept; beyond it, what was not asked for the longest goes."""

CACHE_CONTROL = "no-cache"
"""May be kept by anybody, and must be asked about before each use."""

MOST_ADDRESSES, MOST_ADDRESS = 4096, 512
"""How many addresses are known by heart, and how long they may be together with their host."""

ETAG_BYTES = 16
PAGE_BYTES = 1024
"""About what keeping a page takes beside its body and its view."""


class Stock(Enum):
    """What of the stock a view shows."""

    NOTHING = "nothing"
    SOLD_OUT = "which packs are sold out"
    COUNTS = "how many units are free"


class View(Hashable, Protocol):
    """Something that everybody may read. Equal views at an equal state have equal bodies.

    Hence a view holds all that its body depends on, but for the shelf and the part of the stock that it names.
    """

    stock: ClassVar[Stock]

    def render(self, shelf: Shelf, free: Mapping[int, int]) -> bytes:
        """The body. Raises :class:`Refused` when there is no such thing."""
        ...


Address = tuple[str, bytes, str, bytes]
State = tuple[int, Hashable]
"""What a body depends on: the shelf's version, and the view's part of the stock."""


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered body, the state that it shows, and its name by its content."""

    state: State
    body: bytes
    etag: str


class Window:
    """Shows views. On the event loop, but for looking and rendering."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._glances = Glances(shelves.glance)
        self._pages: OrderedDict[View, Page] = OrderedDict()
        self._bytes = 0
        self._addresses: OrderedDict[Address, tuple[View, str]] = OrderedDict()
        self._rendering: dict[tuple[View, State], asyncio.Task[Page]] = {}

    async def show(self, request: ApiRequest, view: View) -> Response[Any]:
        """The view as it is now, or 304 when the caller has it. Raises :class:`Refused` as the view does."""
        page = await self.page(view)
        self._remember(request.scope, view)
        headers = {"ETag": page.etag, "Cache-Control": CACHE_CONTROL}
        if is_known(page.etag, request.headers.get("if-none-match")):
            return Response(b"", status_code=304, headers=headers, media_type=MediaType.JSON)
        return Response(page.body, headers=headers, media_type=MediaType.JSON)

    async def shelf(self) -> tuple[Shelf, Mapping[int, int]]:
        """The shelf and the free units of every pack, of an instant after the call."""
        glance = await self._glances()
        return await to_thread.run_sync(self._shelves.shelf_since, glance.version), glance.free

    async def serve(self, scope: Scope, send: Send) -> bool:
        """Answer a request for what was shown before at the same address, without a framework between.

        False when nothing was sent: the address is not known, or there is something to refuse.
        """
        known = self._addresses.get(address_of(scope)) if scope.get("method") == "GET" else None
        if known is None:
            return False
        view, template = known
        try:
            page = await self.page(view)
        except Exception:  # noqa: BLE001  # the handler meets the same, and answers it
            return False
        scope["path_template"] = template
        if_none_match = dict(scope["headers"]).get(b"if-none-match")
        if is_known(page.etag, None if if_none_match is None else if_none_match.decode("latin-1")):
            await _send(send, 304, page, b"")
        else:
            await _send(send, 200, page, page.body)
        return True

    async def page(self, view: View) -> Page:
        """The view as it stands at an instant after the call."""
        glance = await self._glances()
        state = glance.version, part_of(glance, view.stock)
        page = self._pages.get(view)
        if page is not None and page.state == state:
            self._pages.move_to_end(view)
            return page
        # Those who want the same at the same moment wait for one rendering.
        task = self._rendering.get((view, state))
        if task is None:
            task = self._rendering[view, state] = asyncio.create_task(self._rendered(view, state, glance))
        return await asyncio.shield(task)

    async def _rendered(self, view: View, state: State, glance: Glance) -> Page:
        try:
            page = await to_thread.run_sync(self._render, view, glance)
        finally:
            del self._rendering[view, state]
        self._keep(view, page)
        return page

    def _render(self, view: View, glance: Glance) -> Page:
        shelf = self._shelves.shelf_since(glance.version)
        body = view.render(shelf, glance.free)
        # The shelf may be newer than the glance. What is kept says which one it was.
        return Page((shelf.version, part_of(glance, view.stock)), body, etag_of(body))

    def _remember(self, scope: Scope, view: View) -> None:
        """From now on :meth:`serve` answers at this address. It was a handler that understood it."""
        address = address_of(scope)
        if sum(map(len, address)) <= MOST_ADDRESS:
            self._addresses[address] = view, scope["path_template"]
        if len(self._addresses) > MOST_ADDRESSES:
            self._addresses.popitem(last=False)

    def _keep(self, view: View, page: Page) -> None:
        self._drop(view)
        self._pages[view] = page
        self._bytes += size_of(view, page)
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._pages)))

    def _drop(self, view: View) -> None:
        dropped = self._pages.pop(view, None)
        if dropped is not None:
            self._bytes -= size_of(view, dropped)


async def _send(send: Send, status: int, page: Page, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"etag", page.etag.encode()),
        (b"cache-control", CACHE_CONTROL.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def address_of(scope: Scope) -> Address:
    """All of a request that a view may have been made of: scheme and host are in the addresses of other pages."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    # Litestar takes the last slash away, and both spellings are one address.
    return scope["scheme"], host, scope["path"].rstrip("/"), scope["query_string"]


def part_of(glance: Glance, stock: Stock) -> Hashable:
    """The part of a glance's stock that a view shows."""
    if stock is Stock.COUNTS:
        return glance.stock
    return glance.sold_out if stock is Stock.SOLD_OUT else None


def size_of(view: View, page: Page) -> int:
    """About how many bytes it takes to keep a page. Whoever asks for nonsense pays for the name of it."""
    return PAGE_BYTES + len(repr(view)) + len(page.body)


def etag_of(body: bytes) -> str:
    """A strong validator: the same for the same bytes in every process, another for others."""
    return f'"{sha256(body).digest()[:ETAG_BYTES].hex()}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether an If-None-Match names the validator, compared weakly (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    named = (name.strip().removeprefix("W/") for name in if_none_match.split(","))
    return any(name in (etag, "*") for name in named)

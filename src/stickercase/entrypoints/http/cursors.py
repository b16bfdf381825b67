"""Cursors: a page of a list that stays what it is while new lines come in at its top."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated

from litestar.params import Parameter

from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.entrypoints.http.requests import whole_number

DEFAULT_LIMIT, MOST = 50, 200
PageSize = Annotated[str | None, Parameter(description="How many lines, 1–200; 50 when not given")]


def page_size(limit: str | None) -> int:
    """How many lines are wanted. Raises :class:`Refused` unless that is 1–200."""
    return whole_number(limit or str(DEFAULT_LIMIT), "limit", 1, MOST)


def after(ids: Sequence[int], size: int) -> str | None:
    """The cursor of the page that goes on below the last of these; None where they do not fill a page of ``size``."""
    if len(ids) < size:
        return None
    return urlsafe_b64encode(ids[-1].to_bytes(8, "big")).decode().rstrip("=")


def before(cursor: str | None) -> int | None:
    """The id that a page goes on below. Raises :class:`Refused` for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode((cursor + "=").encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        raw = b""
    if len(raw) != 8 or raw[0] > 0x7F:
        raise Refused(InvalidRequest("cursor", "give a next_cursor from an earlier page"))
    return int.from_bytes(raw, "big")

"""Give a case or a pack its picture: kept among ours, and shown from then on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from stickercase.domain.pictures.formats import BadPicture, Picture, picture_of
from stickercase.domain.pictures.keys import CASES, PACKS, goods_key
from stickercase.domain.refusal import InvalidRequest, NotFound, Refused
from stickercase.domain.use_cases.once import Answered, Caller, once

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.pictures import Pictures
    from stickercase.ports.transactions import Transaction, Transactions


def put_case_picture(
    transactions: Transactions,
    clock: Clock,
    pictures: Pictures,
    caller: Caller,
    name: str,
    body: bytes,
    media_type: str | None,
    render: Callable[[str], bytes],
) -> Answered:
    """Have ``body`` shown as the picture of a case; ``render`` gets its address.

    Raises :class:`Refused`: ``invalid_request`` for what is no picture, ``not_found``; and what the pictures port
    raises, after which nothing is shown that was not before.
    """
    picture = _checked(body, media_type)
    with transactions() as tx:
        number = _known("case", name, tx.catalogue.case(name)).id
    url = _kept(pictures, goods_key(CASES, number, picture), picture)
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        case = _known("case", name, tx.catalogue.case(name))
        if case.image_url != url:
            tx.catalogue.edit_case(replace(case, image_url=url))
            _note(tx, caller, f"case:{case.id}", case.image_url, url, at)
        return render(url)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def put_pack_picture(
    transactions: Transactions,
    clock: Clock,
    pictures: Pictures,
    caller: Caller,
    pack_id: int,
    body: bytes,
    media_type: str | None,
    render: Callable[[str], bytes],
) -> Answered:
    """The same for a pack."""
    picture = _checked(body, media_type)
    with transactions() as tx:
        _known("pack", str(pack_id), tx.catalogue.pack(pack_id))
    url = _kept(pictures, goods_key(PACKS, pack_id, picture), picture)
    at = clock.now()

    def act(tx: Transaction) -> bytes:
        pack = _known("pack", str(pack_id), tx.catalogue.pack(pack_id))
        if pack.image_url != url:
            renamed = not tx.catalogue.edit_pack(replace(pack, image_url=url))
            assert not renamed, "only the picture changes"
            _note(tx, caller, f"pack:{pack_id}", pack.image_url, url, at)
        return render(url)

    with transactions() as tx:
        return once(tx, caller, at, lambda: act(tx))


def _checked(body: bytes, media_type: str | None) -> Picture:
    try:
        return picture_of(body, media_type)
    except BadPicture as error:
        raise Refused(InvalidRequest("picture", str(error))) from error


T = TypeVar("T")


def _known(what: str, name: str, found: T | None) -> T:
    if found is None:
        raise Refused(NotFound(what, name))
    return found


def _kept(pictures: Pictures, key: str, picture: Picture) -> str:
    pictures.put(key, picture)
    return pictures.url(key)


def _note(tx: Transaction, caller: Caller, subject: str, before: str, after: str, at: datetime) -> None:
    tx.operator_log.append(caller.name, "put_picture", subject, {"image_url": before}, {"image_url": after}, at)

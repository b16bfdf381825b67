"""Pictures through obstore: in an S3 bucket, or in a folder of this machine where none is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from stickercase.domain.pictures.formats import BadPicture, Picture, kind_of_key, picture_of
from stickercase.domain.pictures.keys import caching, is_key
from stickercase.ports.failures import VendorUnavailable

SECONDS = 10
T = TypeVar("T")


class S3Pictures:
    """Pictures as objects of a bucket, with their media types. ``base`` is what the bucket is seen under."""

    def __init__(
        self, bucket: str, *, url: str, region: str, access_key: str, secret_key: str, base: str, seconds: int = SECONDS
    ) -> None:
        self._base = base.rstrip("/")
        self._store = S3Store(
            bucket,
            endpoint=url or None,
            region=region,
            access_key_id=access_key,
            secret_access_key=secret_key,
            client_options={"timeout": f"{seconds}s", "connect_timeout": f"{seconds}s", "allow_http": True},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=seconds)},
        )

    def put(self, key: str, picture: Picture) -> None:
        """Keep a picture; S3 shows it whole or not at all."""
        kept = {"Content-Type": picture.kind.value, "Cache-Control": caching(key)}
        _asked(key, lambda: obstore.put(self._store, key, picture.body, attributes=kept, use_multipart=False))

    def get(self, key: str) -> Picture | None:
        """The picture under a key."""
        return _asked(key, lambda: _read(self._store, key))

    def delete(self, key: str) -> None:
        """Keep it no longer."""
        _asked(key, lambda: _gone(self._store, key))

    def url(self, key: str) -> str:
        """Its address in the bucket."""
        return f"{self._base}/{key}"


class FolderPictures:
    """Pictures as files below a folder, which is made when the first one comes."""

    def __init__(self, folder: Path, *, base: str) -> None:
        self._folder, self._base = folder, base.rstrip("/")

    def put(self, key: str, picture: Picture) -> None:
        """Keep a picture: written beside, then renamed."""
        _asked(key, lambda: obstore.put(self._store(), key, picture.body, use_multipart=False))

    def get(self, key: str) -> Picture | None:
        """The picture under a key."""
        return _asked(key, lambda: _read(self._store(), key))

    def delete(self, key: str) -> None:
        """Keep it no longer."""
        _asked(key, lambda: _gone(self._store(), key))

    def url(self, key: str) -> str:
        """Its address at the API."""
        return f"{self._base}/{key}"

    def _store(self) -> LocalStore:
        # Made each time: the folder may be taken away while the process runs, and this costs microseconds.
        return LocalStore(self._folder, mkdir=True)


def _read(store: S3Store | LocalStore, key: str) -> Picture | None:
    try:
        body = bytes(obstore.get(store, key).bytes())
    except FileNotFoundError:
        return None
    try:
        # Others may write to the bucket as well: what is shown is a picture, of the kind that its name says.
        return picture_of(body, kind_of_key(key))
    except BadPicture:
        return None


def _gone(store: S3Store | LocalStore, key: str) -> None:
    try:
        obstore.delete(store, key)
    except FileNotFoundError:
        return


def _asked(key: str, act: Callable[[], T]) -> T:
    if not is_key(key):
        raise ValueError("no picture has such a key")
    try:
        return act()
    except (BaseError, OSError) as error:
        # The library's words quote addresses and answers; the kind of the error is enough.
        raise VendorUnavailable(f"the store of pictures cannot be used ({type(error).__name__})") from error

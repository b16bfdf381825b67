"""Keeping pictures: in memory, in a folder, and in a bucket over S3's HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from stickercase.adapters.memory.pictures import MemoryPictures
from stickercase.adapters.s3.pictures import FolderPictures, S3Pictures
from stickercase.domain.pictures.formats import Picture, picture_of
from stickercase.ports.failures import VendorUnavailable
from stickercase.ports.pictures import Pictures
from support.buckets import ACCESS_KEY, NAME, REGION, SECRET_KEY, Bucket, bucket
from support.picture_files import chunk, jpeg, png, webp

BASE = "https://pictures.example/all"
ANN, BEA = picture_of(jpeg(30, 20)), picture_of(jpeg(40, 50))


def in_bucket(held: Bucket, **other: str) -> S3Pictures:
    told = {"url": held.url, "region": REGION, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "base": BASE}
    return S3Pictures(NAME, **{**told, **other}, seconds=2)


@pytest.fixture
def held() -> Iterator[Bucket]:
    """An empty bucket on a real socket."""
    with bucket() as made:
        yield made


@pytest.fixture(params=["memory", "folder", "bucket"])
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Pictures:
    """Every way to keep pictures, empty."""
    if request.param == "memory":
        return MemoryPictures(BASE)
    if request.param == "folder":
        return FolderPictures(tmp_path / "not there yet", base=f"{BASE}/")
    return in_bucket(request.getfixturevalue("held"))


@pytest.mark.parametrize("picture", [ANN, picture_of(png()), picture_of(webp())], ids=lambda one: one.kind.extension)
def test_a_picture_is_found_as_it_was_kept(pictures: Pictures, picture: Picture) -> None:
    key = f"users/7.{picture.kind.extension}"
    assert pictures.get(key) is None
    pictures.put(key, picture)
    assert pictures.get(key) == picture


def test_a_newer_picture_takes_the_place(pictures: Pictures) -> None:
    pictures.put("users/7.jpg", ANN)
    pictures.put("users/8.jpg", ANN)
    pictures.put("users/7.jpg", BEA)
    assert (pictures.get("users/7.jpg"), pictures.get("users/8.jpg")) == (BEA, ANN)


def test_a_picture_can_be_deleted_more_than_once(pictures: Pictures) -> None:
    pictures.put("users/7.jpg", ANN)
    pictures.delete("users/7.jpg")
    pictures.delete("users/7.jpg")
    assert pictures.get("users/7.jpg") is None


def test_its_address_is_below_the_base(pictures: Pictures) -> None:
    assert pictures.url("cases/3-0123456789abcdef.png") == f"{BASE}/cases/3-0123456789abcdef.png"


@pytest.mark.parametrize("key", ["", "users/../../x.png", "../x.png", "/etc/passwd", "users/a/b.png", "users/x.svg"])
def test_what_is_no_key_is_refused(pictures: Pictures, key: str) -> None:
    for act in (lambda: pictures.put(key, ANN), lambda: pictures.get(key), lambda: pictures.delete(key)):
        with pytest.raises(ValueError):
            act()


def test_whoever_gets_a_picture_while_it_is_replaced_gets_a_whole_one(pictures: Pictures) -> None:
    small, large = picture_of(png()), picture_of(png(extra=chunk(b"tEXt", bytes(300_000))))
    pictures.put("packs/1-a.png", small)
    stop = False

    def replacing() -> None:
        while not stop:
            for one in (large, small):
                pictures.put("packs/1-a.png", one)

    thread = Thread(target=replacing)
    thread.start()
    try:
        found = [pictures.get("packs/1-a.png") for _ in range(30)]
    finally:
        stop = True
        thread.join()
    assert all(one in (small, large) for one in found)


# --- the folder


def test_nothing_but_a_picture_is_shown_out_of_the_folder(tmp_path: Path) -> None:
    pictures = FolderPictures(tmp_path, base=BASE)
    (tmp_path / "users").mkdir()
    (tmp_path / "users/1.png").write_bytes(b"<script>alert(1)</script>")
    (tmp_path / "users/2.png").write_bytes(jpeg())
    assert (pictures.get("users/1.png"), pictures.get("users/2.png")) == (None, None)


def test_a_folder_that_cannot_be_written_is_a_store_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VendorUnavailable, match="store of pictures"):
        FolderPictures(tmp_path / "file" / "folder", base=BASE).put("users/1.jpg", ANN)


# --- the bucket


def test_a_picture_is_an_object_with_its_media_type(held: Bucket) -> None:
    in_bucket(held).put("cases/3-0a.png", picture_of(png()))
    in_bucket(held).put("users/3.jpg", ANN)
    forever, for_an_hour = "public, max-age=31536000, immutable", "public, max-age=3600"
    assert held.objects == {
        "cases/3-0a.png": (png(), {"Content-Type": "image/png", "Cache-Control": forever}),
        "users/3.jpg": (ANN.body, {"Content-Type": "image/jpeg", "Cache-Control": for_an_hour}),
    }


@pytest.mark.parametrize("wrong", [{"secret_key": "another"}, {"access_key": "ANOTHER"}, {"region": "us-east-1"}])
def test_a_wrong_key_opens_no_bucket(held: Bucket, wrong: dict[str, str]) -> None:
    for act in (lambda p: p.put("users/1.jpg", ANN), lambda p: p.get("users/1.jpg")):
        with pytest.raises(VendorUnavailable) as caught:
            act(in_bucket(held, **wrong))
        assert not [word for word in (SECRET_KEY, ACCESS_KEY, "127.0.0.1") if word in str(caught.value)]
    assert not held.objects


@pytest.mark.parametrize("trouble", [500, 503])
def test_a_bucket_in_trouble_is_away(held: Bucket, trouble: int) -> None:
    held.trouble = trouble
    with pytest.raises(VendorUnavailable):
        in_bucket(held).put("users/1.jpg", ANN)
    assert 1 < len(held.requests) < 5, "tried again, and not for ever"


def test_a_bucket_that_nobody_answers_for_is_away() -> None:
    with pytest.raises(VendorUnavailable):
        in_bucket(Bucket("http://127.0.0.1:1")).get("users/1.jpg")

"""What is taken for a picture, what is not, and where it is kept."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stickercase.domain.pictures.formats import (
    MAX_BYTES,
    MAX_SIDE,
    BadPicture,
    Picture,
    PictureKind,
    kind_of_key,
    picture_of,
)
from stickercase.domain.pictures.keys import avatar_key, caching, goods_key, is_key
from stickercase.domain.players.photos import photo_host
from support.picture_files import GIF, SVG, chunk, jpeg, png, riff, segment, webp, webp_of

HONEST = {
    "jpeg": (jpeg(640, 480), PictureKind.JPEG),
    "progressive jpeg": (jpeg(640, 480, frame=0xC2), PictureKind.JPEG),
    "png": (png(640, 480), PictureKind.PNG),
    "webp": (webp(640, 480), PictureKind.WEBP),
    "lossless webp": (webp(640, 480, lossless=True), PictureKind.WEBP),
    "webp on a canvas": (webp(640, 480, canvas=(640, 480)), PictureKind.WEBP),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_picture_is_known_by_its_bytes_and_measured(name: str) -> None:
    body, kind = HONEST[name]
    assert picture_of(body) == Picture(kind, 640, 480, body)
    assert picture_of(body, f"{kind.value.upper()}; charset=binary").kind is kind


@pytest.mark.parametrize("name", HONEST)
def test_a_picture_that_was_cut_is_none(name: str) -> None:
    body, _ = HONEST[name]
    for end in range(len(body)):
        with pytest.raises(BadPicture):
            picture_of(body[:end])


@pytest.mark.parametrize("name", HONEST)
def test_a_picture_is_what_it_was_said_to_be(name: str) -> None:
    body, kind = HONEST[name]
    for told in ("image/svg+xml", "text/html", "", "application/octet-stream", *(set(PictureKind) - {kind})):
        with pytest.raises(BadPicture, match="said to be"):
            picture_of(body, told)


BOMBS = {
    "a wide png": png(MAX_SIDE + 1, 1),
    "a png of 2^31 pixels a side": png(2**31 - 1, 2**31 - 1),
    "a flat png": png(5, 0),
    "a high jpeg": jpeg(1, MAX_SIDE + 1),
    "the largest jpeg": jpeg(65535, 65535),
    "a webp": webp(MAX_SIDE + 1, 5),
    "a lossless webp": webp(16384, 16384, lossless=True),
    "a canvas": webp(16000, 16000, canvas=(16000, 16000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_its_header(name: str) -> None:
    with pytest.raises(BadPicture, match="pixels"):
        picture_of(BOMBS[name])


LIES = {
    "svg": SVG,
    "gif": GIF,
    "html": b"<html><script>alert(1)</script>",
    "nothing": b"",
    "a page behind the mark of a jpeg": b"\xff\xd8\xff<script>",
    "a small canvas over a large picture": webp(4000, 4000, canvas=(8, 8)),
    "a moving webp": webp_of(riff(b"VP8X", bytes(10)) + riff(b"ANIM", bytes(6))),
    "an empty webp": webp_of(b""),
    "a webp without a key frame": webp_of(riff(b"VP8 ", bytes(10))),
    "a lossless webp without its mark": webp_of(riff(b"VP8L", bytes(5))),
    "a moving png": png(extra=chunk(b"acTL", bytes(8))),
    "a png with a second header": png(extra=chunk(b"IHDR", struct.pack(">II", 9**5, 9**5) + bytes(5))),
    "a png without its header": png()[:8] + chunk(b"IEND", b""),
    "a jpeg with a second frame": jpeg().replace(segment(0xC4, b"\x00" * 17), segment(0xC0, bytes(8)), 1),
    "a jpeg without a frame": jpeg(frame=0xE1),
}


@pytest.mark.parametrize("name", LIES)
def test_what_is_no_still_picture_is_refused(name: str) -> None:
    with pytest.raises(BadPicture):
        picture_of(LIES[name])


def test_a_picture_has_two_mebibytes_at_most() -> None:
    padding = chunk(b"tEXt", bytes(MAX_BYTES - len(png()) - 12))
    assert len(picture_of(png(extra=padding)).body) == MAX_BYTES
    with pytest.raises(BadPicture, match="bytes"):
        picture_of(png(extra=padding) + b"\0")


@given(st.sampled_from([body for body, _ in HONEST.values()]), st.data())
def test_no_bytes_make_it_fail_in_another_way(body: bytes, data: st.DataObject) -> None:
    spoilt = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = picture_of(bytes(spoilt))
    except BadPicture:
        return
    assert 1 <= picture.width <= MAX_SIDE
    assert 1 <= picture.height <= MAX_SIDE


def test_keys_lead_nowhere_else() -> None:
    picture = picture_of(jpeg())
    assert avatar_key(1380639458, picture) == "users/1380639458.jpg"
    key = goods_key("packs", 7, picture)
    assert is_key(key)
    assert key != goods_key("packs", 7, picture_of(jpeg(4)))
    assert "immutable" in caching(key)
    assert "immutable" not in caching("users/5.jpg")
    assert kind_of_key("users/5.webp") is PictureKind.WEBP
    for wrong in (
        "",
        "users/",
        "users/..",
        "users/../packs/1.png",
        "../users/1.png",
        "/users/1.png",
        "users/1.png/",
        "users//1.png",
        "users/1.svg",
        "users/1.png\n",
        "users/.png",
        "users/a.b.png",
        "users/%2e%2e.png",
        "users\\1.png",
        "secrets/1.png",
        "users/١.png",
    ):
        assert not is_key(wrong), wrong


@pytest.mark.parametrize(
    "address",
    [
        "https://t.me/i/userpic/320/abc.jpg",
        "https://T.ME:443/x",
        "https://cdn4.telesco.pe/file/x.jpg",
        "https://cdn5.cdn-telegram.org/file/x.jpg?token=1",
        "https://telegram.org/img/t_logo.png",
    ],
)
def test_telegrams_addresses_are_known(address: str) -> None:
    assert photo_host(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "http://t.me/x.jpg",
        "ftp://t.me/x.jpg",
        "//t.me/x.jpg",
        "/media/x.svg",
        "https://t.me.evil.example/x.jpg",
        "https://evil-t.me/x.jpg",
        "https://t.me./x.jpg",
        "https://.t.me.example/x.jpg",
        "https://t.me@evil.example/x.jpg",
        "https://user:word@t.me/x.jpg",
        "https://@t.me/x.jpg",
        "https://evil.example#@t.me/x.jpg",
        "https://evil.example\\@t.me/x.jpg",
        "https://evil.example\\.t.me/x.jpg",
        "https://t.me:8443/x.jpg",
        "https://t.me:0/x.jpg",
        "https://t.me:99999/x.jpg",
        "https://t.me:x/x.jpg",
        "https://127.0.0.1/x.jpg",
        "https://2130706433/x.jpg",
        "https://0x7f000001/x.jpg",
        "https://0177.0.0.1/x.jpg",
        "https://[::1]/x.jpg",
        "https://[::ffff:127.0.0.1]/x.jpg",
        "https://[::1/x.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://ｔ.me/x.jpg",
        "https://t.me/x\r\nHost: evil",
        " https://t.me/x.jpg",
        "https://t\t.me/x.jpg",
    ],
)
def test_nobody_elses_address_passes(address: str | None) -> None:
    assert photo_host(address) is None


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "quality": 30}),
        ("PNG", {"optimize": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_pictures_that_others_make_are_measured_alike(kind: str, how: dict[str, object], mode: str) -> None:
    if (kind, mode) == ("JPEG", "RGBA"):
        pytest.skip("there is no JPEG that one can see through")
    kept = io.BytesIO()
    Image.effect_noise((123, 45), 90).convert(mode).save(kept, kind, **how)
    picture = picture_of(kept.getvalue())
    assert (picture.kind, picture.width, picture.height) == (PictureKind[kind], 123, 45)

"""What a picture is: known by its bytes, never by its name, and measured without being drawn.

Sources: JPEG ITU-T T.81 annex B; PNG ISO/IEC 15948; WebP RFC 9649. What can hold a program (SVG) or move is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_BYTES = 2 * 1024 * 1024
MAX_SIDE = 4096
"""In pixels. Decoded, a picture of this size takes 64 MiB: no file is small enough to be a bomb."""

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
START_OF_SCAN, END_OF_IMAGE = 0xDA, b"\xff\xd9"
NOT_FRAMES = {0xC4, 0xC8, 0xCC}
"""Markers among the start-of-frame ones that are none: tables and an extension."""


class BadPicture(ValueError):
    """The bytes are no picture that is taken; the message is a clause that says why."""


class PictureKind(StrEnum):
    """Media types of pictures that are taken."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"

    @property
    def extension(self) -> str:
        """What its file names end in, without the dot."""
        return {PictureKind.JPEG: "jpg", PictureKind.PNG: "png", PictureKind.WEBP: "webp"}[self]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was checked; sides in pixels."""

    kind: PictureKind
    width: int
    height: int
    body: bytes


def picture_of(body: bytes, told: str | None = None) -> Picture:
    """The picture in these bytes. ``told`` is the media type that came with them, where one did.

    Raises :class:`BadPicture`: too large in bytes or pixels, of no known kind, of another kind than told, cut short,
    or moving.
    """
    if len(body) > MAX_BYTES:
        raise BadPicture(f"at most {MAX_BYTES} bytes, not {len(body)}")
    kind = _kind(body)
    if told is not None and told.partition(";")[0].strip().lower() != kind:
        raise BadPicture(f"it is {kind.value} and was said to be something else")
    try:
        width, height = MEASURES[kind](body)
    except IndexError:
        raise BadPicture("it is cut short") from None
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise BadPicture(f"each side has 1 to {MAX_SIDE} pixels, and it is {width} × {height}")
    return Picture(kind, width, height, body)


def kind_of_key(key: str) -> PictureKind:
    """The kind that a file name ends in. Raises :class:`BadPicture`."""
    for kind in PictureKind:
        if key.endswith(f".{kind.extension}"):
            return kind
    raise BadPicture("no picture's name ends so")


def _kind(body: bytes) -> PictureKind:
    if body.startswith(PNG_MAGIC):
        return PictureKind.PNG
    if body.startswith(JPEG_MAGIC):
        return PictureKind.JPEG
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return PictureKind.WEBP
    raise BadPicture("only JPEG, PNG and WebP are taken")


def _jpeg(body: bytes) -> tuple[int, int]:
    """Sides by the start-of-frame segment; the picture must go on to its end-of-image marker."""
    sides, at = None, 2
    while True:
        if body[at] != 0xFF:
            raise BadPicture("its segments do not follow one another")
        while body[at] == 0xFF:  # fill bytes
            at += 1
        marker, length = body[at], int.from_bytes(_part(body, at + 1, 2), "big")
        if marker == START_OF_SCAN:
            break
        if 0xC0 <= marker <= 0xCF and marker not in NOT_FRAMES:
            if sides is not None:
                raise BadPicture("it has two frames")
            frame = _part(body, at + 3, 5)
            sides = int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")
        at += 1 + max(length, 2)
    if sides is None:
        raise BadPicture("it has no frame")
    if body.find(END_OF_IMAGE, at) < 0:
        raise IndexError
    return sides


def _png(body: bytes) -> tuple[int, int]:
    """Sides by the header, which is the first chunk; the last one must be there."""
    sides, at = None, len(PNG_MAGIC)
    while True:
        length, name = int.from_bytes(_part(body, at, 4), "big"), _part(body, at + 4, 4)
        if sides is None:
            if (name, length) != (b"IHDR", 13):
                raise BadPicture("it does not begin with its header")
            header = _part(body, at + 8, 8)
            sides = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
        elif name == b"IHDR":
            raise BadPicture("it has two headers")
        if name == b"acTL":
            raise BadPicture("it moves")
        _part(body, at + 8 + length, 4)
        if name == b"IEND":
            return sides
        at += 12 + length


def _webp(body: bytes) -> tuple[int, int]:
    """Sides by the bitstream, and by the canvas where there is one: a small canvas may hide a large bitstream."""
    if 8 + int.from_bytes(body[4:8], "little") > len(body):
        raise IndexError
    canvas = None
    for name, data in _riff_chunks(body):
        if name in (b"ANIM", b"ANMF"):
            raise BadPicture("it moves")
        if name == b"VP8X":
            canvas = _little(data[4:7]) + 1, _little(_part(data, 7, 3)) + 1
        if name in (b"VP8 ", b"VP8L"):
            sides = _lossy(data) if name == b"VP8 " else _lossless(data)
            if canvas not in (None, sides):
                raise BadPicture("its canvas is of another size than what is on it")
            return sides
    raise BadPicture("there is nothing on it")


def _riff_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < len(body):
        length = _little(_part(body, at + 4, 4))
        yield body[at : at + 4], _part(body, at + 8, length)
        at += 8 + length + length % 2


def _lossy(data: bytes) -> tuple[int, int]:
    if _part(data, 3, 3) != b"\x9d\x01\x2a":
        raise BadPicture("it does not begin with a key frame")
    return _little(_part(data, 6, 2)) & 0x3FFF, _little(_part(data, 8, 2)) & 0x3FFF


def _lossless(data: bytes) -> tuple[int, int]:
    if data[0] != 0x2F:
        raise BadPicture("its lossless part has no signature")
    bits = _little(_part(data, 1, 4))
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _part(body: bytes, start: int, length: int) -> bytes:
    """So many bytes from ``start`` on. Raises IndexError when they are not all there."""
    part = body[start : start + length]
    if len(part) != length:
        raise IndexError
    return part


MEASURES = {PictureKind.JPEG: _jpeg, PictureKind.PNG: _png, PictureKind.WEBP: _webp}

"""Pictures of any size and kind, made byte by byte, honest and otherwise."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 3, height: int = 2, *, extra: bytes = b"") -> bytes:
    """A grey PNG; with sides that are too large its pixels are left out, as a bomb's would be compressed away."""
    rows = bytes((1 + width) * height) if width * height <= 10_000 else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg(width: int = 3, height: int = 2, *, frame: int = 0xC0, comment: bytes = b"made for a test") -> bytes:
    """A JPEG: comment, frame, scan and end, in their places; nobody here draws what is in the scan."""
    sides = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8"
        + segment(0xFE, comment)
        + segment(0xC4, b"\x00" * 17)
        + segment(frame, sides)
        + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x12\x34\xff\x00\x56"
        + b"\xff\xd9"
    )


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def webp(width: int = 3, height: int = 2, *, canvas: tuple[int, int] | None = None, lossless: bool = False) -> bytes:
    """A WebP, plain or on a canvas."""
    bits = (width - 1) | (height - 1) << 14
    lossy = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    part = riff(b"VP8L", b"\x2f" + struct.pack("<I", bits)) if lossless else riff(b"VP8 ", lossy)
    if canvas is not None:
        sides = b"".join((side - 1).to_bytes(3, "little") for side in canvas)
        part = riff(b"VP8X", bytes(4) + sides) + part
    return webp_of(part)


def webp_of(parts: bytes) -> bytes:
    """The file around these chunks."""
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def riff(name: bytes, data: bytes) -> bytes:
    """A chunk of a RIFF file."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
GIF = b"GIF89a" + struct.pack("<HHBBB", 3, 2, 0, 0, 0) + b";"

"""Cells, of which everything on TON is made, their hashes, and a reader of the bag of cells (BoC) that carries them.

The reader is strict and bounded: whatever bytes arrive, it returns the one root cell or raises :class:`BadCells`.
Sources: the TON whitepaper ("Blockchain", cells and their representation) and ``crypto/tl/boc.tlb`` of
github.com/ton-blockchain/ton. In words: docs/wallet.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

MAX_BITS = 1023
MAX_REFS = 4

MAX_BOC_BYTES = 8192
MAX_CELLS = 256
MAX_DEPTH = 64
"""Bounds of what is read. The largest known wallet has 22 cells in 788 bytes, 8 deep."""

MAGIC = bytes.fromhex("b5ee9c72")
HAS_INDEX, HAS_CHECKSUM, HAS_CACHE_BITS, FLAGS = 0x80, 0x40, 0x20, 0x18
EXOTIC, NOT_LEVEL_ZERO = 0x08, 0xF0
LIBRARY = 2
LIBRARY_BITS = 8 + 256


class BadCells(ValueError):
    """The bytes are no bag of cells that could be meant; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Up to 1023 bits and four references. ``data`` holds the bits from the left; what is left over is zero.

    ``hash`` (32 bytes) names the cell with all that hangs below it; compare that and never the cells themselves.
    ``exotic`` is a library cell: 8 bits of type and the hash of what it stands for.
    """

    bits: int
    data: bytes
    # Cells may be shared: following every path would take time exponential in the depth.
    refs: tuple[Cell, ...] = field(default=(), repr=False)
    exotic: bool = False
    depth: int = field(init=False)
    hash: bytes = field(init=False)

    def __post_init__(self) -> None:
        if not (0 <= self.bits <= MAX_BITS and len(self.data) == -(-self.bits // 8) and len(self.refs) <= MAX_REFS):
            raise BadCells("a cell has at most 1023 bits and four references")
        if self.data and self.data[-1] & (0xFF >> (self.bits % 8 or 8)):
            raise BadCells("a cell's bits end before its bytes, and what is left over is not zero")
        if self.exotic and not self._is_library():
            raise BadCells("an exotic cell other than a library has no place here")
        object.__setattr__(self, "depth", 1 + max(ref.depth for ref in self.refs) if self.refs else 0)
        object.__setattr__(self, "hash", sha256(self._representation()).digest())

    def uint(self, start: int, width: int) -> int:
        """The unsigned big-endian number in ``width`` bits from bit ``start``. Raises :class:`BadCells` outside."""
        if start + width > self.bits:
            raise BadCells(f"a cell of {self.bits} bits has none from {start} to {start + width}")
        return int.from_bytes(self.data, "big") >> (8 * len(self.data) - start - width) & (1 << width) - 1

    def _is_library(self) -> bool:
        return self.bits == LIBRARY_BITS and not self.refs and self.data[0] == LIBRARY

    def _representation(self) -> bytes:
        """Two descriptors, the data with its completion tag, depths of the references, hashes of the references."""
        descriptors = bytes([len(self.refs) + EXOTIC * self.exotic, self.bits // 8 + -(-self.bits // 8)])
        data = self.data
        if self.bits % 8:
            data = data[:-1] + bytes([data[-1] | 0x80 >> self.bits % 8])
        depths = b"".join(ref.depth.to_bytes(2, "big") for ref in self.refs)
        return descriptors + data + depths + b"".join(ref.hash for ref in self.refs)


def cell_of(*fields: tuple[int, int], refs: tuple[Cell, ...] = ()) -> Cell:
    """The ordinary cell of these ``(value, width)`` fields, unsigned and big-endian, one after the other."""
    whole, bits = 0, 0
    for value, width in fields:
        if not 0 <= value < 1 << width:
            raise BadCells(f"{value} does not fit in {width} bits")
        whole, bits = whole << width | value, bits + width
    spare = -bits % 8
    return Cell(bits, (whole << spare).to_bytes((bits + spare) // 8, "big"), refs)


class _Cursor:
    """Reads bytes one after the other and never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.at

    def take(self, length: int) -> bytes:
        if length > self.left:
            raise BadCells("the bag of cells ends too early")
        self.at += length
        return self._data[self.at - length : self.at]

    def uint(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")


@dataclass(frozen=True, slots=True)
class _Written:
    """A cell as it stands in the bag: its references are numbers of other cells."""

    bits: int
    data: bytes
    refs: tuple[int, ...]
    exotic: bool


def read_boc(data: bytes) -> Cell:
    """The root of a bag of cells that has one root, which comes first. Raises :class:`BadCells` and nothing else.

    At most 8192 bytes, 256 cells, 64 deep. Every cell must be reachable, every reference point forward, and no byte
    be left over. An index and a checksum may be there, and are then checked.
    """
    if len(data) > MAX_BOC_BYTES:
        raise BadCells(f"a bag of cells has at most {MAX_BOC_BYTES} bytes here")
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC:
        raise BadCells("a bag of cells begins with b5ee9c72")
    flags = cursor.uint(1)
    size, offset_size, count, total = _header(cursor, flags)
    index = [cursor.uint(offset_size) for _ in range(count)] if flags & HAS_INDEX else None
    if cursor.left != total + (4 if flags & HAS_CHECKSUM else 0):
        raise BadCells("the bag of cells is not as long as it says")
    written, ends = _written(_Cursor(cursor.take(total)), count, size)
    if index is not None and [end >> bool(flags & HAS_CACHE_BITS) for end in index] != ends:
        raise BadCells("the index does not fit the cells")
    if flags & HAS_CHECKSUM and int.from_bytes(cursor.take(4), "little") != crc32c(data[:-4]):
        raise BadCells("the checksum of the bag of cells is wrong")
    return _linked(written)


def _header(cursor: _Cursor, flags: int) -> tuple[int, int, int, int]:
    """Bytes of a cell's number, bytes of an offset, how many cells, bytes of all cells."""
    size, offset_size = flags & 0x07, cursor.uint(1)
    if flags & FLAGS or not 1 <= size <= 4 or not 1 <= offset_size <= 8:
        raise BadCells("the header of the bag of cells makes no sense")
    if flags & HAS_CACHE_BITS and not flags & HAS_INDEX:
        raise BadCells("cache bits stand in an index, and there is none")
    count, roots, absent = (cursor.uint(size) for _ in range(3))
    total = cursor.uint(offset_size)
    if not 1 <= count <= MAX_CELLS:
        raise BadCells(f"a bag has 1 to {MAX_CELLS} cells here, not {count}")
    if roots != 1 or absent or cursor.uint(size) != 0:
        raise BadCells("a bag has one root here, which comes first, and nothing is absent")
    return size, offset_size, count, total


def _written(cursor: _Cursor, count: int, size: int) -> tuple[list[_Written], list[int]]:
    """All cells in the order of the bag, and where each ends."""
    written, ends = [], []
    for number in range(count):
        written.append(_one(cursor, number, count, size))
        ends.append(cursor.at)
    if cursor.left:
        raise BadCells("there are bytes between the last cell and the end")
    return written, ends


def _one(cursor: _Cursor, number: int, count: int, size: int) -> _Written:
    first, second = cursor.uint(1), cursor.uint(1)
    refs_count = first & 0x07
    if first & NOT_LEVEL_ZERO or refs_count > MAX_REFS:
        raise BadCells("a cell has at most four references, level zero and no stored hashes here")
    bits, data = _untagged(cursor.take((second + 1) // 2), tagged=bool(second % 2))
    refs = tuple(cursor.uint(size) for _ in range(refs_count))
    if not all(number < ref < count for ref in refs):
        raise BadCells("a reference points forward, to a cell that is there")
    return _Written(bits, data, refs, bool(first & EXOTIC))


def _untagged(data: bytes, *, tagged: bool) -> tuple[int, bytes]:
    """How many bits there are, and the bytes without the completion tag: the last 1 and the zeros after it."""
    if not tagged:
        return 8 * len(data), data
    last = data[-1]
    tag = last & -last
    if tag in (0, 0x80):
        raise BadCells("the bits of a cell have no proper end")
    return 8 * len(data) - tag.bit_length(), data[:-1] + bytes([last ^ tag])


def _linked(written: Sequence[_Written]) -> Cell:
    """The root. References point forward, so the cells are made from the last to the first, without recursion."""
    if {ref for one in written for ref in one.refs} != set(range(1, len(written))):
        raise BadCells("a cell hangs from no other")
    made: dict[int, Cell] = {}
    for number in reversed(range(len(written))):
        one = written[number]
        cell = Cell(one.bits, one.data, tuple(made[ref] for ref in one.refs), one.exotic)
        if cell.depth > MAX_DEPTH:
            raise BadCells(f"cells hang at most {MAX_DEPTH} deep here")
        made[number] = cell
    return made[0]


def _crc32c_row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


CRC32C = tuple(map(_crc32c_row, range(256)))


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli, reflected), the checksum of a bag of cells. Source: RFC 3720, appendix B.4."""
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC32C[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF

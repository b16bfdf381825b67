"""Cells and bags of cells: the hashes are those of other implementations, and hostile bytes raise one error."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ton_core import Cell as ForeignCell
from ton_core import begin_cell

from stickercase.domain.wallet.cells import (
    MAX_BOC_BYTES,
    MAX_CELLS,
    MAX_DEPTH,
    BadCells,
    Cell,
    cell_of,
    crc32c,
    read_boc,
)
from support.wallets import CODES, PROOFS, VERSIONS, code_cell

# One vector of each contract: v3r1, v4r2, v5beta and v5r1.
KINDS = [PROOFS[0], PROOFS[1], PROOFS[3], PROOFS[5]]
BAGS = [base64.b64decode(vector["stateInit"]) for vector in KINDS]
IDS = [vector["name"] for vector in KINDS]


def same(ours: Cell, theirs: ForeignCell) -> bool:
    """Whether two cells are one: the hash covers everything below."""
    return (ours.hash, ours.depth, ours.bits) == (theirs.hash, theirs.get_depth(), len(theirs.bits))


@st.composite
def foreign_cells(draw: st.DrawFn, most: int = 12) -> ForeignCell:
    """Trees with shared branches, built by ton-core from the leaves up."""
    made: list[ForeignCell] = []
    for _ in range(draw(st.integers(1, most))):
        width = draw(st.integers(0, 1023))
        builder = begin_cell()
        for start in range(0, width, 256):
            part = min(256, width - start)
            builder.store_uint(draw(st.integers(0, (1 << part) - 1)), part)
        for ref in draw(st.lists(st.sampled_from(made), max_size=4)) if made else []:
            builder.store_ref(ref)
        made.append(builder.end_cell())
    return made[-1]


@given(foreign_cells(), st.booleans())
def test_what_another_library_writes_is_read(theirs: ForeignCell, checksum: bool) -> None:
    assert same(read_boc(theirs.to_boc(hash_crc32=checksum)), theirs)


@pytest.mark.parametrize("bag", BAGS, ids=IDS)
def test_foreign_bags_have_foreign_hashes(bag: bytes) -> None:
    assert same(read_boc(bag), ForeignCell.one_from_boc(bag))


@pytest.mark.parametrize("name", VERSIONS)
def test_known_codes_hash_as_published(name: str) -> None:
    assert read_boc(code_cell(name).to_boc()).hash.hex() == CODES[name]["code_hash"]


FIELDS = st.lists(
    st.integers(0, 100).flatmap(lambda width: st.tuples(st.integers(0, (1 << width) - 1), st.just(width))), max_size=10
)


@given(FIELDS)
def test_fields_are_packed_as_another_library_packs_them(fields: list[tuple[int, int]]) -> None:
    builder = begin_cell()
    for value, width in fields:
        if width:
            builder.store_uint(value, width)
    ours = cell_of(*fields)
    assert same(ours, builder.end_cell())
    start = 0
    for value, width in fields:
        assert ours.uint(start, width) == value
        start += width


@pytest.mark.parametrize("field", [(-1, 8), (256, 8), (1, 0)])
def test_what_does_not_fit_is_not_packed(field: tuple[int, int]) -> None:
    with pytest.raises(BadCells):
        cell_of(field)


def test_nothing_is_read_outside_a_cell() -> None:
    assert cell_of((5, 3)).uint(0, 3) == 5
    for start, width in [(0, 4), (3, 1), (1, 3)]:
        with pytest.raises(BadCells):
            cell_of((5, 3)).uint(start, width)


def test_a_cell_has_limits() -> None:
    assert cell_of((0, 1023)).bits == 1023
    leaf = cell_of()
    for wrong in (
        lambda: cell_of((0, 1024)),
        lambda: cell_of(refs=(leaf,) * 5),
        lambda: Cell(3, b"\xa1"),
        lambda: Cell(3, b""),
        lambda: Cell(8, b"\x02", exotic=True),
        lambda: Cell(264, b"\x01" + bytes(32), exotic=True),
        lambda: Cell(264, b"\x02" + bytes(32), (leaf,), exotic=True),
    ):
        with pytest.raises(BadCells):
            wrong()
    assert Cell(264, b"\x02" + bytes(32), exotic=True).hash != Cell(264, b"\x02" + bytes(32)).hash


def test_the_checksum_is_the_published_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720's polynomial; the catalogue's check value
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4


# Hostile bytes


@pytest.mark.parametrize("bag", BAGS, ids=IDS)
def test_one_changed_byte_is_noticed(bag: bytes) -> None:
    for place in range(len(bag)):
        for mask in (1, 0x80):
            with pytest.raises(BadCells):
                read_boc(bag[:place] + bytes([bag[place] ^ mask]) + bag[place + 1 :])


def unsummed(bag: bytes) -> bytes:
    """The same bag without its checksum."""
    return bag[:4] + bytes([bag[4] & ~0x40]) + bag[5:-4]


@pytest.mark.parametrize("bag", BAGS, ids=IDS)
def test_one_changed_byte_without_a_checksum_is_another_root(bag: bytes) -> None:
    """What is not an error is another hash: nothing is read loosely."""
    bare, root, errors = unsummed(bag), read_boc(bag).hash, 0
    assert read_boc(bare).hash == root
    for place in range(len(bare)):
        for mask in (1, 4, 128, 255):
            try:
                changed = read_boc(bare[:place] + bytes([bare[place] ^ mask]) + bare[place + 1 :])
            except BadCells:
                errors += 1
                continue
            assert changed.hash != root, (place, mask)
    assert errors > 50


@pytest.mark.parametrize("bag", BAGS, ids=IDS)
def test_no_other_length_is_read(bag: bytes) -> None:
    for cut in range(len(bag)):
        with pytest.raises(BadCells):
            read_boc(bag[:cut])
    for more in (b"\x00", bag[-4:], bag):
        with pytest.raises(BadCells):
            read_boc(bag + more)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b"\xb5\xee\x9c\x72" + rest))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_boc(data)
    except BadCells:
        return


@given(st.sampled_from(BAGS), st.lists(st.tuples(st.integers(0, 800), st.integers(0, 255)), max_size=6), st.data())
def test_a_mangled_bag_is_read_or_refused(bag: bytes, changes: list[tuple[int, int]], data: st.DataObject) -> None:
    mangled = bytearray(unsummed(bag))
    for place, byte in changes:
        mangled[place % len(mangled)] = byte
    cut = data.draw(st.integers(0, len(mangled)))
    for shape in (bytes(mangled), bytes(mangled[:cut]), bytes(mangled[cut:]), bytes(mangled + mangled[cut:])):
        try:
            read_boc(shape)
        except BadCells:
            continue


def bag_of(*cells: str, roots: str = "01", root: str = "00", flags: int = 0x01, absent: str = "00") -> bytes:
    """A bag of hand-written cells, in hexadecimal."""
    body = bytes.fromhex("".join(cells))
    header = bytes([flags, 2, len(cells)]) + bytes.fromhex(roots + absent)
    return b"\xb5\xee\x9c\x72" + header + len(body).to_bytes(2, "big") + bytes.fromhex(root) + body


def test_hand_written_bags_are_read() -> None:
    assert read_boc(bag_of("0000")).hash == cell_of().hash
    assert read_boc(bag_of("0001c0")).hash == cell_of((1, 1)).hash
    assert read_boc(bag_of("010001", "0002ff")).hash == cell_of(refs=(cell_of((255, 8)),)).hash
    assert read_boc(bag_of("02000101", "0000")).depth == 1


@pytest.mark.parametrize(
    ("bag", "why"),
    [
        (b"", "ends too early"),
        (b"\x68\xff\x65\xf3" + bag_of("0000")[4:], "b5ee9c72"),
        (bag_of(), "1 to 256"),
        (bag_of("0000", flags=0x00), "header"),
        (bag_of("0000", flags=0x05), "header"),
        (bag_of("0000", flags=0x09), "header"),
        (bag_of("0000", flags=0x11), "header"),
        (bag_of("0000", flags=0x21), "cache bits"),
        (bag_of("0000", roots="00"), "one root"),
        (bag_of("0000", roots="02"), "one root"),
        (bag_of("0000", absent="01"), "one root"),
        (bag_of("010001", "0000", root="01"), "one root"),
        (bag_of("010000"), "points forward"),
        (bag_of("010001"), "points forward"),
        (bag_of("010001", "010000"), "points forward"),
        (bag_of("010001", "010001"), "points forward"),
        (bag_of("050001010101", "0000"), "at most four"),
        (bag_of("070001", "0000"), "at most four"),
        (bag_of("100000"), "level zero"),
        (bag_of("200000"), "level zero"),
        (bag_of("800000"), "level zero"),
        (bag_of("000100"), "no proper end"),
        (bag_of("000180"), "no proper end"),
        (bag_of("0003ff00"), "no proper end"),
        (bag_of("0003ff80"), "no proper end"),
        (bag_of("0002"), "ends too early"),
        (bag_of("0000ff"), "between the last cell"),
        (bag_of("0000", "0000"), "hangs from no other"),
        (bag_of("010002", "0000", "0000"), "hangs from no other"),
        (bag_of("0800"), "exotic"),
        (bag_of("084201" + "00" * 32), "exotic"),
        (bag_of("08420200"), "ends too early"),
        (bag_of("0000") + b"\x00", "as long as it says"),
        (bag_of("0000")[:-1], "as long as it says"),
    ],
)
def test_why_a_bag_is_refused(bag: bytes, why: str) -> None:
    with pytest.raises(BadCells, match=why):
        read_boc(bag)


def chain(length: int, *, fan: int = 1) -> bytes:
    """Cells that hang from one another in one line, by ``fan`` references each."""
    cells = [f"{fan:02x}00" + f"{number + 1:04x}" * fan for number in range(length - 1)] + ["0000"]
    body = bytes.fromhex("".join(cells))
    return (
        b"\xb5\xee\x9c\x72\x02\x02"
        + length.to_bytes(2, "big")
        + bytes.fromhex("00010000")
        + len(body).to_bytes(2, "big")
        + bytes(2)
        + body
    )


def test_bags_are_bounded() -> None:
    assert read_boc(chain(MAX_DEPTH + 1)).depth == MAX_DEPTH
    with pytest.raises(BadCells, match="deep"):
        read_boc(chain(MAX_DEPTH + 2))
    with pytest.raises(BadCells, match="1 to 256"):
        read_boc(chain(MAX_CELLS + 1))
    with pytest.raises(BadCells, match="bytes"):
        read_boc(bytes(MAX_BOC_BYTES + 1))
    with pytest.raises(BadCells, match="b5ee9c72"):
        read_boc(bytes(MAX_BOC_BYTES))


def test_shared_cells_cost_no_more_than_single_ones() -> None:
    """Followed path by path this bag would have 4^64 cells."""
    began = time.perf_counter()
    root = read_boc(chain(MAX_DEPTH + 1, fan=4))
    assert root.depth == MAX_DEPTH
    assert len(repr(root)) < 300
    assert time.perf_counter() - began < 1


CELLS = bytes.fromhex("010001" + "0000")


def indexed(*index: int, flags: int) -> bytes:
    """Two cells with an index: where each ends, counted from the first."""
    return b"\xb5\xee\x9c\x72" + bytes([flags]) + b"\x01\x02\x01\x00\x05\x00" + bytes(index) + CELLS


def test_an_index_is_checked() -> None:
    assert read_boc(indexed(3, 5, flags=0x81)).depth == 1
    for wrong in ((3, 2), (0, 3), (3, 6), (6, 10)):
        with pytest.raises(BadCells, match="index"):
            read_boc(indexed(*wrong, flags=0x81))


def test_an_index_may_have_cache_bits() -> None:
    for index in ((6, 10), (7, 10), (6, 11)):
        assert read_boc(indexed(*index, flags=0xA1)).depth == 1
    with pytest.raises(BadCells, match="index"):
        read_boc(indexed(3, 5, flags=0xA1))

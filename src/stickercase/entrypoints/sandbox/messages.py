"""What an external message to a wallet says: who is to be paid how much, until when, under which counter.

Layouts: ``block.tlb`` of github.com/ton-blockchain/ton (Message, MessageRelaxed), and the published code of wallets
v3r1, v3r2, v4r2 and v5r1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stickercase.domain.wallet.addresses import WORKCHAINS, Address
from stickercase.domain.wallet.cells import MAGIC, BadCells, Cell, cell_of, read_boc
from stickercase.domain.wallet.contracts import StateInit

SIGNATURE_BITS = 512
V5_SIGNED_EXTERNAL = 0x7369676E
SEND_MESSAGE = 0x0EC3C86D
SIMPLE_SEND = 0
COMMENT = 0
READ = ("v3r1", "v3r2", "v4r2", "v5r1")
"""The contracts whose messages are read here."""


class Slice:
    """Reads a cell from the left. Raises :class:`BadCells` past its end."""

    def __init__(self, cell: Cell, at: int = 0, end: int | None = None) -> None:
        self._cell, self._at, self._ref = cell, at, 0
        self._end = cell.bits if end is None else end

    def uint(self, width: int) -> int:
        """The next bits as a number."""
        if self._at + width > self._end:
            raise BadCells("the cell ends too early")
        value = self._cell.uint(self._at, width)
        self._at += width
        return value

    def ref(self) -> Cell:
        """The next reference."""
        if self._ref >= len(self._cell.refs):
            raise BadCells("a reference is missing")
        self._ref += 1
        return self._cell.refs[self._ref - 1]

    def coins(self) -> int:
        """An amount in nanotons: four bits say in how many bytes."""
        return self.uint(8 * self.uint(4))

    def address(self) -> Address | None:
        """An address of the usual form, or none."""
        kind = self.uint(2)
        if kind == 0:
            return None
        if kind != 0b10 or self.uint(1):
            raise BadCells("an address is of the usual form here")
        workchain = self.uint(8)
        workchain -= 256 if workchain > 127 else 0
        if workchain not in WORKCHAINS:
            raise BadCells("there is no such workchain")
        return Address(workchain, self.uint(256).to_bytes(32, "big"))

    def rest(self) -> Cell:
        """What is left, as a cell of its own."""
        width = self._end - self._at
        return cell_of((self._cell.uint(self._at, width), width), refs=self._cell.refs[self._ref :])

    @property
    def refs_left(self) -> int:
        """How many references are left."""
        return len(self._cell.refs) - self._ref


@dataclass(frozen=True, slots=True)
class ExternalMessage:
    """A message to a contract from outside. ``init`` is what the contract is made of, when it comes along."""

    destination: Address
    init: StateInit | None
    body: Cell
    hash: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment that a wallet is told to make. ``comment`` is the text for the recipient, if it is one."""

    destination: Address
    bounce: bool
    value_nano: int
    mode: int
    body: Cell
    comment: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed part of a message to a wallet; ``signed_hash`` is what the signature is over."""

    wallet_id: int
    valid_until: int
    seqno: int
    transfers: tuple[Transfer, ...]
    signature: bytes
    signed_hash: bytes


def read_external(boc: bytes) -> ExternalMessage:
    """Read an external message in a bag of cells. Raises :class:`BadCells`."""
    root = read_boc(boc)
    slice_ = Slice(root)
    if slice_.uint(2) != 0b10 or slice_.address() is not None:
        raise BadCells("this is no external message")
    destination = slice_.address()
    if destination is None:
        raise BadCells("the message goes to nobody")
    slice_.coins()
    init = _init(slice_) if slice_.uint(1) else None
    body = slice_.ref() if slice_.uint(1) else slice_.rest()
    return ExternalMessage(destination, init, body, root.hash)


def read_signed(name: str, body: Cell) -> Signed:
    """Read what a wallet of contract ``name`` gets. Raises :class:`BadCells`."""
    if name not in READ:
        raise BadCells(f"messages to {name} are not read here")
    return _signed_v5(body) if name == "v5r1" else _signed_v3(body, has_op=name == "v4r2")


def comment_body(text: str) -> Cell:
    """The body that carries a short comment."""
    data = text.encode()
    return cell_of((COMMENT, 32), (int.from_bytes(data, "big"), 8 * len(data)))


def bag_of(root: Cell) -> bytes:
    """The bag of cells of ``root``, every cell before those it refers to. At most 255 cells."""
    found: dict[bytes, Cell] = {}

    def visit(cell: Cell) -> None:
        if cell.hash not in found:
            for ref in cell.refs:
                visit(ref)
            found[cell.hash] = cell

    visit(root)
    cells = list(reversed(found.values()))
    numbers = {cell.hash: bytes([number]) for number, cell in enumerate(cells)}
    written = b"".join(_cell(cell) + b"".join(numbers[ref.hash] for ref in cell.refs) for cell in cells)
    return MAGIC + bytes([1, 2, len(cells), 1, 0]) + len(written).to_bytes(2, "big") + bytes([0]) + written


def _cell(cell: Cell) -> bytes:
    data = cell.data
    if cell.bits % 8:
        data = data[:-1] + bytes([data[-1] | 0x80 >> cell.bits % 8])
    return bytes([len(cell.refs) + 8 * cell.exotic, cell.bits // 8 + -(-cell.bits // 8)]) + data


def _init(slice_: Slice) -> StateInit:
    """A StateInit with code and data and nothing else, as all wallets have it."""
    if slice_.uint(1):
        root = slice_.ref()
        inner = Slice(root)
    else:
        root, inner = None, slice_
    if inner.uint(5) != 0b00110:
        raise BadCells("a wallet's StateInit has code and data, and nothing else")
    code, data = inner.ref(), inner.ref()
    whole = root or cell_of((0b00110, 5), refs=(code, data))
    return StateInit(code.hash, data, whole.hash)


def _signed_v3(body: Cell, *, has_op: bool) -> Signed:
    slice_ = Slice(body)
    signature = slice_.uint(SIGNATURE_BITS).to_bytes(64, "big")
    signed_hash = slice_.rest().hash
    wallet_id, valid_until, seqno = slice_.uint(32), slice_.uint(32), slice_.uint(32)
    if has_op and slice_.uint(8) != SIMPLE_SEND:
        raise BadCells("a wallet v4 is asked for something else than to pay")
    transfers = []
    while slice_.refs_left:
        mode = slice_.uint(8)
        transfers.append(_transfer(slice_.ref(), mode))
    return Signed(wallet_id, valid_until, seqno, tuple(transfers), signature, signed_hash)


def _signed_v5(body: Cell) -> Signed:
    end = body.bits - SIGNATURE_BITS
    if end < 0:
        raise BadCells("there is no signature")
    signature = body.uint(end, SIGNATURE_BITS).to_bytes(64, "big")
    slice_ = Slice(body, end=end)
    signed_hash = slice_.rest().hash
    if slice_.uint(32) != V5_SIGNED_EXTERNAL:
        raise BadCells("this is no signed request to a wallet v5")
    wallet_id, valid_until, seqno = slice_.uint(32), slice_.uint(32), slice_.uint(32)
    actions = tuple(_actions(slice_.ref())) if slice_.uint(1) else ()
    if slice_.uint(1):
        raise BadCells("a wallet v5 is asked for something else than to pay")
    return Signed(wallet_id, valid_until, seqno, actions[::-1], signature, signed_hash)


def _actions(cell: Cell) -> Iterator[Transfer]:
    """The list of actions, the last one first."""
    while cell.bits or cell.refs:
        slice_ = Slice(cell)
        cell = slice_.ref()
        if slice_.uint(32) != SEND_MESSAGE:
            raise BadCells("a wallet v5 is asked for something else than to pay")
        mode = slice_.uint(8)
        yield _transfer(slice_.ref(), mode)


def _transfer(message: Cell, mode: int) -> Transfer:
    slice_ = Slice(message)
    if slice_.uint(1):
        raise BadCells("a wallet sends internal messages only")
    _, bounce, _ = slice_.uint(1), slice_.uint(1), slice_.uint(1)
    slice_.address()
    destination = slice_.address()
    if destination is None:
        raise BadCells("a payment goes to nobody")
    value = slice_.coins()
    if slice_.uint(1):
        raise BadCells("a payment is in TON here")
    slice_.coins(), slice_.coins(), slice_.uint(64), slice_.uint(32)
    if slice_.uint(1):
        _init(slice_)
    body = slice_.ref() if slice_.uint(1) else slice_.rest()
    return Transfer(destination, bool(bounce), value, mode, body, _comment(body))


def _comment(body: Cell) -> str | None:
    """The text that begins with 32 zero bits and goes on from cell to cell."""
    if body.bits < 32 or body.bits % 8 or body.uint(0, 32) != COMMENT:
        return None
    data, refs = body.data[4:], body.refs
    while refs:
        data, refs = data + refs[0].data, refs[0].refs
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None

"""NFTs on the sandbox's chain: contracts that belong to somebody, and do what their owner asks.

Source: TEP-62 (github.com/ton-blockchain/TEPs) and the contract that most collections use
(github.com/ton-blockchain/token-contract), whose exit codes stand here.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.cells import BadCells, Cell, cell_of
from stickercase.entrypoints.sandbox.messages import Slice

TRANSFER, OWNERSHIP_ASSIGNED, EXCESSES, BOUNCED = 0x5FCC3D14, 0x05138D91, 0xD53276DB, 0xFFFFFFFF
GAS_NANO = 8_000_000
"""What it costs an NFT to do as it is asked, or to refuse."""
NOT_THE_OWNER, TOO_LITTLE, UNKNOWN_OP, BAD_BODY = 401, 402, 0xFFFF, 9


class NftNote(msgspec.Struct):
    """Whose an NFT is, and of what collection; raw addresses, "" for no collection."""

    owner: str
    collection: str = ""


class Bounces(Exception):
    """The contract throws ``exit_code``: the message goes back to where it came from."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a contract sends on."""

    destination: Address
    value_nano: int
    body: Cell


def asked(note: NftNote, source: str, value_nano: int, body: Cell) -> tuple[NftNote, list[Sent]]:
    """What becomes of an NFT that ``source`` (raw) asks for something, and what it sends. Raises :class:`Bounces`."""
    try:
        slice_ = Slice(body)
        op, query_id = slice_.uint(32), slice_.uint(64)
        if op != TRANSFER:
            raise Bounces(UNKNOWN_OP)
        if source != note.owner:
            raise Bounces(NOT_THE_OWNER)
        new_owner, response_to = slice_.address(), slice_.address()
        if slice_.uint(1):
            slice_.ref()
        forward_nano = slice_.coins()
        slice_.uint(1)
    except BadCells as error:
        raise Bounces(BAD_BODY) from error
    rest_nano = value_nano - GAS_NANO - forward_nano
    if new_owner is None or rest_nano < 0:
        raise Bounces(TOO_LITTLE)
    sent = []
    if forward_nano:
        told = cell_of((OWNERSHIP_ASSIGNED, 32), (query_id, 64), *address_bits(note.owner), (0, 1))
        sent.append(Sent(new_owner, forward_nano, told))
    if response_to is not None and rest_nano:
        sent.append(Sent(response_to, rest_nano, cell_of((EXCESSES, 32), (query_id, 64))))
    return msgspec.structs.replace(note, owner=new_owner.raw), sent


def bounced_body(body: Cell) -> Cell:
    """What a message that bounces says: that it does, and its first 256 bits."""
    kept = min(body.bits, 256)
    return cell_of((BOUNCED, 32), (body.uint(0, kept), kept))


def address_bits(raw: str) -> tuple[tuple[int, int], ...]:
    """An address within a cell; "" for none (``addr_std`` and ``addr_none`` of block.tlb)."""
    if not raw:
        return ((0, 2),)
    workchain, _, name = raw.partition(":")
    return (0b100, 3), (int(workchain) & 0xFF, 8), (int(name, 16), 256)

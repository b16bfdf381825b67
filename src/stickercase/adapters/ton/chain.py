"""The chain as toncenter shows it. Source: toncenter.com/api/v2; in our words: docs/outside-services.md.

What is believed of a wallet is true of one block: its balance, its last transaction and the block's time come in one
answer. A list of transactions that does not reach that transaction comes from a node that is behind, and is not
believed.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from stickercase.adapters.outgoing import MEBIBYTE, Calls, Reply, TooLong, decoded
from stickercase.domain.wallet.addresses import Address, BadAddress, parse_address
from stickercase.domain.wallet.cells import BadCells, Cell, cell_of, read_boc
from stickercase.domain.wallet.payouts import NftAnswer, Paid, WalletState, WalletTransaction
from stickercase.ports.failures import MessageRefused, TokenRefused, Unintelligible, VendorUnavailable

VENDOR = "the TON API"
DENIED = (401, 403)
PAGE, LEAST_PAGE = 100, 2
MOST_BYTES = 4 * MEBIBYTE
"""Of one answer. Two transactions have less: a message has 256 KiB at most, and is in its transaction three times."""
OURS_AT_MOST = 2048
"""Bytes of a body that we signed; a payment has some 250."""
ACTIVE = "active"
NOT_TAKEN = "cannot apply external message"
"""Words of a liteserver: the contract did not accept the message."""
LONGEST_WORDS = 300

BOUNCED, NFT_TRANSFER, EXCESSES = 0xFFFFFFFF, 0x5FCC3D14, 0xD53276DB
"""How a message that came back begins, a request to an NFT, and the answer that brings back what is left (TEP-62)."""
OWNER = 3
"""Where `get_nft_data` leaves the owner on its stack (TEP-62)."""

T = TypeVar("T")


class AnswerWire(msgspec.Struct):
    """What every answer is wrapped in."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""


class IdWire(msgspec.Struct):
    """What names a transaction."""

    lt: str
    hash: str


class AccountWire(msgspec.Struct):
    """An account in one block; ``sync_utime`` is the block's time."""

    balance: str | int
    state: str
    last_transaction_id: IdWire
    sync_utime: int


class MethodWire(msgspec.Struct):
    """What a method left on its stack: pairs of a kind and a value."""

    exit_code: int
    stack: list[tuple[str, msgspec.Raw]]


class CellWire(msgspec.Struct):
    """A cell on a stack; ``bytes`` is a bag of cells in base64."""

    bytes: str


class DataWire(msgspec.Struct):
    """What a message says; ``body`` is a bag of cells in base64."""

    body: str = ""


class MessageWire(msgspec.Struct):
    """A message. One from outside has the source ``""``, one to outside that destination.

    What tells a payment has no default: read as nothing, it would look as if nothing had been paid.
    """

    source: str
    destination: str
    value: str | int
    body_hash: str = ""
    msg_data: DataWire | None = None


class TransactionWire(msgspec.Struct):
    """A transaction of an account."""

    utime: int
    transaction_id: IdWire
    in_msg: MessageWire
    out_msgs: list[MessageWire]


class ToncenterChain:
    """Looks at the chain through the API below ``url``, with ``key`` if there is one.

    ``key_setting`` is named to the operator when the key is refused.
    """

    def __init__(self, url: str, key: str = "", *, key_setting: str = "the key", seconds: float = 10.0) -> None:
        headers = {"X-API-Key": key} if key else {}
        self._calls = Calls(VENDOR, url, headers=headers, seconds=seconds, most_bytes=MOST_BYTES)
        self._key_setting = key_setting

    def wallet(self, address: Address) -> WalletState:
        told = self._result(self._calls.get("/getAddressInformation", {"address": address.raw}), AccountWire)
        seqno = self._seqno(address) if told.state == ACTIVE else 0
        return _read(
            lambda: WalletState(
                address,
                max(int(told.balance), 0),
                seqno,
                int(told.last_transaction_id.lt),
                datetime.fromtimestamp(told.sync_utime, UTC),
            )
        )

    def transactions(self, state: WalletState, since: datetime | None) -> Sequence[WalletTransaction]:
        found: list[WalletTransaction] = []
        start: IdWire | None = None
        size = PAGE
        while True:
            size, page = self._page(state.address, start, size, is_all=since is None)
            newest = int(page[0].transaction_id.lt) if page else 0
            if newest < state.lt and start is None:
                raise VendorUnavailable(f"{VENDOR} does not show the wallet's last transaction yet")
            fresh = page if start is None else page[1:]
            found += [_read(lambda one=one: _transaction(one)) for one in fresh]  # type: ignore[misc]  # bound at once
            if not fresh or (since is not None and found[-1].at < since):
                return [one for one in found if since is None or one.at >= since]
            start = fresh[-1].transaction_id

    def nft_owner(self, item: Address) -> Address | None:
        told = self._run(item, "get_nft_data")
        if told.exit_code != 0:
            return None
        if len(told.stack) <= OWNER or told.stack[OWNER][0] not in ("cell", "slice"):
            raise Unintelligible(f"{VENDOR} says that the account is no NFT")
        return _read(lambda: _address_in(msgspec.json.decode(told.stack[OWNER][1], type=CellWire)))

    def send(self, message: bytes) -> None:
        reply = self._calls.send("POST", "/sendBoc", {"boc": b64encode(message).decode()})
        told = _refusal(reply)
        if told is not None:
            raise MessageRefused(told)
        self._result(reply, dict)

    def _seqno(self, address: Address) -> int:
        told = self._run(address, "seqno")
        if told.exit_code != 0 or not told.stack or told.stack[0][0] != "num":
            raise Unintelligible(f"{VENDOR} says that the account is no wallet with a counter")
        return _read(lambda: int(msgspec.json.decode(told.stack[0][1], type=str), 16))

    def _run(self, address: Address, method: str) -> MethodWire:
        wish = {"address": address.raw, "method": method, "stack": []}
        return self._result(self._calls.ask("/runGetMethod", wish), MethodWire)

    def _page(
        self, address: Address, start: IdWire | None, size: int, *, is_all: bool
    ) -> tuple[int, list[TransactionWire]]:
        """Up to ``size`` transactions, newest first, from ``start`` on, which comes again itself; and how many fit.

        Whoever sends the wallet large messages makes a page long: it is then asked for in shorter ones.
        """
        query = {"address": address.raw, "limit": str(size)}
        if start is not None:
            query |= {"lt": start.lt, "hash": start.hash}
        if is_all:
            query |= {"archival": "true"}
        try:
            page = self._result(self._calls.get("/getTransactions", query), list[TransactionWire])
        except TooLong:
            if size <= LEAST_PAGE:
                raise
            return self._page(address, start, max(size // 5, LEAST_PAGE), is_all=is_all)
        times = [_read(lambda one=one: int(one.transaction_id.lt)) for one in page]  # type: ignore[misc]  # bound at once
        if times != sorted(set(times), reverse=True) or (start is not None and times[:1] != [int(start.lt)]):
            raise Unintelligible(f"{VENDOR} answered with transactions in no order")
        return size, page

    def _result(self, reply: Reply, shape: type[T]) -> T:
        if reply.status in DENIED:
            raise TokenRefused(f"{VENDOR} does not accept {self._key_setting}")
        if reply.is_trouble:
            raise VendorUnavailable(f"{VENDOR} answered {reply.status}")
        answer = decoded(VENDOR, reply.body, AnswerWire)
        if not answer.ok:
            raise Unintelligible(f"{VENDOR} refused a request of ours with {reply.status}")
        return decoded(VENDOR, bytes(answer.result), shape)


def _refusal(reply: Reply) -> str | None:
    """Why a message was not taken, if that is what the reply says."""
    try:
        answer = msgspec.json.decode(reply.body, type=AnswerWire)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return answer.error[:LONGEST_WORDS] if not answer.ok and NOT_TAKEN in answer.error else None


def _read(read: Callable[[], T]) -> T:
    """What ``read`` makes of an answer. Raises :class:`Unintelligible` when it makes no sense."""
    try:
        return read()
    except (ValueError, OverflowError, OSError, BadAddress, msgspec.MsgspecError) as error:
        raise Unintelligible(f"{VENDOR} answered what makes no sense ({type(error).__name__})") from error


def _transaction(wire: TransactionWire) -> WalletTransaction:
    at = datetime.fromtimestamp(wire.utime, UTC)
    payments = tuple(Paid(parse_address(one.destination), int(one.value)) for one in wire.out_msgs if one.destination)
    answer = _answer(wire.in_msg)
    return WalletTransaction(int(wire.transaction_id.lt), at, _message_hash(wire.in_msg), payments, answer)


def _answer(message: MessageWire | None) -> NftAnswer | None:
    """What an NFT answered, if it is that. Anybody may send anything here, so whatever else it is, it is no error."""
    if message is None or not message.source or message.msg_data is None:
        return None
    try:
        body = read_boc(b64decode(message.msg_data.body, validate=True))
    except (binascii.Error, BadCells):
        return None
    sender = parse_address(message.source)
    if body.bits >= 128 and (body.uint(0, 32), body.uint(32, 32)) == (BOUNCED, NFT_TRANSFER):
        return NftAnswer(sender, body.uint(64, 64), bounced=True)
    if body.bits >= 96 and body.uint(0, 32) == EXCESSES:
        return NftAnswer(sender, body.uint(32, 64), bounced=False)
    return None


def _address_in(wire: CellWire) -> Address | None:
    """An address of the usual form that is alone in a cell (``addr_std`` of block.tlb); None for ``addr_none``."""
    cell = read_boc(b64decode(wire.bytes, validate=True))
    if cell.bits == 2 and cell.uint(0, 2) == 0:
        return None
    if cell.bits != 267 or cell.uint(0, 3) != 0b100:
        raise BadCells("this is no address")
    workchain = int.from_bytes(cell.uint(3, 8).to_bytes(1, "big"), "big", signed=True)
    return parse_address(f"{workchain}:{cell.uint(11, 256):064x}")


def _message_hash(message: MessageWire) -> str | None:
    """The hash of the normal form of a message from outside; None for any other, and for one that can't be ours.

    Anybody can put what we signed into another envelope and send that: the signature is over the body alone. So the
    hash on the chain may differ from that of what we sent, and only the normal form's does not. A message without its
    body is an error, as ours would look absent.
    """
    if message.source or not message.destination:
        return None
    told = b64decode(message.msg_data.body if message.msg_data else "", validate=True)
    try:
        body = read_boc(told)
    except BadCells:
        if len(told) > OURS_AT_MOST:
            return None
        raise
    if message.body_hash and b64decode(message.body_hash) != body.hash:
        raise BadCells("the body is another than its hash says")
    return normal_hash(parse_address(message.destination), body)


def normal_hash(destination: Address, body: Cell) -> str:
    """The hash of a message from outside in its normal form: no source, no fee, no StateInit, the body in a reference.

    Source: TEP-467 (github.com/ton-blockchain/TEPs). Explorers find a message by it.
    """
    where = ((0b100, 3), (destination.workchain & 0xFF, 8), (int.from_bytes(destination.hash, "big"), 256))
    return cell_of((0b10, 2), (0b00, 2), *where, (0, 4), (0, 1), (1, 1), refs=(body,)).hash.hex()

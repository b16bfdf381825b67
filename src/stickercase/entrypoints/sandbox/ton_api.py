"""The TON API (toncenter's v2), as the sandbox plays it over its own chain. In words: docs/outside-services.md."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from stickercase.domain.wallet.addresses import Address, BadAddress, parse_address
from stickercase.domain.wallet.cells import BadCells, cell_of
from stickercase.entrypoints.sandbox.chain import (
    AccountNote,
    Chain,
    NotAccepted,
    PaymentNote,
    TransactionNote,
    b64,
    shown,
)
from stickercase.entrypoints.sandbox.exchange import Answer, Refusal, Request, Route, is_same, json_answer
from stickercase.entrypoints.sandbox.messages import bag_of
from stickercase.entrypoints.sandbox.nfts import NftNote, address_bits

T = TypeVar("T")

PATH = "/toncenter/api/v2"
MOST_TRANSACTIONS = 100
NOT_DEPLOYED = -13
NO_METHOD = 11
WALLET_TYPES = {"v3r1": "wallet v3 r1", "v3r2": "wallet v3 r2", "v4r2": "wallet v4 r2", "v5r1": "wallet v5 r1"}
REJECTED = "LITE_SERVER_UNKNOWN: cannot apply external message to current state : "


class BocWire(msgspec.Struct):
    """A message in base64."""

    boc: str


class MethodWire(msgspec.Struct):
    """A method to be run."""

    address: str
    method: str | int
    stack: list[object] = []


class TonApi:
    """The API over a chain. A key is asked for only when one is shown, as toncenter does it."""

    def __init__(self, chain: Chain, key: str) -> None:
        self._chain, self._key = chain, key

    def routes(self) -> Sequence[Route]:
        """What the API answers to."""
        handlers: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "getAddressInformation"): self._address_information,
            ("GET", "getAddressBalance"): lambda request: str(self._account(request).balance),
            ("GET", "getAddressState"): lambda request: _state(self._account(request)),
            ("GET", "getWalletInformation"): self._wallet_information,
            ("GET", "getTransactions"): self._transactions,
            ("GET", "getMasterchainInfo"): lambda _: {"@type": "blocks.masterchainInfo", "last": self._block()},
            ("POST", "runGetMethod"): self._run_get_method,
            ("POST", "sendBoc"): self._send_boc,
            ("POST", "sendBocReturnHash"): self._send_boc_return_hash,
        }
        return [
            Route(verb, f"{PATH}/{name}", self._answering(handler), "ton") for (verb, name), handler in handlers.items()
        ]

    def _answering(self, handler: Callable[[Request], object]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            shown_key = request.headers.get("x-api-key") or request.query.get("api_key")
            if shown_key and not is_same(shown_key, self._key):
                raise _failed(401, "API key does not exist")
            return json_answer({"ok": True, "result": handler(request), "@extra": f"{self._chain.now()}:0:0"})

        return answer

    def _account(self, request: Request) -> AccountNote:
        return self._chain.account(_address(request.query.get("address")))

    def _address_information(self, request: Request) -> object:
        address = _address(request.query.get("address"))
        account = self._chain.account(address)
        return {
            "@type": "raw.fullAccountState",
            "balance": str(account.balance),
            "code": "",
            "data": "",
            "last_transaction_id": self._last(address),
            "block_id": self._block(),
            "frozen_hash": "",
            "sync_utime": int(self._chain.now()),
            "state": _state(account),
        }

    def _wallet_information(self, request: Request) -> object:
        address = _address(request.query.get("address"))
        account = self._chain.account(address)
        told: dict[str, object] = {
            "wallet": bool(account.contract),
            "balance": str(account.balance),
            "account_state": _state(account),
            "last_transaction_id": self._last(address),
        }
        if account.contract:
            told |= {"wallet_type": WALLET_TYPES[account.contract], "seqno": account.seqno}
            told |= {"wallet_id": account.wallet_id}
        return told

    def _transactions(self, request: Request) -> object:
        address = _address(request.query.get("address"))
        limit = min(_number(request.query.get("limit", "10")), MOST_TRANSACTIONS)
        until_lt = _number(request.query["lt"]) if "lt" in request.query else None
        notes = self._chain.transactions(address, limit, until_lt, _number(request.query.get("to_lt", "0")))
        return [_transaction(note) for note in notes]

    def _run_get_method(self, request: Request) -> object:
        wish = _body(request, MethodWire)
        address = _address(wish.address)
        account, nft = self._chain.account(address), self._chain.nft(address)
        numbers = {
            "seqno": account.seqno,
            "get_public_key": int(account.public_key or "0", 16),
            "get_subwallet_id": account.wallet_id,
            "get_wallet_id": account.wallet_id,
        }
        stack: list[object] = []
        exit_code = NOT_DEPLOYED
        if nft is not None:
            exit_code = 0 if wish.method == "get_nft_data" else NO_METHOD
            stack = _nft_data(nft) if exit_code == 0 else []
        elif account.contract:
            exit_code = 0 if wish.method in numbers else NO_METHOD
            stack = [["num", hex(numbers[str(wish.method)])]] if exit_code == 0 else []
        return {"@type": "smc.runResult", "gas_used": 600, "stack": stack, "exit_code": exit_code}

    def _send_boc(self, request: Request) -> object:
        self._sent(request)
        return {"@type": "ok"}

    def _send_boc_return_hash(self, request: Request) -> object:
        return {"@type": "raw.extMessageInfo", "hash": b64(self._sent(request))}

    def _sent(self, request: Request) -> bytes:
        try:
            return self._chain.send(b64decode(_body(request, BocWire).boc, validate=True))
        except (binascii.Error, BadCells) as error:
            raise _failed(500, f"LITE_SERVER_UNKNOWN: failed to parse external message: {error}") from error
        except NotAccepted as error:
            raise _failed(500, _rejection(error)) from error

    def _last(self, address: Address) -> object:
        newest = self._chain.transactions(address, 1, None, 0)
        lt, name = (newest[0].lt, newest[0].hash) if newest else (0, bytes(32))
        return _transaction_id(lt, name)

    def _block(self) -> object:
        number, root = int(self._chain.now()), bytes(32)
        block = {"workchain": -1, "shard": "-9223372036854775808", "seqno": number}
        return {"@type": "ton.blockIdExt"} | block | {"root_hash": b64(root), "file_hash": b64(root)}


def _nft_data(nft: NftNote) -> list[object]:
    """Whether it is initialised, its number, its collection, its owner, its content: TEP-62."""
    cells = [cell_of(*address_bits(nft.collection)), cell_of(*address_bits(nft.owner)), cell_of()]
    return [["num", "-0x1"], ["num", "0x0"], *(["cell", {"bytes": b64(bag_of(cell))}] for cell in cells)]


def _failed(code: int, error: str) -> Refusal:
    return Refusal(json_answer({"ok": False, "error": error, "code": code}, code))


def _rejection(error: NotAccepted) -> str:
    """The words of a liteserver; what the sandbox itself knows stands at the end."""
    if error.exit_code is None:
        told = "inbound external message rejected by account before smart-contract execution"
        return f"{REJECTED}External message was not accepted\nCannot run message on account: {told} ({error})"
    told = f"inbound external message rejected by transaction {'0' * 64}:\nexitcode={error.exit_code}, steps=24"
    return f"{REJECTED}External message was not accepted\nCannot run message on account: {told}, gas_used=0 ({error})"


def _body(request: Request, shape: type[T]) -> T:
    try:
        return request.json(shape)
    except Refusal as error:
        raise _failed(422, "the request cannot be read") from error


def _address(text: str | None) -> Address:
    try:
        return parse_address(text or "")
    except BadAddress as error:
        raise _failed(416, "Incorrect address") from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _failed(422, "a number is written in digits")
    return int(text)


def _state(account: AccountNote) -> str:
    return "active" if account.is_active else "uninitialized"


def _transaction_id(lt: int, name: bytes) -> object:
    return {"@type": "internal.transactionId", "lt": str(lt), "hash": b64(name)}


def _transaction(note: TransactionNote) -> object:
    incoming = _payment(note.incoming) if note.incoming else _external(note)
    return {
        "@type": "raw.transaction",
        "address": {"@type": "accountAddress", "account_address": shown(note.account)},
        "utime": note.utime,
        "data": "",
        "transaction_id": _transaction_id(note.lt, note.hash),
        "fee": str(note.fee),
        "storage_fee": "0",
        "other_fee": str(note.fee),
        "in_msg": incoming,
        "out_msgs": [_payment(payment) for payment in note.payments],
    }


def _external(note: TransactionNote) -> dict[str, object]:
    data = {"@type": "msg.dataRaw", "body": b64(note.body), "init_state": ""}
    told = _message("", shown(note.account), 0, note.body_hash) | {"msg_data": data}
    return told | {"hash": b64(bytes.fromhex(note.external_hash))}


def _payment(payment: PaymentNote) -> dict[str, object]:
    source, destination = shown(payment.source), shown(payment.destination)
    told = _message(source, destination, payment.value, payment.body_hash or "00" * 32)
    if payment.body:
        told["msg_data"] = {"@type": "msg.dataRaw", "body": b64(payment.body), "init_state": ""}
    if payment.comment is not None:
        text = {"@type": "msg.dataText", "text": b64(payment.comment.encode())}
        told |= {"message": payment.comment, "msg_data": text}
    return told | {"bounced": payment.bounced}


def _message(source: str, destination: str, value: int, body_hash: str) -> dict[str, object]:
    return {
        "@type": "raw.message",
        "source": source,
        "destination": destination,
        "value": str(value),
        "fwd_fee": "0",
        "ihr_fee": "0",
        "created_lt": "0",
        "body_hash": b64(bytes.fromhex(body_hash)),
        "msg_data": {"@type": "msg.dataRaw", "body": "", "init_state": ""},
        "message": "",
    }

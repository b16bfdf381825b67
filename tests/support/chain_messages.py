"""Messages to wallets, laid out by other people's code (ton-core) and signed by PyNaCl, as a payout worker sends them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ton_core import (
    Address,
    Cell,
    ExternalMessage,
    InternalMessage,
    StateInit,
    TextCommentBody,
    WalletMessage,
    begin_cell,
)
from ton_core.contrib.contracts.wallet.tlb import OutActionSendMsg

from support.wallets import MAINNET, Wallet, code_cell, data_cell

WALLET_ID = 698_983_191


@dataclass(frozen=True)
class Pay:
    """One payment; ``to`` is a raw address."""

    to: str
    value_nano: int
    comment: str = ""
    mode: int = 3
    bounce: bool = False

    def message(self) -> InternalMessage:
        body = TextCommentBody(self.comment).serialize() if self.comment else Cell.empty()
        return InternalMessage(dest=Address(self.to), value=self.value_nano, bounce=self.bounce, body=body)


def wallet_id(wallet: Wallet) -> int:
    """The default wallet id of the contract."""
    return (MAINNET & 0xFFFFFFFF) ^ (1 << 31) if wallet.name == "v5r1" else WALLET_ID


def body(wallet: Wallet, seqno: int, valid_until: int, pays: Sequence[Pay], **other: Any) -> Cell:
    """What the wallet gets; ``other`` has a ``wallet_id`` or a ``signer`` that is another than the wallet's."""
    number = other.get("wallet_id", wallet_id(wallet))
    cell = begin_cell()
    if wallet.name == "v5r1":
        cell.store_uint(0x7369676E, 32)
    cell.store_uint(number, 32).store_uint(valid_until, 32).store_uint(seqno, 32)
    if wallet.name == "v5r1":
        actions = Cell.empty()
        for pay in pays:
            action = begin_cell().store_ref(actions)
            action.store_cell(OutActionSendMsg(WalletMessage(pay.mode, pay.message())).serialize())
            actions = action.end_cell()
        cell.store_uint(1, 1).store_ref(actions).store_uint(0, 1)
    else:
        if wallet.name == "v4r2":
            cell.store_uint(0, 8)
        for pay in pays:
            cell.store_uint(pay.mode, 8).store_ref(pay.message().serialize())
    unsigned = cell.end_cell()
    signature = other.get("signer", wallet.key).sign(unsigned.hash).signature
    whole = begin_cell()
    if wallet.name == "v5r1":
        return whole.store_cell(unsigned).store_bytes(signature).end_cell()
    return whole.store_bytes(signature).store_cell(unsigned).end_cell()


def external(wallet: Wallet, seqno: int, valid_until: int, *pays: Pay, deploy: bool = False, **other: Any) -> str:
    """The whole message in base64; with ``deploy`` the wallet's StateInit goes along."""
    state = None
    if deploy:
        data = data_cell(wallet.name, wallet.public_key, wallet.network, wallet.workchain)
        state = StateInit(code=code_cell(other.get("code", wallet.name)), data=data)
    message = ExternalMessage(
        dest=wallet.address, body=body(wallet, seqno, valid_until, pays, **other), state_init=state
    )
    return base64.b64encode(message.serialize().to_boc()).decode()
